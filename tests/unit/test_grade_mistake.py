"""The misconception behind a grade: named where the checks have seen its causes, and for no other answer."""

from __future__ import annotations

from checkers.api import Check, Finding, Observer, Text, Verdict, failed
from lab.catalog.model import Criterion, Localized
from lab.grading.grade import grade
from tests.unit.support.exercises import answer, exercise
from tests.unit.support.observations import HandMade

FLAWED = frozenset({"unset", "wrong-level"})


def flawed(*causes: str, others: tuple[str, ...] = ()) -> str | None:
    """The mistake that is named where criterion `a` fails for these causes, and these others fail too."""

    def fails(name: str) -> Criterion:
        def look(lab: Observer) -> Finding:
            found = Text("found", "所见")
            return failed(found, found, found, causes=causes if name == "a" else ())

        title = Localized(name, name)
        return Criterion(name, title, 1, Check(f"test.{name}", look, FLAWED), {})

    wrong = {"a": Verdict.FAIL}
    answers = [
        answer("both", wrong, mistake="both", when={"a": ("unset", "wrong-level")}),
        answer("unset", wrong, mistake="unset", when={"a": ("unset",)}),
    ]
    found = grade(
        exercise([fails(name) for name in ("a", *others)], answers),
        HandMade(),
        engine="",
        kubernetes="",
    ).known_mistake
    return found.name if found else None


def test_a_mistake_is_named_where_its_causes_were_found() -> None:
    assert flawed("unset") == "unset"


def test_the_first_mistake_whose_causes_were_all_found_is_named() -> None:
    assert flawed("unset", "wrong-level") == "both"


def test_a_failure_for_another_cause_has_no_known_mistake() -> None:
    assert flawed("wrong-level") is None
    assert flawed() is None


def test_what_fails_besides_does_not_hide_a_mistake() -> None:
    assert flawed("unset", others=("b",)) == "unset"
