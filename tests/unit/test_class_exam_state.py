"""Where a learner stands with an exam of their class, by what has happened."""

from __future__ import annotations

import pytest

from lab.workshop.events import Event, Kind
from lab.workshop.exam_state import ExamState, Phase, column, exams_of, exercise_of
from tests.unit.support.classes import event, moment

EXAM = "drill@7"
COMING = event(Kind.EXAM_COMING, 0, learner=1, exam=EXAM)
BEGAN = event(Kind.EXAM_BEGAN, 60, learner=1, exam=EXAM, seconds=600.0, tasks=["one", "two"])
ENDED = event(Kind.EXAM_ENDED, 660, learner=1)
GRADED = event(Kind.EXAM_GRADED, 690, learner=1, exam=EXAM, percent=64, passed=False)


def state(*events: Event) -> ExamState:
    return exams_of(events)[1]


@pytest.mark.parametrize(
    ("events", "phase", "is_open"),
    [
        ([COMING], Phase.COMING, False),
        ([COMING, event(Kind.EXAM_CANCELLED, learner=1, reason="no room")], Phase.CANCELLED, False),
        ([COMING, BEGAN], Phase.UNDER_WAY, True),
        ([COMING, BEGAN, ENDED], Phase.ENDED, True),
        ([COMING, BEGAN, ENDED, GRADED], Phase.GRADED, False),
        ([COMING, BEGAN, ENDED, GRADED, COMING], Phase.COMING, False),
    ],
)
def test_an_exam_comes_begins_ends_and_is_graded(events: list[Event], phase: Phase, *, is_open: bool) -> None:
    found = state(*events)
    assert (found.exam, found.phase, found.is_open) == (EXAM, phase, is_open)


def test_its_time_runs_from_its_beginning_to_its_end() -> None:
    found = state(COMING, BEGAN)
    assert (found.left(moment(60)), found.left(moment(360)), found.left(moment(9999))) == (600, 300, 0)
    assert state(COMING).left(moment(60)) == 0
    assert state(COMING, BEGAN, ENDED).left(moment(300)) == 0


def test_more_time_is_added_to_what_is_left() -> None:
    more = event(Kind.EXTENDED, 100, learner=1, seconds=300.0)
    assert state(COMING, BEGAN, more).left(moment(360)) == 600


def test_the_tasks_are_known_once_it_has_begun() -> None:
    assert state(COMING).tasks == ()
    assert state(COMING, BEGAN).tasks == ("one", "two")


def test_what_it_came_to_is_known_at_the_end() -> None:
    found = state(COMING, BEGAN, ENDED, GRADED)
    assert (found.percent, found.passed) == (64, False)


def test_what_happens_to_others_is_theirs() -> None:
    assert 2 not in exams_of([COMING, event(Kind.HAND, learner=2, up=True)])


def test_a_task_of_an_exam_has_another_column_than_the_same_exercise() -> None:
    assert column("", "one") == "one"
    assert column(EXAM, "one") == "drill@7/one"
    assert exercise_of("drill@7/one") == exercise_of("one") == "one"
