"""What a sitting tells the scheduler of objectives."""

from __future__ import annotations

from lab.exam.events import Kind
from lab.exam.reviews import reviews_of
from lab.practice.review import Result
from tests.unit.support.exams import passed
from tests.unit.support.sittings import HOSTS, Sat


def graded() -> Sat:
    """Of four tasks one passed, one failed, one was never opened, and one's lab was given up."""
    sat = Sat().then(0, Kind.OPENED, 1).then(60, Kind.OPENED, 2).then(60, Kind.HANDED_IN)
    return (
        sat.then(5, Kind.GRADED, 1, **passed(4))
        .then(5, Kind.GRADED, 2, **passed(1))
        .then(5, Kind.GRADED, 4, **passed(0))
    )


def test_each_task_that_was_judged_is_a_try_at_its_objective() -> None:
    found = list(reviews_of([graded().sitting(3)]))
    assert [(each.exercise, each.result, each.share, each.sitting) for each in found] == [
        ("ex-1", Result.PASSED, 1.0, 3),
        ("ex-2", Result.FAILED, 0.25, 3),
        ("ex-4", Result.UNREACHED, 0.0, 3),
    ]
    assert found[0].objective == "about-1"


def test_tasks_of_a_lab_that_was_given_up_say_nothing() -> None:
    sat = Sat().then(0, Kind.OPENED, 1).then(9, Kind.GONE, host=HOSTS[1]).then(9, Kind.LOST, host=HOSTS[1])
    sat.then(60, Kind.HANDED_IN).then(5, Kind.GRADED, 1, **passed(0)).then(5, Kind.GRADED, 2, **passed(0))
    assert [each.exercise for each in reviews_of([sat.sitting()])] == ["ex-2"]


def test_a_sitting_that_is_under_way_says_nothing() -> None:
    assert list(reviews_of([Sat().then(9, Kind.OPENED, 1).sitting()])) == []
