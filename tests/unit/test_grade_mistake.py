"""The misconception behind a grade: told where verdicts and words are those of a wrong answer's recording."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from checkers.api import Check, Finding, Observer, Text, Verdict, failed, passed
from lab.catalog.model import Criterion, Exercise, Localized
from lab.grading.grade import Grade, grade, unwatched
from lab.grading.record import UNTOUCHED, Recorder, place
from tests.unit.support.exercises import answer, exercise
from tests.unit.support.observations import HandMade

ABSENT = "There is no Pod web in namespace shop."
CRASHED = "Pod web does not run: container main: CrashLoopBackOff: no such program"
NO_IMAGE = "Pod web does not run: container main: ErrImagePull: busybocks not found"


def look(lab: Observer) -> Finding:
    """Judges by the first event; what is well says so."""
    (said,) = lab.events({"metadata": {"name": "web"}})
    found, expected = Text(said, said), Text("it runs", "它在运行")
    return passed(expected, found) if said == "well" else failed(expected, found, Text("because", "因为"))


@pytest.fixture
def subject(tmp_path: Path) -> Exercise:
    """Two mistakes with the same verdicts as doing nothing; each has been seen live."""
    wrong = {"a": Verdict.FAIL}
    answers = [answer(name, wrong, mistake=name) for name in ("crashed", "no-image")]
    criteria = [Criterion("a", Localized("it runs", "它在运行"), 1, Check("test.look", look), {})]
    own = replace(exercise(criteria, [answer("solution", {"a": Verdict.PASS}), *answers]), folder=tmp_path)
    for name, said in ((UNTOUCHED, ABSENT), ("crashed", CRASHED), ("no-image", NO_IMAGE)):
        recorder = Recorder(HandMade(messages=[said]))
        look(recorder)
        recorder.save(place(own, name), ())
    return own


def told(subject: Exercise, said: str) -> str | None:
    found = graded(subject, said).known_mistake
    return found.name if found else None


def graded(subject: Exercise, said: str) -> Grade:
    return grade(subject, HandMade(messages=[said]), engine="", kubernetes="", on_finding=unwatched)


def test_the_words_tell_apart_what_gets_the_same_verdicts(subject: Exercise) -> None:
    assert told(subject, CRASHED) == "crashed"
    assert told(subject, NO_IMAGE) == "no-image"


def test_names_and_values_may_be_others_than_in_the_recording(subject: Exercise) -> None:
    assert told(subject, "Pod web does not run: container app: CrashLoopBackOff: no such file") == "crashed"


def test_who_has_done_nothing_has_made_no_mistake(subject: Exercise) -> None:
    assert told(subject, ABSENT) is None


def test_what_nobody_has_seen_before_is_no_known_mistake(subject: Exercise) -> None:
    assert told(subject, "kube-apiserver on kube-control-plane ended with exit code 1") is None


def test_a_right_answer_is_no_mistake(subject: Exercise) -> None:
    assert told(subject, "well") is None


def test_where_two_are_as_near_nothing_is_told(subject: Exercise) -> None:
    place(subject, "no-image").write_bytes(place(subject, "crashed").read_bytes())
    assert told(subject, CRASHED) is None


def test_a_mistake_that_was_never_recorded_is_not_told(subject: Exercise) -> None:
    place(subject, "crashed").unlink()
    assert told(subject, CRASHED) != "crashed"


# Mistakes that name their causes

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
        on_finding=unwatched,
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
