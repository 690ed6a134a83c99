"""A map of the exam: each domain with its weight, each objective by its name, each exercise as a mark."""

from __future__ import annotations

from collections.abc import Mapping

from textual.content import Content

from lab import i18n
from lab.catalog.model import Domain
from lab.practice.attempt import Standing
from lab.ui.desk import Desk
from lab.ui.marks import MUTED
from lab.ui.widgets.text_pane import TextPane

PASSED, OPEN, IMPOSSIBLE = "●", "○", "–"


class ProgressPane(TextPane):
    """An exercise that was passed once stays passed: who fails later has not forgotten everything."""

    def __init__(self) -> None:
        super().__init__()
        self._desk: Desk | None = None
        self._full: list[Content] = []
        self._short: list[Content] = []

    def on_mount(self) -> None:
        self.watch(self.app, "desk", self._follow)

    def _follow(self, desk: Desk) -> None:
        """Show where the learner stands, once the history was read. What has no standing cannot be done here."""
        if not desk.differs(self._desk, "past", "states", "language"):
            return
        self._desk = desk
        self.border_title = i18n.text("ui.home.progress")
        self.border_subtitle = "" if desk.past is None else i18n.text("ui.home.legend")
        by_id = {standing.exercise.id: standing for standing in desk.possible}
        self._full, self._short = [], []
        for domain in desk.catalog.domains if desk.past is not None else ():
            self._short.append(_in_a_line(domain, by_id))
            self._full += [*_in_full(domain, by_id), Content("")]
        self._write()

    def on_resize(self) -> None:
        """There is room for more, or for less."""
        self._write()

    def _write(self) -> None:
        """Everything, or, where that is more than is seen at once, a line a domain."""
        self.write(*(self._full if len(self._full) - 1 <= self.size.height else self._short))


def _in_full(domain: Domain, by_id: Mapping[str, Standing]) -> list[Content]:
    indent = " " * len(_weight(domain))
    lines = [Content.assemble((_weight(domain), MUTED), (str(domain.title), "bold"))]
    for objective in dict.fromkeys(exercise.objective for exercise in domain.exercises):
        marks = _marks(domain, by_id, objective)
        name = str(domain.objectives.get(objective, objective))
        lines.append(Content.assemble(indent, marks, f" {name}", (_why_not(marks), MUTED)))
    if not domain.exercises:
        lines.append(Content.styled(indent + i18n.text("ui.home.no_exercises"), MUTED))
    return lines


def _in_a_line(domain: Domain, by_id: Mapping[str, Standing]) -> Content:
    marks = _marks(domain, by_id)
    about = _why_not(marks) if domain.exercises else f"  {i18n.text('ui.home.no_exercises')}"
    space = " " if domain.exercises else ""
    return Content.assemble((_weight(domain), MUTED), marks, space, str(domain.title), (about, MUTED))


def _weight(domain: Domain) -> str:
    return f"{domain.weight:2}%  " if domain.weight else ""


def _marks(domain: Domain, by_id: Mapping[str, Standing], objective: str = "") -> Content:
    """A mark for each exercise of an objective, or of the whole domain."""
    marks: list[tuple[str, str]] = []
    for exercise in domain.exercises:
        if objective in ("", exercise.objective):
            standing = by_id.get(exercise.id)
            if standing is None:
                marks.append((IMPOSSIBLE, MUTED))
            else:
                marks.append((PASSED, "$text-success") if standing.passed is not None else (OPEN, MUTED))
    return Content.assemble(*marks)


def _why_not(marks: Content) -> str:
    """The word for what cannot be done on this engine at all."""
    return f"  {i18n.text('ui.mark.impossible')}" if set(marks.plain) == {IMPOSSIBLE} else ""
