"""How far the learner is: by domain, and by objective of the curriculum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content

from lab import i18n
from lab.catalog.model import Catalog, Exercise
from lab.practice.attempt import Standing
from lab.ui.marks import bar
from lab.ui.widgets.text_pane import TextPane

DOMAIN_CELLS = 16
OBJECTIVE_CELLS = 8


class ProgressPane(TextPane):
    """Counts the exercises that were passed at least once: who fails later has not forgotten everything."""

    def show(self, catalog: Catalog, standings: Sequence[Standing]) -> None:
        """Show where the learner stands."""
        self.border_title = i18n.text("ui.home.progress")
        by_id = {own.exercise.id: own for own in standings}
        lines: list[Content] = []
        for domain in catalog.domains:
            lines.append(Content.styled(str(domain.title), "bold"))
            lines.append(_share(domain.exercises, by_id, DOMAIN_CELLS))
            for objective in dict.fromkeys(exercise.objective for exercise in domain.exercises):
                exercises = [exercise for exercise in domain.exercises if exercise.objective == objective]
                share = _share(exercises, by_id, OBJECTIVE_CELLS)
                lines.append(Content.assemble("  ", share, "  ", (objective, "$text-muted")))
            lines.append(Content(""))
        self.write(*lines)


def _share(exercises: Sequence[Exercise], standings: Mapping[str, Standing], cells: int) -> Content:
    passed = sum(standings[exercise.id].passed is not None for exercise in exercises)
    line = (bar(passed / max(1, len(exercises)), cells), "$text-primary")
    return Content.assemble(line, "  ", i18n.text("ui.home.passed", passed=passed, count=len(exercises)))
