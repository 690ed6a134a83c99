"""How far the learner is: by domain, and by objective of the curriculum."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from lab import i18n
from lab.catalog.model import Catalog
from lab.practice.attempt import Standing
from lab.ui.marks import IMPOSSIBLE, MUTED, bar
from lab.ui.widgets.text_pane import TextPane

DOMAIN_CELLS = 16
OBJECTIVE_CELLS = 8


class ProgressPane(TextPane):
    """Counts the exercises that were passed at least once: who fails later has not forgotten everything."""

    def show(self, catalog: Catalog, standings: Sequence[Standing]) -> None:
        """Show where the learner stands. What there are no standings of does not count."""
        self.border_title = i18n.text("ui.home.progress")
        by_id = {own.exercise.id: own for own in standings}
        lines: list[Content] = []
        for domain in catalog.domains:
            lines.append(Content.styled(str(domain.title), "bold"))
            counted = [by_id[exercise.id] for exercise in domain.exercises if exercise.id in by_id]
            lines.append(_share(counted, DOMAIN_CELLS) if counted else IMPOSSIBLE.content)
            for objective in dict.fromkeys(own.exercise.objective for own in counted):
                share = _share([own for own in counted if own.exercise.objective == objective], OBJECTIVE_CELLS)
                lines.append(Content.assemble("  ", share, "  ", (objective, MUTED)))
            lines.append(Content(""))
        self.write(*lines)


def _share(standings: Sequence[Standing], cells: int) -> Content:
    passed = sum(own.passed is not None for own in standings)
    line = (bar(passed / len(standings), cells), "$text-primary")
    return Content.assemble(line, "  ", i18n.text("ui.home.passed", passed=passed, count=len(standings)))
