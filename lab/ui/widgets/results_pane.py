"""The criteria of an exercise and what the newest look has found."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from checkers.api import Verdict
from lab import i18n
from lab.catalog.model import Exercise
from lab.progress import duration
from lab.ui import marks
from lab.ui.exercise_view import ExerciseView
from lab.ui.widgets.criterion_row import CriterionRow


class ResultsPane(VerticalScroll):
    """Fills in while the criteria of an exercise are judged."""

    DEFAULT_CSS = """
    ResultsPane { padding: 0 1; }
    ResultsPane #summary { margin: 0 0 1 0; }
    ResultsPane #rows { height: auto; }
    """

    def __init__(self) -> None:
        super().__init__(classes="pane")
        self._exercise: Exercise | None = None
        self._summary = Static(id="summary")
        self._rows = Vertical(id="rows")

    def compose(self) -> ComposeResult:
        """Its parts."""
        yield self._summary
        yield self._rows

    async def show(self, view: ExerciseView) -> None:
        """Show what is known of an exercise by now."""
        if view.exercise is not self._exercise:
            self._exercise = view.exercise
            await self._rows.remove_children()
            if not self._rows.is_attached:
                return  # the learner quits at this moment
            await self._rows.mount_all(CriterionRow(criterion) for criterion in view.exercise.criteria)
            self.scroll_home(animate=False)
        for row in self._rows.query_children(CriterionRow):
            row.show(view)
        self._summary.update(_summary(view))
        self.border_subtitle = _help_taken(view)


def _help_taken(view: ExerciseView) -> str:
    """The help that the learner has had."""
    if view.solution_seen:
        return i18n.text("ui.results.unscored")
    return i18n.text("ui.results.hints", taken=view.hints) if view.hints else ""


def _summary(view: ExerciseView) -> Content:
    """The whole in a line or two."""
    if view.grading:
        return Content(i18n.text("ui.results.looking", done=len(view.found), count=len(view.exercise.criteria)))
    if view.trouble is not None and view.trouble.ours:
        return Content.assemble(marks.VERDICTS[Verdict.BROKEN].content, "  ", i18n.text("ui.results.lab_fault"))
    if view.grade is None:
        return Content.styled(i18n.text("ui.results.none"), marks.MUTED)
    grade = view.grade
    score = i18n.text("ui.results.score", score=grade.score, points=view.exercise.points)
    line = Content.assemble(
        marks.VERDICTS[grade.verdict].content, "  ", (score, "bold"), f" · {duration(grade.seconds)}"
    )
    if grade.known_mistake is not None and grade.known_mistake.mistake is not None:
        line = Content.assemble(line, "\n", i18n.text("ui.results.mistake", mistake=grade.known_mistake.mistake))
    if grade.verdict in (Verdict.BROKEN, Verdict.UNSEEN):
        line = Content.assemble(line, "\n", i18n.text(f"ui.results.after_{grade.verdict}"))
    return line
