"""The last attempts, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content

from lab import i18n
from lab.practice.attempt import Attempt
from lab.progress import duration
from lab.ui.marks import MUTED, OUTCOMES
from lab.ui.trouble import Trouble
from lab.ui.widgets.text_pane import TextPane

SHOWN = 30


class AttemptsPane(TextPane):
    """Two lines an attempt."""

    def show(self, attempts: Sequence[Attempt], titles: Mapping[str, str], trouble: Trouble | None) -> None:
        """Show them, or why they cannot be read. `titles`: exercise id -> its title; one that is no more has none."""
        self.border_title = i18n.text("ui.home.attempts")
        if trouble is not None:
            told = [trouble.tried, trouble.came_back, trouble.next_step]
            self.write(*(Content.styled(part, "$text-warning") for part in told if part))
        elif not attempts:
            self.write(Content.styled(i18n.text("ui.home.no_attempts"), MUTED))
        else:
            self.write(*(_told(own, titles.get(own.exercise, own.exercise)) for own in attempts[:SHOWN]))


def _told(attempt: Attempt, title: str) -> Content:
    best = attempt.best
    facts = [f"{attempt.started.astimezone():%m-%d %H:%M}"]
    facts += [f"{best.score}/{best.max}", duration(attempt.seconds)] if best else []
    facts += [i18n.text("history.hints", hints=attempt.hints)] if attempt.hints else []
    mark = OUTCOMES[attempt.outcome].content
    return Content.assemble(mark, "  ", title, "\n    ", (" · ".join(facts), MUTED))
