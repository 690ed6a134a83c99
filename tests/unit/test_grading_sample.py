"""Proving within a budget of time: what comes first, what is drawn, what is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from checkers.api import Observer
from lab.authoring.memory import Memory
from lab.authoring.proof_report import exit_code, to_json
from lab.authoring.prove import Impossible, Proof, Proving, Wanted
from lab.authoring.sample import TYPICAL, Budget, LeftOut, prove_within
from lab.catalog.model import Answer, Exercise, Reset, Scenario
from lab.cluster.engine import Capability, Completed
from lab.errors import UsageError
from tests.unit.support.clocks import Hands
from tests.unit.support.engines import done
from tests.unit.support.exercises import answer, exercise
from tests.unit.support.proofs import FAIL, PASS, observed, showing

AMPLE = 1_000_000.0


class TimedLab:
    """Each start takes the seconds it is told; every answer gets the verdict it must get."""

    def __init__(self, hands: Hands, seconds: Mapping[str, float] | None = None, default: float = 1) -> None:
        self._hands = hands
        self._seconds = seconds or {}
        self._default = default
        self._verdict = FAIL
        self.lacking: dict[str, dict[Capability, str]] = {}

    def impossible(self, exercise: Exercise) -> Mapping[Capability, str]:
        return self.lacking.get(exercise.id, {})

    def start(self, exercise: Exercise) -> None:
        self._hands.sleep(self._seconds.get(exercise.id, self._default))
        self._verdict = FAIL

    def answer(self, answer: Answer) -> Completed:
        self._verdict = answer.verdicts["a"]
        return done()

    @contextmanager
    def observer(self, exercise: Exercise) -> Iterator[Observer]:
        yield showing({"a": self._verdict})


def subject(name: str, reset: Reset = "objects") -> Exercise:
    answers = [
        answer("solution", {"a": PASS}),
        *(answer(f"right-{number}", {"a": PASS}) for number in range(4)),
        *(answer(f"wrong-{number}", {"a": FAIL}, mistake="No.") for number in range(4)),
    ]
    return exercise([observed("a")], answers, name=name, scenario=Scenario(reset=reset))


@pytest.fixture(autouse=True)
def _nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What proofs hang on stays the same, and need not be read again and again."""
    monkeypatch.setattr("lab.authoring.memory.fingerprint", lambda *_, **__: "")


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory("kind", "v1.36.1", tmp_path)


@pytest.fixture
def exercises() -> list[Exercise]:
    return [subject(name) for name in ("first", "second", "third")]


def run(
    exercises: list[Exercise], memory: Memory, budget: Budget, lab: TimedLab | None = None, hands: Hands | None = None
) -> tuple[list[str], list[str]]:
    """What was proved, in its order, and what was left out."""
    hands = hands or Hands()
    lab = lab or TimedLab(hands)
    events = list(prove_within(budget, exercises, lab, Wanted(), memory=memory, clock=hands.clock))
    proved = [f"{event.exercise.id}/{event.answer}" for event in events if isinstance(event, Proof)]
    return proved, [f"{event.exercise.id}/{event.answer}" for event in events if isinstance(event, LeftOut)]


def is_wrong(name: str) -> bool:
    return "/wrong-" in name


def test_with_time_enough_all_is_proved_and_nothing_left_out(exercises: list[Exercise], memory: Memory) -> None:
    proved, left_out = run(exercises, memory, Budget(AMPLE, seed="c0ffee"))
    assert len(proved) == len(set(proved)) == 3 * 10
    assert left_out == []


def test_a_short_budget_reaches_the_solution_and_one_wrong_answer_of_every_exercise(
    exercises: list[Exercise], memory: Memory
) -> None:
    hands = Hands()
    # Each proof takes 26 s: a start of 25, and a second between its two observations.
    proved, left_out = run(exercises, memory, Budget(6 * 26, seed="c0ffee"), TimedLab(hands, default=25), hands)
    assert {name for name in proved if name.endswith("/solution")} == {f"{own.id}/solution" for own in exercises}
    assert sorted(name.split("/")[0] for name in proved if is_wrong(name)) == ["first", "second", "third"]
    assert len(proved) + len(left_out) == 3 * 10
    assert len(proved) == 6


def test_what_is_wanted_first_is_proved_whole_before_anything_else(exercises: list[Exercise], memory: Memory) -> None:
    proved, _ = run(exercises, memory, Budget(AMPLE, ("third", "first/right-2"), "c0ffee"))
    assert {name.split("/")[0] for name in proved[:11]} == {"first", "third"}
    assert "first/right-2" in proved[:11]


def test_the_same_seed_draws_the_same_and_another_one_something_else(exercises: list[Exercise], tmp_path: Path) -> None:
    first, again, other = (
        run(exercises, Memory("kind", "v1.36.1", tmp_path / name), Budget(AMPLE, seed=seed))[0]
        for name, seed in (("1", "c0ffee"), ("2", "c0ffee"), ("3", "decade"))
    )
    assert first == again
    assert first != other


def test_an_answer_is_not_begun_that_would_not_end_in_time(exercises: list[Exercise], memory: Memory) -> None:
    hands = Hands()
    lab = TimedLab(hands, default=10)
    began = hands.clock.seconds()
    run(exercises, memory, Budget(100), lab, hands)
    assert hands.clock.seconds() - began <= 100


def test_what_took_long_once_is_expected_to_take_as_long_again(exercises: list[Exercise], memory: Memory) -> None:
    hands = Hands()
    lab = TimedLab(hands, {"first": 60}, default=1)
    began = hands.clock.seconds()
    proved, left_out = run(exercises, memory, Budget(120), lab, hands)
    assert sum(name.startswith("first/") for name in proved) == 1
    assert hands.clock.seconds() - began <= 120
    assert all(name.startswith("first/") for name in left_out)


def test_an_exercise_of_which_nothing_is_known_takes_what_is_typical(memory: Memory) -> None:
    slow = subject("slow", reset="baseline")
    assert run([slow], memory, Budget(TYPICAL["baseline"] - 1))[0] == []
    assert run([slow], memory, Budget(TYPICAL["baseline"] + 1))[0] != []


def test_what_was_proved_before_costs_nothing(exercises: list[Exercise], memory: Memory) -> None:
    run(exercises, memory, Budget(AMPLE))
    proved, left_out = run(exercises, memory, Budget(0.001))
    assert (len(proved), left_out) == (3 * 10, [])


def test_what_this_engine_cannot_do_is_told_and_not_counted_as_left_out(
    exercises: list[Exercise], memory: Memory
) -> None:
    hands = Hands()
    lab = TimedLab(hands)
    lab.lacking = {"first": {Capability.GVISOR: "no gVisor here"}}
    events = list(prove_within(Budget(0.001), exercises, lab, Wanted(), memory=memory, clock=hands.clock))
    assert [event.exercise.id for event in events if isinstance(event, Impossible)] == ["first"]
    assert "first" not in {event.exercise.id for event in events if isinstance(event, LeftOut)}


def test_each_is_told_with_its_place_in_the_whole(exercises: list[Exercise], memory: Memory) -> None:
    hands = Hands()
    events = prove_within(Budget(AMPLE), exercises, TimedLab(hands), Wanted(), memory=memory, clock=hands.clock)
    told = [(event.number, event.answers) for event in events if isinstance(event, Proving)]
    assert told == [(number, 30) for number in range(1, 31)]


@pytest.mark.parametrize("name", ["fourth", "first/perfect"])
def test_what_is_wanted_first_and_does_not_exist_is_a_wrong_usage(
    name: str, exercises: list[Exercise], memory: Memory
) -> None:
    with pytest.raises(UsageError):
        run(exercises, memory, Budget(AMPLE, (name,)))


def test_a_budget_too_short_for_any_proof_is_a_failure(exercises: list[Exercise]) -> None:
    left_out = [LeftOut(exercises[0], "solution")]
    assert exit_code([], left_out) == 3
    assert to_json([], [], left_out)["holds"] is False
    assert exit_code([Proof(exercises[0], "solution")], left_out) == 0
