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
from lab.ui.attempt import Attempt
from lab.ui.widgets.criterion_row import CriterionRow


class ResultsPane(VerticalScroll):
    """Fills in while the criteria of an attempt are judged."""

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

    async def show(self, attempt: Attempt) -> None:
        """Show what is known of an attempt by now."""
        if attempt.exercise is not self._exercise:
            self._exercise = attempt.exercise
            await self._rows.remove_children()
            if not self._rows.is_attached:
                return  # the learner quits at this moment
            await self._rows.mount_all(CriterionRow(criterion) for criterion in attempt.exercise.criteria)
            self.scroll_home(animate=False)
        for row in self._rows.query_children(CriterionRow):
            row.show(attempt)
        self._summary.update(_summary(attempt))
        self.border_subtitle = _help_taken(attempt)


def _help_taken(attempt: Attempt) -> str:
    """The help that the learner has had."""
    if attempt.solution_seen:
        return i18n.text("ui.results.unscored")
    return i18n.text("ui.results.hints", taken=attempt.hints) if attempt.hints else ""


def _summary(attempt: Attempt) -> Content:
    """The whole in a line or two."""
    if attempt.grading:
        return Content(i18n.text("ui.results.looking", done=len(attempt.found), count=len(attempt.exercise.criteria)))
    if attempt.trouble is not None and attempt.trouble.ours:
        return Content.assemble(marks.VERDICTS[Verdict.BROKEN].content, "  ", i18n.text("ui.results.lab_fault"))
    if attempt.grade is None:
        return Content.styled(i18n.text("ui.results.none"), "$text-muted")
    grade = attempt.grade
    score = i18n.text("ui.results.score", score=grade.score, points=attempt.exercise.points)
    line = Content.assemble(
        marks.VERDICTS[grade.verdict].content, "  ", (score, "bold"), f" · {duration(grade.seconds)}"
    )
    if grade.known_mistake is not None and grade.known_mistake.mistake is not None:
        line = Content.assemble(line, "\n", i18n.text("ui.results.mistake", mistake=grade.known_mistake.mistake))
    if grade.verdict in (Verdict.BROKEN, Verdict.UNSEEN):
        line = Content.assemble(line, "\n", i18n.text(f"ui.results.after_{grade.verdict}"))
    return line
