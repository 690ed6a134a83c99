"""From findings to points: only what was seen to be right earns, only what was seen to be wrong is the learner's."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from checkers.api import Check, Finding, LabBroken, NoExec, NotSeen, Observer, Text, Verdict
from lab.catalog.model import Criterion, Localized
from lab.grading.grade import Grade, Graded, grade
from tests.unit.support.clocks import BEGAN, Hands
from tests.unit.support.exercises import criterion, exercise, finding
from tests.unit.support.observations import HandMade

WORDS = Text("no answer", "没有答复")


def graded(*criteria: Criterion) -> Grade:
    clock = Hands().clock
    return grade(exercise(criteria), HandMade(), engine="kind", kubernetes="v1.36", clock=clock)


def raising(error: Exception) -> Criterion:
    def look(lab: Observer) -> Finding:
        raise error

    return Criterion("x", Localized("it holds", "它成立"), 2, Check("test.raising", look), {})


def test_only_pass_earns_points() -> None:
    found = graded(*(criterion(verdict.value, verdict, points=3) for verdict in Verdict))
    assert [own.earned for own in found.criteria] == [3, 0, 0, 0]
    assert found.score == 3


def test_a_gate_earns_nothing() -> None:
    assert graded(criterion("gate", points=0)).score == 0


def test_while_a_gate_fails_no_point_counts_though_it_was_earned() -> None:
    found = graded(criterion("a", points=2), criterion("gate", Verdict.FAIL, points=0))
    assert (found.score, found.earned) == (0, 2)
    assert [own.criterion.id for own in found.failed_gates] == ["gate"]


@pytest.mark.parametrize("verdict", [Verdict.BROKEN, Verdict.UNSEEN])
def test_a_gate_that_could_not_be_judged_costs_nothing(verdict: Verdict) -> None:
    found = graded(criterion("a", points=2), criterion("gate", verdict, points=0))
    assert (found.score, found.failed_gates) == (2, ())


def test_findings_are_told_one_by_one_in_the_exercises_order() -> None:
    told: list[Graded] = []
    whole = exercise([criterion("a"), criterion("b", Verdict.FAIL)])
    found = grade(whole, HandMade(), engine="kind", kubernetes="", on_finding=told.append)
    assert tuple(told) == found.criteria
    assert [own.criterion.id for own in told] == ["a", "b"]


def test_a_check_is_called_with_its_parameters() -> None:
    def look(lab: Observer, *, user: int) -> Finding:
        return finding(Verdict.PASS if user == 1000 else Verdict.FAIL)

    own = Criterion("x", Localized("", ""), 1, Check("test.user", look), {"user": 1000})
    assert graded(own).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (NotSeen(WORDS), Verdict.UNSEEN),
        (NoExec(WORDS), Verdict.UNSEEN),
        (LabBroken(WORDS), Verdict.BROKEN),
        (KeyError("nodeName"), Verdict.BROKEN),
    ],
)
def test_a_look_that_failed_is_not_the_learners_fault(error: Exception, verdict: Verdict) -> None:
    found = graded(raising(error)).criteria[0].finding
    assert found.verdict is verdict
    assert found.expected.zh == "它成立"


def test_what_came_instead_of_a_look_is_told() -> None:
    assert graded(raising(NotSeen(WORDS))).criteria[0].finding.found == WORDS


def test_a_mistake_in_a_check_is_told_with_the_exceptions_words() -> None:
    found = graded(raising(KeyError("nodeName"))).criteria[0].finding.found
    assert "test.raising" in found.en
    assert "KeyError: 'nodeName'" in found.en


def test_one_check_that_fails_leaves_the_others() -> None:
    assert graded(raising(KeyError("x")), criterion("b", points=2)).score == 2


def test_the_time_comes_from_the_clock() -> None:
    hands = Hands()

    def slow() -> Callable[[Observer], Finding]:
        def look(lab: Observer) -> Finding:
            hands.sleep(1.5)
            return finding(Verdict.PASS)

        return look

    own = Criterion("x", Localized("", ""), 1, Check("test.slow", slow()), {})
    found = grade(exercise([own]), HandMade(), engine="kind", kubernetes="", clock=hands.clock)
    assert (found.started, found.seconds) == (BEGAN, 1.5)


@pytest.mark.parametrize(
    ("verdicts", "whole"),
    [
        ("pass pass", "pass"),
        ("pass fail", "fail"),
        ("fail unseen", "unseen"),
        ("fail broken", "broken"),
        ("unseen broken", "broken"),
    ],
)
def test_the_verdict_of_the_whole(verdicts: str, whole: str) -> None:
    criteria = [criterion(f"c{number}", Verdict(verdict)) for number, verdict in enumerate(verdicts.split())]
    assert graded(*criteria).verdict is Verdict(whole)
