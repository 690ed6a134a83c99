"""The last attempts, newest first: Enter opens one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from textual import on
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from lab import i18n
from lab.practice.attempt import Attempt
from lab.progress import at_time, duration
from lab.ui.marks import MUTED, OUTCOMES
from lab.ui.trouble import Trouble

SHOWN = 30


class AttemptsPane(OptionList):
    """Two lines an attempt."""

    DEFAULT_CSS = """
    AttemptsPane { min-width: 8; }
    """

    @dataclass
    class Chosen(Message):
        """The learner wants to see this one."""

        attempt: Attempt

    def __init__(self) -> None:
        super().__init__(classes="pane", markup=False)
        self._shown: tuple[Attempt, ...] = ()

    def show_nothing(self) -> None:
        """What was done is not known yet."""
        self.border_title = i18n.text("ui.home.attempts")
        self.border_subtitle = ""
        self.clear_options()

    def show(
        self, attempts: Sequence[Attempt], titles: Mapping[str, str], trouble: Trouble | None, now: datetime
    ) -> None:
        """Show them, or why they cannot be read. `titles`: exercise id -> its title; one that is no more has none."""
        at = self.highlighted or 0
        self.show_nothing()
        self._shown = tuple(attempts[:SHOWN])
        if trouble is not None:
            said = [part for part in (trouble.tried, trouble.came_back, trouble.next_step) if part]
            self.add_option(Option(Content.styled("\n".join(said), "$text-warning"), disabled=True))
        elif not attempts:
            self.add_option(Option(Content.styled(i18n.text("ui.home.no_attempts"), MUTED), disabled=True))
        else:
            self.border_subtitle = i18n.text("ui.home.open")
            self.add_options(
                Option(_line(attempt, titles.get(attempt.exercise, attempt.exercise), now)) for attempt in self._shown
            )
            self.highlighted = min(at, len(self._shown) - 1)

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Chosen(self._shown[event.option_index]))


def _line(attempt: Attempt, title: str, now: datetime) -> Content:
    best = attempt.best
    facts = [at_time(attempt.started, now)]
    facts += [f"{best.score}/{best.max}", duration(attempt.seconds)] if best else []
    facts += [i18n.text("history.hints", hints=attempt.hints)] if attempt.hints else []
    mark = OUTCOMES[attempt.outcome].content
    return Content.assemble(mark, "  ", title, "\n    ", (" · ".join(facts), MUTED))
