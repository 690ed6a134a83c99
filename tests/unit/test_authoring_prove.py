"""The proof of one answer: what it predicts is compared with what a lab shows, criterion by criterion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from checkers.api import Observer
from lab.authoring.prove import Case, Proof, cases_of, prove, replayed
from lab.catalog.model import Answer, Exercise
from lab.cluster.engine import Completed
from lab.errors import LabError
from lab.grading.record import Replay
from tests.unit.support.clocks import Hands
from tests.unit.support.engines import done
from tests.unit.support.proofs import BROKEN, FAIL, PASS, RIGHT, UNSEEN, HandMadeLab, subject

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return tmp_path / "recording.jsonl"


def case(name: str, points: Mapping[str, int] | None = None) -> Case:
    return next(case for case in cases_of(subject(points=points)) if case.name == name)


def proof_of(
    name: str, lab: HandMadeLab, recording: Path, points: Mapping[str, int] | None = None, hands: Hands | None = None
) -> Proof:
    return prove(case(name, points), lab, recording, clock=(hands or Hands()).clock)


def test_what_is_proved_is_the_untouched_exercise_and_each_answer() -> None:
    assert [case.id for case in cases_of(subject())] == ["one/untouched", "one/solution", "one/forgotten"]


@pytest.mark.parametrize("name", ["untouched", "solution", "forgotten"])
def test_an_answer_that_gets_its_verdicts_holds(name: str, recording: Path) -> None:
    assert proof_of(name, HandMadeLab(RIGHT), recording).holds


def test_an_answer_begins_from_a_clean_start_and_is_graded_twice(recording: Path) -> None:
    lab = HandMadeLab(RIGHT)
    proof_of("solution", lab, recording)
    assert lab.events == ["start one", "solution", "grade", "grade"]


def test_points_for_nothing_are_found_out(recording: Path) -> None:
    lab = HandMadeLab({**RIGHT, "untouched": [{"a": FAIL, "b": PASS}]})
    (problem,) = proof_of("untouched", lab, recording).problems
    assert problem.startswith("b: predicted fail, got pass")


def test_a_gate_may_hold_before_anything_is_done(recording: Path) -> None:
    lab = HandMadeLab({**RIGHT, "untouched": [{"a": FAIL, "b": PASS}]})
    assert proof_of("untouched", lab, recording, {"a": 2, "b": 0}).holds


def test_a_right_answer_that_is_refused_is_found_out(recording: Path) -> None:
    lab = HandMadeLab({**RIGHT, "solution": [{"a": FAIL, "b": PASS}]})
    (problem,) = proof_of("solution", lab, recording).problems
    assert problem.startswith("a: predicted pass, got fail")


def test_a_wrong_answer_that_passes_is_found_out(recording: Path) -> None:
    lab = HandMadeLab({**RIGHT, "forgotten": [{"a": PASS, "b": PASS}]})
    (problem,) = proof_of("forgotten", lab, recording).problems
    assert problem.startswith("b: predicted fail, got pass")


def test_where_a_verdict_differs_stands_what_was_expected_and_found(recording: Path) -> None:
    lab = HandMadeLab({**RIGHT, "solution": [{"a": FAIL, "b": PASS}]})
    (problem,) = proof_of("solution", lab, recording).problems
    lines = [line.split() for line in problem.splitlines()[1:]]
    assert lines == [["Expected:", "it", "holds"], ["Found:", "what", "was", "found"], ["Why:", "because"]]


def test_a_broken_lab_proves_nothing(recording: Path) -> None:
    lab = HandMadeLab({**RIGHT, "untouched": [{"a": BROKEN, "b": FAIL}]})
    proof = proof_of("untouched", lab, recording)
    assert not proof.holds
    assert proof.is_labs
    assert not recording.exists()


def test_what_cannot_be_observed_yet_has_not_settled(recording: Path) -> None:
    late = [{"a": UNSEEN, "b": UNSEEN}] * 3 + [{"a": PASS, "b": PASS}]
    lab = HandMadeLab({**RIGHT, "solution": late})
    assert proof_of("solution", lab, recording).holds
    assert lab.events.count("grade") == 5


def test_a_proof_says_how_long_each_part_took(recording: Path) -> None:
    class Slow(HandMadeLab):
        def start(self, exercise: Exercise) -> None:
            super().start(exercise)
            hands.sleep(5)

        def answer(self, answer: Answer) -> Completed:
            hands.sleep(7)
            return super().answer(answer)

    hands = Hands()
    proof = proof_of("solution", Slow(RIGHT), recording, hands=hands)
    assert (proof.seconds["start"], proof.seconds["answer"], proof.seconds["all"]) == (5, 7, 13)


def test_verdicts_that_come_late_are_waited_for(recording: Path) -> None:
    late = [{"a": FAIL, "b": FAIL}, {"a": PASS, "b": FAIL}, {"a": PASS, "b": PASS}]
    assert proof_of("solution", HandMadeLab({**RIGHT, "solution": late}), recording).holds


def test_two_grades_are_compared_however_long_one_takes(recording: Path) -> None:
    class Slow(HandMadeLab):
        @contextmanager
        def observer(self, exercise: Exercise) -> Iterator[Observer]:
            hands.sleep(100)
            with super().observer(exercise) as observer:
                yield observer

    hands = Hands()
    assert proof_of("solution", Slow(RIGHT), recording, hands=hands).holds


def test_verdicts_that_never_agree_are_a_problem(recording: Path) -> None:
    restless = [{"a": PASS, "b": PASS}, {"a": FAIL, "b": PASS}] * 50
    proof = proof_of("solution", HandMadeLab({**RIGHT, "solution": restless}), recording)
    assert proof.verdicts == {}
    assert "no two grades in a row agreed within 90 s" in proof.problems[0]


def test_a_script_that_fails_is_a_problem_and_is_not_graded(recording: Path) -> None:
    lab = HandMadeLab(RIGHT)
    lab.script = done(code=1, stderr="error: timed out waiting for the condition")
    proof = proof_of("solution", lab, recording)
    assert proof.problems == ("the script ended with exit code 1: error: timed out waiting for the condition",)
    assert "grade" not in lab.events


def test_a_start_that_fails_is_the_labs_problem(recording: Path) -> None:
    class Failing(HandMadeLab):
        def start(self, exercise: Exercise) -> None:
            raise LabError("wait", what="Pods in shop", seconds=60)

    proof = proof_of("solution", Failing(RIGHT), recording)
    assert proof.is_labs
    assert "Pods in shop" in proof.problems[0]


def test_what_the_last_grade_observed_is_recorded(recording: Path) -> None:
    proof_of("solution", HandMadeLab(RIGHT), recording)
    assert Replay(recording).get("ConfigMap", "a") is not None


def test_what_a_failing_answer_showed_is_recorded_as_well(recording: Path) -> None:
    proof_of("solution", HandMadeLab({**RIGHT, "solution": [{"a": FAIL, "b": PASS}]}), recording)
    graded = replayed(case("solution"), recording)
    assert graded is not None
    assert [one.finding.verdict for one in graded] == [FAIL, PASS]


def test_a_recording_of_before_is_gone_where_no_grade_came_about(recording: Path) -> None:
    recording.write_text("", encoding="utf-8")
    lab = HandMadeLab(RIGHT)
    lab.script = done(code=1)
    proof_of("solution", lab, recording)
    assert not recording.exists()
