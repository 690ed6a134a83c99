"""A sitting judged again from its recordings, by checks that were mended since."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from checkers.api import Check, Finding, Observer, Verdict
from lab.catalog.model import Catalog, Criterion, Domain, Exercise, Localized
from lab.exam import recordings, regrade
from lab.exam.events import Kind
from lab.exam.regrade import Regrade, regrades
from lab.exam.sittings import Sitting, Sittings
from lab.exam.verdicts import Judged, TaskGrade, agreed, to_detail
from lab.grading.grade import grade
from lab.grading.record import Recorder
from tests.unit.support.exercises import exercise, finding
from tests.unit.support.observations import HandMade, pod
from tests.unit.support.sittings import HOSTS, Computer, Sat, database, plan

Check_ = Callable[[Observer], Finding]


def wants_two(cluster: Observer) -> Finding:
    """The check as it was: too strict."""
    return finding(Verdict.PASS if len(cluster.list("Pod", "default")) == 2 else Verdict.FAIL)


def wants_one(cluster: Observer) -> Finding:
    """The check as it is once it was mended."""
    return finding(Verdict.PASS if len(cluster.list("Pod", "default")) == 1 else Verdict.FAIL)


def wants_more(cluster: Observer) -> Finding:
    """A check that asks for what it did not ask for before."""
    cluster.get("Secret", "db", "default")
    return wants_one(cluster)


def made(name: str, check: Check_) -> Exercise:
    return exercise([Criterion("runs", Localized("it runs", "运行"), 4, Check("test.runs", check), {})], name=name)


def catalog(check: Check_) -> Catalog:
    exercises = tuple(made(f"ex-{n}", check) for n in (1, 2, 3, 4))
    return Catalog((Domain("first", Localized("First", "第一"), exercises),))


def graded_sitting(state: Path, *, later: int = 1, elsewhere: str = "") -> Sitting:
    """Of the first task one Pod was seen by the first grade, and `later` by the second; nothing else was recorded."""
    judged = made("ex-1", wants_two)
    recorders = [Recorder(HandMade([pod()] * count)) for count in (1, later)]
    grades = [grade(judged, recorder, engine="kind", kubernetes="") for recorder in recorders]
    sat = Sat().then(60, Kind.HANDED_IN)
    for task in sat.plan.tasks:
        sat.then(5, Kind.GRADED, task.position, **to_detail(agreed(grades, elsewhere)))
    recordings.save(recordings.path(state, 3, 1), judged, recorders)
    return sat.sitting(3)


def first(sitting: Sitting, check: Check_, state: Path) -> Regrade:
    return next(regrades(sitting, catalog(check), state))


def test_by_the_same_checks_it_comes_out_as_before(tmp_path: Path) -> None:
    found = first(graded_sitting(tmp_path), wants_two, tmp_path)
    assert (found.after, found.has_changed, found.changes) == (found.before, False, ())


def test_a_check_that_was_mended_judges_otherwise(tmp_path: Path) -> None:
    found = first(graded_sitting(tmp_path), wants_one, tmp_path)
    assert found.has_changed
    assert found.changes == ((Judged("runs", 4, Verdict.FAIL), Judged("runs", 4, Verdict.PASS)),)


def test_two_grades_that_saw_different_things_are_still_not_seen(tmp_path: Path) -> None:
    found = first(graded_sitting(tmp_path, later=0), wants_one, tmp_path)
    assert found.after is not None
    assert found.after.criteria[0].verdict is Verdict.UNSEEN


def test_where_a_task_was_done_instead_stays_known(tmp_path: Path) -> None:
    found = first(graded_sitting(tmp_path, elsewhere=HOSTS[0]), wants_one, tmp_path)
    assert found.after is not None
    assert found.after.elsewhere == HOSTS[0]


def test_a_task_without_a_recording_is_not_judged_again_and_that_is_said(tmp_path: Path) -> None:
    _, *others = regrades(graded_sitting(tmp_path), catalog(wants_one), tmp_path)
    assert [each.error.key if each.error else "" for each in others] == ["exam.no_recording"] * 3
    assert not any(each.has_changed for each in others)


def test_a_recording_that_cannot_be_read_takes_only_its_task_away(tmp_path: Path) -> None:
    sitting = graded_sitting(tmp_path)
    recordings.path(tmp_path, 3, 2).write_text('{"look": ')
    one, other, *_ = regrades(sitting, catalog(wants_one), tmp_path)
    assert one.has_changed
    assert other.error is not None
    assert other.error.key == "exam.bad_recording"


def test_what_a_recording_does_not_hold_is_nobodys_failure(tmp_path: Path) -> None:
    found = first(graded_sitting(tmp_path), wants_more, tmp_path)
    assert (found.after, found.has_changed) == (None, False)
    assert found.error is not None
    assert found.error.params == {"asked": "get"}


def test_a_check_that_fails_on_a_recording_takes_no_grade_away(tmp_path: Path) -> None:
    def fails(cluster: Observer) -> Finding:
        raise ValueError("no such field")

    found = first(graded_sitting(tmp_path), fails, tmp_path)
    assert (found.after, found.has_changed) == (None, False)
    assert found.error is not None
    assert "no such field" in found.error.came_back


def test_an_exercise_that_is_no_more_is_not_judged_again(tmp_path: Path) -> None:
    sitting = graded_sitting(tmp_path)
    error = next(regrades(sitting, Catalog(()), tmp_path)).error
    assert error is not None
    assert error.key == "exercise.unknown"


def test_tasks_of_a_lab_that_was_given_up_are_left_out(tmp_path: Path) -> None:
    sat = Sat().then(9, Kind.LOST, host=HOSTS[1]).then(9, Kind.HANDED_IN)
    assert [each.task.position for each in regrades(sat.sitting(), catalog(wants_one), tmp_path)] == [2, 4]


@pytest.mark.parametrize(("check", "kinds"), [(wants_two, []), (wants_one, [Kind.REGRADED])])
def test_only_what_comes_out_otherwise_is_added_to_the_events(tmp_path: Path, check: Check_, kinds: list[Kind]) -> None:
    sittings, computer = Sittings(database()), Computer()
    for _ in range(3):
        sitting = sittings.begin(plan(), computer.now())
        sittings.add(sitting.number, graded_sitting(tmp_path).events[1:])
        sittings.add(sitting.number, Sat().then(99, Kind.CLOSED).events[1:])
    sitting = sittings.get(3)
    regrade.save(sittings, sitting, regrades(sitting, catalog(check), tmp_path), computer.wait(900).now)
    added = sittings.get(3).events[len(sitting.events) :]
    assert [event.kind for event in added] == kinds
    newest = sittings.get(3).state(computer.now()).task(1).grade
    assert newest == TaskGrade((Judged("runs", 4, Verdict.PASS if kinds else Verdict.FAIL),))
