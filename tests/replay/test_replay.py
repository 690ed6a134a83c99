"""Every recording graded again, without a cluster: what the checks made of each answer, they must still make of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

import pytest

from checkers.api import Verdict
from lab.authoring.prove import Case
from lab.catalog.load import load
from lab.catalog.model import Answer, Exercise
from lab.grading.grade import grade
from lab.grading.record import UNTOUCHED, Replay, place

ANSWERS = [(exercise, answer) for exercise in load().exercises for answer in (None, *exercise.answers)]


def name_of(answer: Answer | None) -> str:
    return answer.name if answer else UNTOUCHED


CASES = [pytest.param(exercise, answer, id=f"{exercise.id}/{name_of(answer)}") for exercise, answer in ANSWERS]
WRONG = [case for case in CASES if case.values[1] and case.values[1].mistake]


def replayed(exercise: Exercise, answer: Answer | None) -> tuple[Mapping[str, Verdict], Answer | None, list[str]]:
    """The verdicts, the mistake that is told, and what was found where that may say why they are otherwise."""
    file = place(exercise, name_of(answer))
    assert file.is_file(), f"make it on a live lab: ckslab prove {exercise.id} --answer {file.stem} --record"
    found = grade(exercise, Replay(file), engine="", kubernetes="")
    return found.verdicts, found.known_mistake, [graded.finding.found.en for graded in found.criteria]


@pytest.mark.parametrize(("exercise", "answer"), CASES)
def test_an_answer_gets_the_verdicts_that_its_exercise_predicts(exercise: Exercise, answer: Answer | None) -> None:
    verdicts, _, found = replayed(exercise, answer)
    expected = Case(exercise, answer).expected
    assert {name: verdicts[name] for name in expected} == expected, found


@pytest.mark.parametrize(("exercise", "answer"), WRONG)
def test_a_wrong_answer_is_told_its_own_mistake(exercise: Exercise, answer: Answer) -> None:
    _, named, _ = replayed(exercise, answer)
    is_its_own = named is not None and named.mistake == answer.mistake  # several answers may have made the same one
    is_recognised = answer.mistake is not None and bool(answer.mistake.when)
    assert is_its_own if is_recognised else named is None


@pytest.mark.parametrize("exercise", load().exercises, ids=lambda exercise: exercise.id)
def test_who_has_done_nothing_is_told_no_mistake(exercise: Exercise) -> None:
    _, mistake, _ = replayed(exercise, None)
    assert mistake is None


@pytest.mark.parametrize("exercise", load().exercises, ids=lambda exercise: exercise.id)
def test_there_is_no_recording_of_an_answer_that_there_is_not(exercise: Exercise) -> None:
    names = {UNTOUCHED, *(answer.name for answer in exercise.answers)}
    assert {file.stem for file in place(exercise, UNTOUCHED).parent.glob("*")} <= names


def test_replaying_needs_no_client_of_a_cluster() -> None:
    code = (
        "import sys, tests.replay.test_replay as t; t.replayed(*t.CASES[0].values); print('kubernetes' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
