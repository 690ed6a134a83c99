"""Proving within a budget of time: what comes first, what is drawn, what is left out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab.authoring.plan import TYPICAL, Budget, LeftOut
from lab.authoring.proof_report import exit_code, to_json
from lab.authoring.prove import Case, Proof
from lab.authoring.workbench import Impossible
from lab.catalog.model import Exercise, Reset, Scenario
from lab.cluster.engine import Capability
from lab.cluster.image import addon
from lab.errors import UsageError
from tests.unit.support.author import Author
from tests.unit.support.exercises import answer, exercise
from tests.unit.support.proofs import FAIL, PASS, Grades, HandMadeLab, observed

AMPLE = 1_000_000.0
NAMES = ("solution", *(f"right-{number}" for number in range(4)), *(f"wrong-{number}" for number in range(4)))


def subject(name: str, reset: Reset = "objects", requires: tuple[Capability, ...] = ()) -> Exercise:
    answers = [
        answer(name, {"a": FAIL if name.startswith("wrong") else PASS}, "No." if name.startswith("wrong") else "")
        for name in NAMES
    ]
    return exercise([observed("a")], answers, name=name, scenario=Scenario(reset=reset), requires=requires)


@pytest.fixture(autouse=True)
def _nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What proofs rest on stays the same, and need not be read again and again."""
    monkeypatch.setattr("lab.authoring.basis.script", lambda answer: "")
    monkeypatch.setattr("lab.authoring.basis.fingerprint", lambda folder: "")


class Timed(HandMadeLab):
    """Each start takes the seconds of its exercise."""

    seconds: dict[str, float]
    default = 1.0

    def start(self, exercise: Exercise) -> None:
        super().start(exercise)
        self.clock.sleep(self.seconds.get(exercise.id, self.default))


@pytest.fixture
def author(monkeypatch: pytest.MonkeyPatch) -> Author:
    return author_of(monkeypatch, "first", "second", "third")


def author_of(monkeypatch: pytest.MonkeyPatch, *names: str, reset: Reset = "objects") -> Author:
    author = Author(monkeypatch, [subject(name, reset) for name in names])
    verdicts: dict[str, Grades] = {name: [{"a": FAIL if name.startswith("wrong") else PASS}] for name in NAMES}
    author.grades = {"untouched": [{"a": FAIL}], **verdicts}
    author.kind = type("Lab", (Timed,), {"seconds": {}})
    return author


def begun(author: Author) -> list[str]:
    """The answers that were begun, in their order."""
    steps = (news.step.partition(":")[0] for news in author.news if news.step)
    return [step.replace(" ", "/") for step in steps]


def run(author: Author, seconds: float, *first: str, seed: str = "c0ffee") -> tuple[list[str], list[str]]:
    """What was begun, in its order, and what was left out."""
    author.news.clear()
    found = author.prove(budget=Budget(seconds, first, seed))
    return begun(author), [result.id for result in found if isinstance(result, LeftOut)]


def test_with_time_enough_all_is_proved_and_nothing_left_out(author: Author) -> None:
    proved, left_out = run(author, AMPLE)
    assert len(proved) == len(set(proved)) == 3 * 10
    assert left_out == []


def test_a_short_budget_reaches_the_solution_and_one_wrong_answer_of_every_exercise(author: Author) -> None:
    author.kind.default = 25  # type: ignore[attr-defined]
    # Each proof takes 26 s: a start of 25, and a second between its two grades.
    proved, left_out = run(author, 6 * 26)
    assert {name for name in proved if name.endswith("/solution")} == {f"{one.id}/solution" for one in author.exercises}
    assert sorted(name.split("/")[0] for name in proved if "/wrong-" in name) == ["first", "second", "third"]
    assert len(proved) + len(left_out) == 3 * 10
    assert len(proved) == 6


def test_what_is_wanted_first_is_proved_whole_before_anything_else(author: Author) -> None:
    proved, _ = run(author, AMPLE, "third", "first/right-2")
    assert {name.split("/")[0] for name in proved[:11]} == {"first", "third"}
    assert "first/right-2" in proved[:11]


def test_the_same_seed_draws_the_same_and_another_one_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    first, again, other = (
        run(author_of(monkeypatch, *names), AMPLE, seed=seed)[0]
        for names, seed in ((("a", "b"), "c0ffee"), (("c", "d"), "c0ffee"), (("e", "f"), "decade"))
    )
    unnamed = [[(name[0] in "ace", name[2:]) for name in names] for names in (first, again, other)]
    assert unnamed[0] == unnamed[1]
    assert unnamed[0] != unnamed[2]


def test_an_answer_is_not_begun_that_would_not_end_in_time(author: Author) -> None:
    author.kind.default = 10  # type: ignore[attr-defined]
    began = author.hands.clock.seconds()
    run(author, 100)
    assert author.hands.clock.seconds() - began <= 100


def test_what_took_long_once_is_expected_to_take_as_long_again(author: Author) -> None:
    author.kind.seconds["first"] = 60  # type: ignore[attr-defined]
    began = author.hands.clock.seconds()
    proved, left_out = run(author, 120)
    assert sum(name.startswith("first/") for name in proved) == 1
    assert author.hands.clock.seconds() - began <= 120
    assert all(name.startswith("first/") for name in left_out)


def test_an_exercise_of_which_nothing_is_known_takes_what_is_typical(monkeypatch: pytest.MonkeyPatch) -> None:
    author = author_of(monkeypatch, "slow", reset="baseline")
    assert run(author, TYPICAL["baseline"] - 1)[0] == []
    assert run(author, TYPICAL["baseline"] + 1)[0] != []


def test_an_addon_that_is_not_built_takes_its_time_too(monkeypatch: pytest.MonkeyPatch) -> None:
    author = author_of(monkeypatch, "first")
    author.exercises = [replace(author.exercises[0], addons=("gatekeeper",))]
    enough = addon.find("gatekeeper").seconds + TYPICAL["objects"]
    assert run(author, enough - 1)[0] == []
    assert run(author, enough + 1)[0] != []


def test_what_was_proved_before_costs_nothing(author: Author) -> None:
    run(author, AMPLE)
    found = author.prove(budget=Budget(0.001))
    assert len(found) == 3 * 10
    assert all(isinstance(proof, Proof) and proof.why is None for proof in found)


def test_what_this_engine_cannot_do_is_not_counted_as_left_out(author: Author) -> None:
    author.engine.lacking = {Capability.GVISOR: "no gVisor here"}
    author.exercises[0] = subject("first", requires=(Capability.GVISOR,))
    found = author.prove(budget=Budget(0.001))
    assert [(one.exercise.id, one.reason) for one in found if isinstance(one, Impossible)] == [
        ("first", "no gVisor here")
    ]
    assert {result.id.split("/")[0] for result in found if isinstance(result, LeftOut)} == {"second", "third"}


def test_each_begins_with_its_place_in_the_whole(author: Author) -> None:
    run(author, AMPLE)
    assert [(news.number, news.steps) for news in author.news if news.step] == [(number, 30) for number in range(1, 31)]


def test_results_come_in_the_catalogs_order_whatever_was_drawn(author: Author) -> None:
    found = author.prove(budget=Budget(AMPLE, seed="c0ffee"))
    expected = [f"{one.id}/{name}" for one in author.exercises for name in ("untouched", *NAMES)]
    assert [result.id for result in found] == expected
    assert begun(author) != expected


@pytest.mark.parametrize("name", ["fourth", "first/perfect"])
def test_what_is_wanted_first_and_does_not_exist_is_a_wrong_usage(name: str, author: Author) -> None:
    with pytest.raises(UsageError):
        run(author, AMPLE, name)


def test_a_single_answer_can_be_proved(author: Author) -> None:
    assert [result.id for result in author.prove(answer="right-1")] == [
        f"{name}/right-1" for name in ("first", "second", "third")
    ]


def test_an_answer_that_is_not_there_is_a_wrong_usage(author: Author) -> None:
    with pytest.raises(UsageError, match="untouched, solution, right-0"):
        author.prove(answer="perfect")


def test_a_budget_too_short_for_any_proof_is_a_failure() -> None:
    case = Case(subject("first"), None)
    assert exit_code([], [LeftOut(case)]) == 3
    assert to_json([], [], [LeftOut(case)])["holds"] is False
    assert exit_code([Proof(case)], [LeftOut(case)]) == 0


def test_what_takes_long_to_build_fits_in_no_budget(author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    mesh = replace(addon.find("gatekeeper"), seconds=3600)
    monkeypatch.setattr(addon, "find", {"mesh": mesh}.__getitem__)
    author.exercises = [author.exercises[0], replace(author.exercises[1], addons=("mesh",))]
    proved, left_out = run(author, 10 * 3600)
    assert {name.split("/")[0] for name in proved} == {author.exercises[0].id}
    assert {name.split("/")[0] for name in left_out} == {author.exercises[1].id}
