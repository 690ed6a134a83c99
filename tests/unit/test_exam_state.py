"""Where a sitting stands: the clock, the time of each task, and that a crash loses one event at most."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest

from lab.exam.events import Event, Kind
from lab.exam.state import IDLE, Phase, state_of
from tests.unit.support.exams import passed
from tests.unit.support.sittings import HOSTS, Sat, random_sitting

FIRST, SECOND = HOSTS


# The clock


def test_the_clock_runs_from_the_start() -> None:
    state = Sat().after(60)
    assert (state.phase, state.used, state.left, state.is_running) == (Phase.UNDER_WAY, 60, 540, True)


def test_setting_the_date_by_an_hour_changes_nothing() -> None:
    for hours in (1, -1):
        sat = Sat().then(60, Kind.OPENED, 1)
        sat.computer.set_date(hours)
        state = sat.then(60, Kind.KEY).after(30)
        assert (state.used, state.task(1).seconds) == (150, 90)


def test_a_suspended_computer_does_not_stop_it() -> None:
    sat = Sat().then(10, Kind.OPENED, 1)
    state = sat.then(400, Kind.KEY).after()  # CLOCK_BOOTTIME has gone on meanwhile
    assert (state.used, state.task(1).seconds) == (410, IDLE)


def test_across_a_restart_the_time_of_day_counts() -> None:
    sat = Sat().then(60, Kind.KEY)
    sat.computer.restart(off=30, up=15)
    assert sat.after().used == 105
    assert sat.then(5, Kind.KEY).after(10).used == 120


def test_across_a_restart_the_date_cannot_be_set_back_further_than_the_computer_runs() -> None:
    sat = Sat().then(60, Kind.KEY)
    sat.computer.restart(off=30, up=15)
    sat.computer.set_date(-5)
    assert sat.after().used == 75


def test_two_restarts_are_two_gaps() -> None:
    sat = Sat()
    for _ in range(2):
        sat.computer.restart(off=20, up=10)
        sat.then(10, Kind.KEY)
    assert sat.after().used == 80


def test_it_ends_when_its_time_is_over_and_nothing_counts_afterwards() -> None:
    sat = Sat().then(590, Kind.OPENED, 1).then(60, Kind.OPENED, 2).then(1, Kind.FLAGGED, 2, on=True)
    state = sat.after(500)
    assert (state.phase, state.used, state.left, state.is_running) == (Phase.ENDED, 600, 0, False)
    assert (state.handed_in, state.open_task) == (False, 0)
    assert (state.task(1).seconds, state.task(2).visits, state.task(2).flagged) == (10, 0, False)


def test_handing_in_ends_it() -> None:
    state = Sat().then(0, Kind.OPENED, 1).then(60, Kind.HANDED_IN).then(9, Kind.KEY).after(500)
    assert (state.phase, state.used, state.left, state.handed_in) == (Phase.ENDED, 60, 0, True)
    assert state.task(1).seconds == 60


def test_handing_in_after_the_end_is_the_end_of_its_time() -> None:
    assert not Sat().then(700, Kind.HANDED_IN).after().handed_in


# Labs that fail


def test_the_time_that_a_lab_was_gone_is_given_back_to_the_second() -> None:
    state = Sat().then(100, Kind.GONE, host=FIRST).then(40.25, Kind.BACK, host=FIRST).after(10)
    assert (state.used, state.left, state.given_back, state.is_running) == (110, 490, 40.25, True)


def test_while_a_lab_is_gone_the_clock_stands_still() -> None:
    state = Sat().then(100, Kind.GONE, host=FIRST).after(1000)
    assert (state.used, state.given_back, state.is_running, state.gone) == (100, 1000, False, {FIRST})


def test_two_labs_that_are_gone_at_a_time_give_it_back_once() -> None:
    sat = Sat().then(100, Kind.GONE, host=FIRST).then(10, Kind.GONE, host=SECOND)
    sat.then(10, Kind.BACK, host=FIRST).then(10, Kind.BACK, host=SECOND)
    assert (sat.after(5).used, sat.after().given_back) == (105, 30)


def test_a_lab_may_be_found_to_have_failed_a_while_ago() -> None:
    sat = Sat().then(100, Kind.OPENED, 1)
    since = sat.computer.now()
    sat.computer.wait(30)
    sat.events.append(Event(Kind.GONE, since, host=FIRST))
    assert sat.then(10, Kind.BACK, host=FIRST).after(5).used == 105


def test_of_a_lab_that_is_given_up_the_tasks_leave_and_the_clock_goes_on() -> None:
    sat = Sat().then(100, Kind.GONE, host=FIRST).then(300, Kind.LOST, host=FIRST)
    state = sat.after(50)
    assert (state.used, state.is_running, state.gone, state.lost) == (150, True, frozenset(), {FIRST})


def test_where_every_host_was_given_up_it_is_over_and_nothing_is_left_to_grade() -> None:
    sat = Sat().then(60, Kind.GONE, host=FIRST).then(300, Kind.LOST, host=FIRST)
    state = sat.then(10, Kind.GONE, host=SECOND).then(300, Kind.LOST, host=SECOND).after(100)
    assert (state.phase, state.used, state.left, state.handed_in) == (Phase.GRADED, 70, 0, False)


def test_the_time_that_a_lab_was_gone_is_no_work() -> None:
    sat = Sat().then(0, Kind.OPENED, 1).then(10, Kind.GONE, host=FIRST).then(50, Kind.BACK, host=FIRST)
    assert sat.then(10, Kind.LEFT, 1).after().task(1).seconds == 20


def test_what_is_gone_after_the_end_gives_nothing_back() -> None:
    sat = Sat().then(100, Kind.GONE, host=FIRST).then(40, Kind.BACK, host=FIRST)
    state = sat.then(700, Kind.GONE, host=FIRST).after(1000)
    assert (state.used, state.given_back) == (600, 40)


def test_time_that_is_given_for_another_reason_is_added() -> None:
    state = Sat().then(100, Kind.CREDITED, seconds=30, reason="because").after(520)
    assert (state.used, state.left, state.credited) == (620, 10, 30)


# The time of each task


def test_a_task_has_the_time_that_it_was_open() -> None:
    sat = Sat().then(10, Kind.OPENED, 1).then(50, Kind.OPENED, 2).then(30, Kind.LEFT, 2).then(60, Kind.OPENED, 1)
    state = sat.after(20)
    assert [task.seconds for task in state.tasks] == [70, 30, 0, 0]
    assert [task.visits for task in state.tasks] == [2, 1, 0, 0]
    assert state.open_task == 1


@pytest.mark.parametrize(("gap", "counted"), [(89, 89), (90, 90), (91, 90), (500, 90)])
def test_a_gap_without_a_key_counts_90_seconds_at_most(gap: float, counted: float) -> None:
    assert Sat().then(0, Kind.OPENED, 1).then(gap, Kind.KEY).after().task(1).seconds == counted
    assert Sat().then(0, Kind.OPENED, 1).after(gap).task(1).seconds == counted


def test_the_flag_is_as_it_was_set_last() -> None:
    sat = Sat().then(1, Kind.FLAGGED, 1, on=True).then(1, Kind.FLAGGED, 2, on=True).then(1, Kind.FLAGGED, 1, on=False)
    assert [task.flagged for task in sat.after().tasks] == [False, True, False, False]


def test_it_is_known_where_a_task_was_worked_on() -> None:
    sat = Sat().then(0, Kind.OPENED, 1).then(5, Kind.SHELL, host=FIRST).then(20, Kind.SHELL, host=SECOND)
    assert sat.then(30, Kind.LEFT, 1).after().task(1).at == {"": 5, FIRST: 20, SECOND: 30}


# Grades


def test_it_is_graded_when_every_task_was_and_closed_when_that_is_said() -> None:
    sat = Sat().then(60, Kind.HANDED_IN)
    for task in (1, 2, 3):
        sat.then(5, Kind.GRADED, task, **passed())
    assert sat.after().phase is Phase.ENDED
    assert sat.then(5, Kind.GRADED, 4, **passed()).after().phase is Phase.GRADED
    assert sat.then(5, Kind.CLOSED).after().phase is Phase.CLOSED


def test_tasks_of_a_lab_that_was_given_up_need_no_grade() -> None:
    sat = Sat().then(60, Kind.GONE, host=FIRST).then(60, Kind.LOST, host=FIRST).then(9, Kind.HANDED_IN)
    for task in sat.plan.tasks:
        if task.host != FIRST:
            sat.then(5, Kind.GRADED, task.position, **passed())
    assert sat.after().phase is Phase.GRADED


def test_the_newest_grade_of_a_task_counts() -> None:
    sat = Sat().then(60, Kind.HANDED_IN).then(5, Kind.GRADED, 1, **passed(0)).then(5, Kind.GRADED, 1, **passed(4))
    grade = sat.after().task(1).grade
    assert grade is not None
    assert grade.earned == 4


def test_a_task_that_was_judged_again_has_its_newest_grade() -> None:
    sat = Sat().then(60, Kind.HANDED_IN).then(5, Kind.GRADED, 1, **passed(0)).then(5, Kind.REGRADED, 1, **passed(4))
    grade = sat.after().task(1).grade
    assert grade is not None
    assert grade.earned == 4


def test_the_task_that_was_shown_when_the_time_was_over_stays_known() -> None:
    sat = Sat().then(0, Kind.OPENED, 1).then(300, Kind.OPENED, 3)
    assert sat.after(200).last_task == 0
    assert sat.after(200).last_task == 3


# Any sitting


@pytest.mark.parametrize("seed", range(60))
def test_after_any_event_the_state_holds_together(seed: int) -> None:
    sat = random_sitting(seed)
    now = sat.computer.wait(random_sitting(seed + 1).computer.seconds % 100).now()
    limit = sat.plan.minutes * 60
    for count in range(1, len(sat.events) + 1):
        state = state_of(sat.plan, sat.events[:count], now)
        assert 0 <= state.used <= limit + state.credited
        assert 0 <= state.left <= limit + state.credited
        assert (state.phase is Phase.UNDER_WAY) == (state.left > 0)
        assert sum(task.seconds for task in state.tasks) <= state.used + 1e-6
        assert not (state.gone & state.lost)


@pytest.mark.parametrize("seed", range(60))
def test_the_clock_never_goes_back_as_time_goes_by(seed: int) -> None:
    sat = random_sitting(seed)
    used = [state_of(sat.plan, sat.events, sat.computer.wait(7).now()).used for _ in range(20)]
    assert all(before <= after + 1e-6 for before, after in pairwise(used))


@pytest.mark.parametrize("seed", range(60))
def test_the_date_does_not_matter_as_long_as_the_computer_runs(seed: int) -> None:
    random = Random(seed)  # noqa: S311
    sat = Sat()
    for _ in range(20):
        sat.then(random.uniform(0, 20), random.choice((Kind.OPENED, Kind.KEY)), random.randint(1, 4))
    expected = sat.after()
    moved = []
    for event in sat.events:
        wall = event.at.wall + timedelta(hours=random.uniform(-2, 2))
        moved.append(Event(event.kind, type(event.at)(wall, event.at.boot, event.at.seconds), event.task))
    assert state_of(sat.plan, moved, sat.computer.now()) == expected
