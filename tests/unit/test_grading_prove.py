"""Proofs: what an exercise predicts is compared with what a lab shows, criterion by criterion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from lab import i18n
from lab.authoring.memory import Memory
from lab.authoring.prove import Impossible, Proof, Proving, Wanted, prove
from lab.catalog.model import Answer, Exercise
from lab.cluster.engine import Capability, Completed
from lab.errors import LabError, UsageError
from lab.grading.record import Replay, place
from tests.unit.support.clocks import Hands
from tests.unit.support.engines import done
from tests.unit.support.exercises import answer, exercise
from tests.unit.support.proofs import BROKEN, FAIL, PASS, UNSEEN, Grades, HandMadeLab, observed

SCORED = {"a": 2, "b": 1}


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
    return exercise([observed(name, worth) for name, worth in (points or SCORED).items()], answers)


RIGHT: dict[str, Grades] = {
    "untouched": [{"a": FAIL, "b": FAIL}],
    "solution": [{"a": PASS, "b": PASS}],
    "forgotten": [{"a": PASS, "b": FAIL}],
}


class Forgetful(Memory):
    """Remembers nothing."""

    def __init__(self) -> None:
        super().__init__("", Path("/nowhere"))

    def keep(self, *_: object) -> None:
        """Not even this."""


def proofs(
    lab: HandMadeLab,
    name: str = "",
    points: Mapping[str, int] | None = None,
    *,
    memory: Memory | None = None,
    **wanted: bool,
) -> dict[str, Proof]:
    wish = Wanted(name, **wanted)
    events = prove(subject(points), lab, wish, memory=memory or Forgetful(), clock=Hands().clock)
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
    events = list(prove(subject(), HandMadeLab(RIGHT), Wanted(), memory=Forgetful(), clock=Hands().clock))
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
    proof = proofs(lab)["untouched"]
    assert proof.problems == ("a: predicted fail, got broken",)
    assert proof.is_labs


def test_what_cannot_be_seen_yet_has_not_settled() -> None:
    late = [{"a": UNSEEN, "b": UNSEEN}] * 3 + [{"a": PASS, "b": PASS}]
    lab = HandMadeLab({**RIGHT, "solution": late})
    assert proofs(lab, "solution")["solution"].holds
    assert lab.events.count("grade") == 5


def test_an_exercise_that_is_not_possible_here_is_told_with_its_reason() -> None:
    lab = HandMadeLab(RIGHT)
    lab.lacking = {Capability.GVISOR: "no gVisor here"}
    (event,) = prove(subject(), lab, Wanted(), memory=Forgetful())
    assert isinstance(event, Impossible)
    assert event.reason == "no gVisor here"
    assert lab.events == []


def test_a_proof_tells_how_long_each_part_took() -> None:
    class Slow(HandMadeLab):
        def start(self, exercise: Exercise) -> None:
            super().start(exercise)
            hands.sleep(5)

        def answer(self, answer: Answer) -> Completed:
            hands.sleep(7)
            return super().answer(answer)

    hands = Hands()
    events = prove(subject(), Slow(RIGHT), Wanted("solution"), memory=Forgetful(), clock=hands.clock)
    proof = list(events)[-1]
    assert isinstance(proof, Proof)
    assert (proof.seconds["start"], proof.seconds["answer"], proof.seconds["all"]) == (5, 7, 13)


def test_verdicts_that_come_late_are_waited_for() -> None:
    late = [{"a": FAIL, "b": FAIL}, {"a": PASS, "b": FAIL}, {"a": PASS, "b": PASS}]
    assert proofs(HandMadeLab({**RIGHT, "solution": late}))["solution"].holds


def test_verdicts_that_never_agree_are_a_problem() -> None:
    restless = [{"a": PASS, "b": PASS}, {"a": FAIL, "b": PASS}] * 50
    proof = proofs(HandMadeLab({**RIGHT, "solution": restless}))["solution"]
    assert proof.verdicts == {}
    assert "no two looks in a row agreed within 90 s" in proof.problems[0]


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


# What was proved before


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory("kind", "v1.36.1", tmp_path)


def test_what_holds_and_has_not_changed_is_not_proved_again(memory: Memory) -> None:
    first = proofs(HandMadeLab(RIGHT), memory=memory)
    lab = HandMadeLab(RIGHT)
    again = proofs(lab, memory=memory)
    assert lab.events == []
    assert all(proof.holds and proof.remembered for proof in again.values())
    assert [proof.verdicts for proof in again.values()] == [proof.verdicts for proof in first.values()]


def test_what_does_not_hold_is_proved_again(memory: Memory) -> None:
    proofs(HandMadeLab({**RIGHT, "solution": [{"a": FAIL, "b": PASS}]}), memory=memory)
    lab = HandMadeLab(RIGHT)
    assert not proofs(lab, memory=memory)["solution"].remembered
    assert lab.events == ["start", "solution", "grade", "grade"]


def test_by_force_everything_is_proved_again(memory: Memory) -> None:
    proofs(HandMadeLab(RIGHT), memory=memory)
    again = proofs(HandMadeLab(RIGHT), memory=memory, force=True)
    assert not any(proof.remembered for proof in again.values())


def test_another_version_of_kubernetes_proves_nothing(memory: Memory, tmp_path: Path) -> None:
    proofs(HandMadeLab(RIGHT), memory=memory)
    again = proofs(HandMadeLab(RIGHT), memory=Memory("kind", "v1.37.0", tmp_path))
    assert not any(proof.remembered for proof in again.values())


def test_what_holds_on_one_engine_is_proved_anew_on_another_and_still_held_by_the_first(
    memory: Memory, tmp_path: Path
) -> None:
    proofs(HandMadeLab(RIGHT), memory=memory)
    elsewhere = proofs(HandMadeLab(RIGHT), memory=Memory("vagrant", "v1.36.1", tmp_path))
    assert not any(proof.remembered for proof in elsewhere.values())
    assert all(proof.remembered for proof in proofs(HandMadeLab(RIGHT), memory=memory).values())


@pytest.mark.parametrize(
    ("engine", "changed", "is_remembered"),
    [("kind", "node", False), ("kind", "vagrant", True), ("vagrant", "node", False), ("vagrant", "vagrant", False)],
)
def test_machines_that_are_made_otherwise_prove_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str, changed: str, is_remembered: bool
) -> None:
    monkeypatch.setattr("lab.paths.data", lambda name: tmp_path / name)
    for name in ("node", "vagrant"):
        (tmp_path / name).mkdir()
    memory = Memory(engine, "v1.36.1", tmp_path / "proofs")
    proofs(HandMadeLab(RIGHT), memory=memory)
    (tmp_path / changed / "machines.yaml").write_text("memory: 2560\n", encoding="utf-8")
    again = proofs(HandMadeLab(RIGHT), memory=memory)
    assert {proof.remembered for proof in again.values()} == {is_remembered}


def test_a_changed_exercise_is_proved_again_but_a_new_recording_changes_nothing(memory: Memory, tmp_path: Path) -> None:
    folder = tmp_path / "one"
    (folder / "recordings").mkdir(parents=True)
    (folder / "exercise.yaml").write_text("id: one\n", encoding="utf-8")
    own = replace(subject(), folder=folder)

    def looks() -> int:
        lab = HandMadeLab(RIGHT)
        list(prove(own, lab, Wanted(), memory=memory, clock=Hands().clock))
        return lab.events.count("grade")

    assert looks() == 6
    (folder / "recordings" / "solution.jsonl").write_text("{}\n", encoding="utf-8")
    assert looks() == 0
    (folder / "exercise.yaml").write_text("id: one # changed\n", encoding="utf-8")
    assert looks() == 6


# Recordings


def test_a_proof_that_holds_is_recorded_if_wanted(tmp_path: Path) -> None:
    own = replace(subject(), folder=tmp_path)
    list(prove(own, HandMadeLab(RIGHT), Wanted("solution"), memory=Forgetful(), clock=Hands().clock))
    assert not place(own, "solution").exists()
    proof = list(
        prove(own, HandMadeLab(RIGHT), Wanted("solution", record=True), memory=Forgetful(), clock=Hands().clock)
    )[-1]
    assert isinstance(proof, Proof)
    assert proof.problems == ()
    assert Replay(place(own, "solution")).get("ConfigMap", "a") is not None


def test_a_proof_that_does_not_hold_is_not_recorded(tmp_path: Path) -> None:
    own = replace(subject(), folder=tmp_path)
    lab = HandMadeLab({**RIGHT, "solution": [{"a": FAIL, "b": PASS}]})
    list(prove(own, lab, Wanted("solution", record=True), memory=Forgetful(), clock=Hands().clock))
    assert not place(own, "solution").exists()
