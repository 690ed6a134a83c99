"""Proofs: what an exercise predicts is compared with what a lab shows, criterion by criterion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pytest

from checkers.api import Verdict
from lab import i18n
from lab.catalog.model import Answer, Exercise
from lab.cluster.engine import Completed
from lab.errors import LabError, UsageError
from lab.grading.grade import Grade, grade, unwatched
from lab.grading.prove import Proof, Proving, prove
from tests.unit.support.clocks import Hands
from tests.unit.support.engines import done
from tests.unit.support.exercises import answer, criterion, exercise
from tests.unit.support.observations import HandMade

PASS, FAIL, BROKEN = Verdict.PASS, Verdict.FAIL, Verdict.BROKEN
SCORED = {"a": 2, "b": 1}
Looks = Sequence[Mapping[str, Verdict]]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    before = i18n.language()
    i18n.use("en")
    yield
    i18n.use(before)


def subject(points: Mapping[str, int] | None = None) -> Exercise:
    answers = [
        answer("solution", {"a": PASS, "b": PASS}),
        answer("forgotten", {"a": PASS, "b": FAIL}, mistake="You forgot it."),
    ]
    return exercise([criterion(name, points=own) for name, own in (points or SCORED).items()], answers)


class HandMadeLab:
    """Shows, after each answer, one look after the other; the last one stays."""

    def __init__(self, looks: Mapping[str, Looks]) -> None:
        self.looks = looks
        self.events: list[str] = []
        self.script = done()
        self._now: list[Mapping[str, Verdict]] = []

    def start(self, exercise: Exercise) -> None:
        self.events.append("start")
        self._now = list(self.looks["untouched"])

    def answer(self, answer: Answer) -> Completed:
        self.events.append(answer.name)
        self._now = list(self.looks[answer.name])
        return self.script

    def grade(self, whole: Exercise) -> Grade:
        self.events.append("grade")
        look = self._now.pop(0) if len(self._now) > 1 else self._now[0]
        points = {own.id: own.points for own in whole.criteria}
        seen = exercise([criterion(name, verdict, points[name]) for name, verdict in look.items()])
        return grade(seen, HandMade(), engine="kind", kubernetes="", on_finding=unwatched)


RIGHT: dict[str, Looks] = {
    "untouched": [{"a": FAIL, "b": FAIL}],
    "solution": [{"a": PASS, "b": PASS}],
    "forgotten": [{"a": PASS, "b": FAIL}],
}


def proofs(lab: HandMadeLab, name: str = "", points: Mapping[str, int] | None = None) -> dict[str, Proof]:
    events = prove(subject(points), lab, answer=name, clock=Hands().clock)
    return {event.answer: event for event in events if isinstance(event, Proof)}


def test_an_exercise_that_keeps_its_promises_is_proved() -> None:
    found = proofs(HandMadeLab(RIGHT))
    assert list(found) == ["untouched", "solution", "forgotten"]
    assert all(proof.holds for proof in found.values())


def test_each_answer_begins_from_a_clean_start_and_is_graded_twice() -> None:
    lab = HandMadeLab(RIGHT)
    proofs(lab)
    assert " ".join(lab.events) == ("start grade grade start solution grade grade start forgotten grade grade")


def test_each_answer_is_told_when_it_begins() -> None:
    events = list(prove(subject(), HandMadeLab(RIGHT), clock=Hands().clock))
    assert [event.answer for event in events if isinstance(event, Proving)] == ["untouched", "solution", "forgotten"]
    assert isinstance(events[0], Proving)
    assert (events[0].number, events[0].answers) == (1, 3)


def test_a_single_answer_can_be_proved() -> None:
    assert list(proofs(HandMadeLab(RIGHT), "forgotten")) == ["forgotten"]


def test_an_answer_that_is_not_there_is_a_wrong_usage() -> None:
    with pytest.raises(UsageError, match="untouched, solution, forgotten"):
        proofs(HandMadeLab(RIGHT), "perfect")


def test_points_for_nothing_are_found_out() -> None:
    lab = HandMadeLab({**RIGHT, "untouched": [{"a": FAIL, "b": PASS}]})
    assert proofs(lab)["untouched"].problems == ("b: predicted fail, got pass",)


def test_a_gate_may_hold_before_anything_is_done() -> None:
    lab = HandMadeLab({**RIGHT, "untouched": [{"a": FAIL, "b": PASS}]})
    assert proofs(lab, points={"a": 2, "b": 0})["untouched"].holds


def test_a_right_answer_that_is_refused_is_found_out() -> None:
    lab = HandMadeLab({**RIGHT, "solution": [{"a": FAIL, "b": PASS}]})
    assert proofs(lab)["solution"].problems == ("a: predicted pass, got fail",)


def test_a_wrong_answer_that_passes_is_found_out() -> None:
    lab = HandMadeLab({**RIGHT, "forgotten": [{"a": PASS, "b": PASS}]})
    assert proofs(lab)["forgotten"].problems == ("b: predicted fail, got pass",)


def test_a_broken_lab_proves_nothing() -> None:
    lab = HandMadeLab({**RIGHT, "untouched": [{"a": BROKEN, "b": FAIL}]})
    assert proofs(lab)["untouched"].problems == ("a: predicted fail, got broken",)


def test_verdicts_that_come_late_are_waited_for() -> None:
    late = [{"a": FAIL, "b": FAIL}, {"a": PASS, "b": FAIL}, {"a": PASS, "b": PASS}]
    assert proofs(HandMadeLab({**RIGHT, "solution": late}))["solution"].holds


def test_verdicts_that_never_agree_are_a_problem() -> None:
    restless = [{"a": PASS, "b": PASS}, {"a": FAIL, "b": PASS}] * 50
    proof = proofs(HandMadeLab({**RIGHT, "solution": restless}))["solution"]
    assert proof.grade is None
    assert "no two looks in a row agreed within 30 s" in proof.problems[0]


def test_a_script_that_fails_is_a_problem_and_is_not_graded() -> None:
    lab = HandMadeLab(RIGHT)
    lab.script = done(code=1, stderr="error: timed out waiting for the condition")
    proof = proofs(lab, "solution")["solution"]
    assert proof.problems == ("the script ended with exit code 1: error: timed out waiting for the condition",)
    assert "grade" not in lab.events


def test_a_start_that_fails_is_a_problem_of_that_proof_only() -> None:
    class Failing(HandMadeLab):
        def start(self, exercise: Exercise) -> None:
            super().start(exercise)
            if len(self.events) == 1:
                raise LabError("wait", what="Pods in shop", seconds=60)

    found = proofs(Failing(RIGHT))
    assert "Pods in shop" in found["untouched"].problems[0]
    assert found["solution"].holds
