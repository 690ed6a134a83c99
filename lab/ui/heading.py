"""What the top line of the practice screen says, as rules without a screen."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from checkers.api import Verdict
from lab import i18n
from lab.cluster.engine import State
from lab.text import cells, cut
from lab.ui import marks, results
from lab.ui.desk import Desk
from lab.ui.exercise_state import ExerciseState, Phase
from lab.ui.marks import MUTED

LEAST = 12
"""The columns that the exercise's title has at least; what else there is to say is left out first."""


def heading(desk: Desk, now: datetime, width: int, *, timed: bool = True) -> Content:
    """`CKS Lab › 1/5 Title  ○ not started: F9        ✓ ready kind/cks  ⏱ 3:12 / 7:00`, in so many columns.

    Args:
        timed: the exercise's time is shown.
    """
    before = Content.assemble(("CKS Lab", "bold"), " › ")
    labs, state = _labs(desk), desk.state
    if state is None:
        return _spread(before, labs[0], width)
    time = _time(state, now) if timed else Content("")
    where, what = f"{desk.number}/{len(desk.states)} ", _state(desk, state)
    needed = cells(before.plain + where + what.plain) + 2
    for lab in labs:
        right = [part for part in (lab, time) if part.plain]
        left_width = width - _width(right)
        if left_width - needed >= LEAST:
            break
    else:
        before, needed = Content(""), needed - cells(before.plain)
    title = cut(str(state.exercise.title), max(LEAST, left_width - needed))
    left = Content.assemble(before, where, (title, "bold"), "  ", what)
    return _spread(left, Content("  ").join(right), width)


def _labs(desk: Desk) -> list[Content]:
    """The lab's state, from all that can be said of it to what must be."""
    lab, mark = desk.lab, marks.of_lab(desk.lab)
    advice = f" {i18n.text(lab.advice)}" if lab.advice else ""
    is_fine = lab.ready and lab.state is State.READY
    full = Content.assemble(mark.content, (advice, "$text-warning"))
    return [Content.assemble(f"{desk.engine}/{desk.lab_name} ", full), full, mark.bare if is_fine else mark.content]


def _state(desk: Desk, state: ExerciseState) -> Content:
    """Whether the exercise is started, and what has become of it."""
    if desk.needs_start(state) and state.phase is Phase.IDLE and state.grade is None:
        return Content.styled(i18n.text("ui.heading.unstarted"), "bold $text-warning")
    if state.grade is not None and state.grade.verdict is Verdict.FAIL:
        score = f"{marks.VERDICTS[Verdict.FAIL].glyph} {state.grade.score}/{state.exercise.points}"
        return Content.styled(score, "bold $text-error")
    return marks.of_exercise(state).content


def _time(state: ExerciseState, now: datetime) -> Content:
    """`⏱ 3:12 / 7:00`; amber from the aim on."""
    seconds, aim = state.seconds(now), 60 * state.exercise.minutes
    if seconds is None:
        return Content.styled(f"⏱ – / {results.clock(aim)}", MUTED)
    style = "$text-warning" if seconds >= aim else "$text-success" if state.has_passed else ""
    return Content.assemble((f"⏱ {results.clock(seconds)} / {results.clock(aim)}", style))


def _width(parts: list[Content]) -> int:
    """Of parts with two spaces before each."""
    return sum(cells(part.plain) + 2 for part in parts)


def _spread(left: Content, right: Content, width: int) -> Content:
    space = max(2, width - cells(left.plain) - cells(right.plain))
    return Content.assemble(left, " " * space, right)
