"""What the top line of the practice screen says, as rules without a screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from textual.content import Content

from checkers.api import Verdict
from lab import i18n
from lab.cluster.engine import State
from lab.console import columns, cut
from lab.ui import marks, results
from lab.ui.exercise_view import ExerciseView
from lab.ui.lab_view import LabView
from lab.ui.marks import MUTED

LEAST = 12
"""The columns that the exercise's title has at least; what else there is to say is left out first."""


@dataclass(frozen=True, slots=True)
class Heading:
    """Where the learner is.

    Attributes:
        number: of the exercise, from 1; 0: there is none.
        count: of how many.
        unstarted: it has to be started before there is anything to do.
        timed: its time is shown.
    """

    view: ExerciseView | None
    number: int
    count: int
    lab_name: str
    lab: LabView
    unstarted: bool
    timed: bool

    def line(self, now: datetime, width: int) -> Content:
        """`CKS Lab › 1/5 Title  ○ not started: F9        ✓ ready kind/cks  ⏱ 3:12 / 7:00`, in so many columns."""
        time = self._time(now)
        labs = self._labs()
        before = Content.assemble(("CKS Lab", "bold"), " › ")
        if self.view is None:
            return _spread(before, labs[0], width)
        where = f"{self.number}/{self.count} "
        state = self._state(self.view)
        needed = columns(before.plain + where + state.plain) + 2
        for lab in labs:
            right = [part for part in (lab, time) if part.plain]
            left_width = width - _width(right)
            if left_width - needed >= LEAST:
                break
        else:
            before, needed = Content(""), needed - columns(before.plain)
        title = cut(str(self.view.exercise.title), max(LEAST, left_width - needed))
        left = Content.assemble(before, where, (title, "bold"), "  ", state)
        return _spread(left, Content("  ").join(right), width)

    def _labs(self) -> list[Content]:
        """The lab's state, from all that can be said of it to what must be."""
        mark, advice = self.lab.mark, i18n.text(self.lab.advice) if self.lab.advice else ""
        is_fine = self.lab.ready and self.lab.status is not None and self.lab.status.state is State.READY
        said = Content.assemble(mark.content, (f" {advice}" if advice else "", "$text-warning"))
        return [Content.assemble(f"{self.lab_name} ", said), said, mark.bare if is_fine else mark.content]

    def _state(self, view: ExerciseView) -> Content:
        """Whether the exercise is started, and what has become of it."""
        if self.unstarted and not (view.busy or view.wanted or view.grading or view.grade):
            return Content.styled(i18n.text("ui.heading.unstarted"), "bold $text-warning")
        if view.grade is not None and view.grade.verdict is Verdict.FAIL:
            score = f"{marks.VERDICTS[Verdict.FAIL].glyph} {view.grade.score}/{view.exercise.points}"
            return Content.styled(score, "bold $text-error")
        return view.mark.content

    def _time(self, now: datetime) -> Content:
        """`⏱ 3:12 / 7:00`; amber from the aim on."""
        if self.view is None or not self.timed:
            return Content("")
        seconds, aim = self.view.seconds(now), 60 * self.view.exercise.minutes
        if seconds is None:
            return Content.styled(f"⏱ – / {results.clock(aim)}", MUTED)
        style = "$text-warning" if seconds >= aim else "$text-success" if self.view.has_passed else ""
        return Content.assemble((f"⏱ {results.clock(seconds)} / {results.clock(aim)}", style))


def next_key(view: ExerciseView | None, *, unstarted: bool) -> str:
    """The action that is the sensible one now: to start, to check, or, once it has passed, to go on."""
    if view is None:
        return ""
    if view.impossible or (view.grade is not None and view.grade.verdict is Verdict.PASS):
        return "next"
    return "start" if unstarted else "check"


def _width(parts: list[Content]) -> int:
    """Of parts with two spaces before each."""
    return sum(columns(part.plain) + 2 for part in parts)


def _spread(left: Content, right: Content, width: int) -> Content:
    space = max(2, width - columns(left.plain) - columns(right.plain))
    return Content.assemble(left, " " * space, right)
