"""The report of a sitting: what was earned, where the lost points went, how long it took, what comes next."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from lab.catalog.model import Catalog, Localized
from lab.errors import UsageError
from lab.exam.events import Kind
from lab.exam.report import Loss, report_of
from lab.practice.suggestion import Reason, Suggestion
from tests.unit.support.clocks import BEGAN
from tests.unit.support.reports import (
    BROKEN,
    FAIL,
    TARGET,
    TITLE,
    UNSEEN,
    graded,
    judged,
    made,
    report,
    sat,
)
from tests.unit.support.sittings import HOSTS, Sat, plan


def lost(sat: Sat) -> dict[Loss, Fraction]:
    return {lost.loss: lost.points for lost in report(sat).losses}


# The total


def test_points_are_percent_of_the_exam_by_the_weight_of_each_task() -> None:
    found = report(sat(safe=FAIL))
    assert (found.tasks[0].points.earned, found.points.earned) == (15, 90)
    assert [line.points for line in found.tasks[0].criteria] == [15, 10, 0]


@pytest.mark.parametrize(("mark", "passes"), [(90, True), (91, False)])
def test_the_total_stands_against_the_pass_mark(mark: int, passes: bool) -> None:
    made = sat(safe=FAIL)
    made.plan = plan(pass_mark=mark)
    assert report(made).passed is passes


def test_a_percent_that_is_not_whole_is_not_rounded_up_to_the_mark() -> None:
    made = judged(Sat(plan(pass_mark=67)).then(60, Kind.HANDED_IN), runs=UNSEEN, others=FAIL)
    made.then(1, Kind.REGRADED, 2, **graded()).then(1, Kind.REGRADED, 3, **graded())
    found = report(made)  # 60 of 85 points
    assert (found.points.percent, found.passed) == (70, True)
    made.then(1, Kind.REGRADED, 1, **graded(UNSEEN, FAIL))
    assert (report(made).points.percent, report(made).passed) == (58, False)


def test_what_could_not_be_judged_leaves_the_sum() -> None:
    found = report(sat(runs=UNSEEN, safe=BROKEN))
    assert (found.points.judged, found.points.earned, found.points.percent) == (75, 75, 100)
    assert lost(sat(runs=UNSEEN, safe=BROKEN)) == {Loss.LAB: 25}


def test_tasks_of_a_lab_that_was_given_up_leave_the_sum() -> None:
    made = Sat().then(9, Kind.GONE, host=HOSTS[1]).then(9, Kind.LOST, host=HOSTS[1]).then(9, Kind.HANDED_IN)
    found = report(judged(made, runs=FAIL, safe=FAIL))
    assert (found.points.judged, found.points.percent, found.tasks[0].criteria) == (50, 100, ())
    assert [(each.loss, each.tasks) for each in found.losses] == [(Loss.LAB, (1, 3))]


def test_where_nothing_could_be_judged_there_is_no_percent_and_nothing_passed() -> None:
    found = report(sat(runs=UNSEEN, safe=UNSEEN, others=UNSEEN))
    assert (found.points.percent, found.passed) == (None, False)


@pytest.mark.parametrize("sitting", [Sat(), Sat().then(60, Kind.HANDED_IN), Sat().then(60, Kind.CLOSED)])
def test_there_is_no_report_of_a_sitting_that_was_not_graded(sitting: Sat) -> None:
    with pytest.raises(UsageError) as refused:
        report(sitting)
    assert refused.value.key == "exam.not_graded"


def test_a_date_that_was_set_back_hides_no_grade() -> None:
    made = Sat().then(0, Kind.OPENED, 1).then(300, Kind.KEY)
    made.computer.set_date(-5)
    found = report(judged(made.then(400, Kind.KEY)))
    assert (found.state.used, found.points.percent) == (600, 100)


# Where the lost points went


def test_nothing_is_lost_of_a_full_score() -> None:
    assert lost(sat()) == {}


def test_what_was_never_opened_had_no_time() -> None:
    assert lost(sat(others=FAIL)) == {Loss.UNREACHED: 75}


def test_what_was_only_glanced_at_had_no_time_either() -> None:
    assert lost(sat(20, runs=FAIL, safe=FAIL)) == {Loss.UNREACHED: 25}


def test_a_mistake_with_a_name_shows_that_there_was_time_though_no_task_was_opened() -> None:
    made = judged(Sat().then(60, Kind.HANDED_IN), safe=FAIL, runs=FAIL, mistake="careless", others=FAIL)
    assert lost(made) == {Loss.UNREACHED: 75, Loss.MISTAKE: 10, Loss.UNFINISHED: 15}


def test_a_mistake_that_has_a_name_took_the_points_that_it_explains() -> None:
    made = sat(runs=FAIL, safe=FAIL, mistake="careless")
    assert lost(made) == {Loss.MISTAKE: 10, Loss.UNKNOWN: 15}
    assert report(made).tasks[0].mistake == Localized("It was careless.", "It was careless.（中文）")


def test_a_mistake_that_the_exercise_no_longer_has_is_not_named() -> None:
    assert lost(sat(runs=FAIL, mistake="forgotten")) == {Loss.UNKNOWN: 15}


def test_work_on_another_host_is_in_the_wrong_place() -> None:
    made = sat(runs=FAIL, safe=FAIL, elsewhere=HOSTS[0])
    assert lost(made) == {Loss.PLACE: 25}
    assert report(made).tasks[0].elsewhere == HOSTS[0]


@pytest.mark.parametrize("found", [{"mistake": "astray"}, {"causes": ("pod-elsewhere",)}])
def test_work_in_another_namespace_is_in_the_wrong_place(found: dict[str, Any]) -> None:
    assert lost(sat(runs=FAIL, **found)) == {Loss.PLACE: 15}


def test_what_must_hold_and_does_not_spoils_what_was_earned() -> None:
    assert lost(sat(intact=FAIL)) == {Loss.SPOILT: 25}
    assert lost(sat(safe=FAIL, intact=FAIL)) == {Loss.SPOILT: 15, Loss.UNKNOWN: 10}


def test_a_mistake_with_a_name_may_explain_what_does_not_hold() -> None:
    assert lost(sat(intact=FAIL, mistake="rough")) == {Loss.MISTAKE: 25}


def test_what_was_flagged_is_left_unfinished() -> None:
    made = Sat().then(0, Kind.OPENED, 1).then(80, Kind.FLAGGED, 1, on=True).then(80, Kind.HANDED_IN)
    assert lost(judged(made, safe=FAIL)) == {Loss.UNFINISHED: 10}


def test_what_was_shown_when_the_time_was_over_is_left_unfinished() -> None:
    made = Sat().then(440, Kind.OPENED, 1).then(80, Kind.KEY).then(100, Kind.KEY)
    assert lost(judged(made, safe=FAIL)) == {Loss.UNFINISHED: 10}


def test_what_was_shown_when_it_was_handed_in_is_not() -> None:
    assert lost(sat(safe=FAIL)) == {Loss.UNKNOWN: 10}


def test_what_had_less_than_half_its_time_is_left_unfinished() -> None:
    assert lost(sat(50, safe=FAIL)) == {Loss.UNFINISHED: 10}


def test_all_points_are_somewhere() -> None:
    made = sat(runs=FAIL, safe=UNSEEN, others=FAIL)
    assert sum(lost(made).values()) + report(made).points.earned == 100


# Time


def test_each_task_has_its_time_beside_its_target() -> None:
    found = report(sat(180))
    assert [(task.state.seconds, task.target) for task in found.tasks[:2]] == [(180, TARGET), (0, TARGET)]
    assert [(part.seconds, part.target) for part in found.domains] == [(180, 3 * TARGET), (0, TARGET)]


def test_the_pace_is_of_what_there_was_time_for() -> None:
    assert report(sat(180, others=FAIL)).pace == 1.5
    assert report(judged(Sat().then(9, Kind.HANDED_IN), runs=FAIL, safe=FAIL, others=FAIL)).pace is None


def test_time_that_counts_towards_no_task_is_told() -> None:
    made = Sat().then(100, Kind.OPENED, 1).then(200, Kind.KEY).then(0, Kind.HANDED_IN)
    assert report(judged(made)).idle == 100 + 200 - 90


def test_time_that_was_given_is_told_with_its_reason() -> None:
    made = Sat().then(9, Kind.CREDITED, seconds=30, reason="The host was slow.").then(9, Kind.HANDED_IN)
    assert report(judged(made)).credits == ((30, "The host was slow."),)


# The parts, earlier sittings, what comes next


def test_domains_and_objectives_stand_in_the_order_of_the_curriculum() -> None:
    found = report(sat(safe=FAIL))
    assert [(str(part.title), part.points.earned) for part in found.domains] == [("First", 65), ("Second", 25)]
    assert [part.id for part in found.objectives] == ["about-1", "about-0"]
    assert str(found.objectives[0].title) == "A short exam"


def test_it_says_how_many_of_the_domains_of_the_exam_it_covers() -> None:
    found = report(sat())
    assert (found.covered, found.curriculum) == (2, 3)


def test_an_exercise_that_is_no_more_is_called_by_its_id() -> None:
    found = report_of(sat(safe=FAIL).sitting(), Catalog(()), title=TITLE, now=BEGAN)
    assert (str(found.tasks[0].title), str(found.tasks[0].criteria[1].title)) == ("ex-1", "safe")


def test_earlier_sittings_of_the_blueprint_stand_beside_it() -> None:
    other = sat()
    other.plan = plan(blueprint="another")
    sittings = [sat(safe=FAIL).sitting(1), other.sitting(2), sat().sitting(3), sat().sitting(4)]
    (earlier,) = report(sittings[2], others=sittings).earlier
    assert (earlier.number, earlier.percent, earlier.passed, earlier.seed) == (1, 90, True, "7@0123456789ab")
    assert earlier.started == BEGAN


def test_the_newest_grade_counts_and_it_is_said_that_it_is_newer() -> None:
    found = report(sat(safe=FAIL).then(900, Kind.REGRADED, 1, **graded()))
    assert (found.points.earned, [task.regraded for task in found.tasks[:2]]) == (100, [True, False])


def test_what_comes_next_is_what_the_scheduler_says() -> None:
    next_up = [Suggestion(made("ex-2"), Reason.UNREACHED, BEGAN - timedelta(days=1), 3)]
    assert report(sat(), suggestions=next_up).suggestions == tuple(next_up)
