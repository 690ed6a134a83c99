"""The proof of an exercise: every answer is run on a live cluster, and each verdict compared with the predicted one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from checkers.api import Verdict
from lab import i18n
from lab.catalog.model import Answer, Exercise
from lab.clock import SYSTEM, Clock
from lab.cluster.engine import Completed
from lab.errors import LabError, UsageError
from lab.grading.grade import Grade

UNTOUCHED = "untouched"
"""The name of the proof that nothing is earned for nothing."""
SETTLED = 30.0
"""Seconds in which two looks in a row must agree."""
BETWEEN = 1.0
"""Seconds between two looks."""


class Lab(Protocol):
    """What a proof does with the lab."""

    def start(self, exercise: Exercise) -> None:
        """Prepare the scenario, from a clean slate."""

    def answer(self, answer: Answer) -> Completed:
        """Do what an answer does, as the learner."""

    def grade(self, exercise: Exercise) -> Grade:
        """Look at the cluster and judge."""


@dataclass(frozen=True, slots=True)
class Proving:
    """The proof of one answer begins. `number` is from 1."""

    exercise: Exercise
    answer: str
    number: int
    answers: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What became of one answer.

    Attributes:
        grade: None where it did not come to that.
        problems: what is not as predicted, in the language in use; none: it is proved.
    """

    exercise: Exercise
    answer: str
    seconds: float
    grade: Grade | None
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """All is as predicted."""
        return not self.problems


ProofEvent = Proving | Proof


def prove(exercise: Exercise, lab: Lab, *, answer: str = "", clock: Clock = SYSTEM) -> Iterator[ProofEvent]:
    """Prove an exercise as its learner finds it, then answer by answer; or only the answer of this name.

    Raises:
        UsageError: the exercise has no answer of this name (`exercise.no_answer`).
    """
    cases: dict[str, Answer | None] = {UNTOUCHED: None, **{own.name: own for own in exercise.answers}}
    if answer:
        if answer not in cases:
            raise UsageError("exercise.no_answer", exercise=exercise.id, name=answer, known=", ".join(cases))
        cases = {answer: cases[answer]}
    for number, (name, case) in enumerate(cases.items(), start=1):
        yield Proving(exercise, name, number, len(cases))
        began = clock.seconds()
        grade, problems = _prove(exercise, case, lab, clock)
        yield Proof(exercise, name, clock.seconds() - began, grade, problems)


def differences(expected: Mapping[str, Verdict], found: Mapping[str, Verdict]) -> tuple[str, ...]:
    """Where two sets of verdicts differ, criterion by criterion. What is not expected to be anything may be either."""
    return tuple(
        i18n.text("grading.proof.differs", criterion=name, expected=verdict.value, found=found[name].value)
        for name, verdict in expected.items()
        if found[name] is not verdict
    )


def expected_of(exercise: Exercise, answer: Answer | None) -> Mapping[str, Verdict]:
    """What an answer must get. Untouched, whatever earns points must fail; a gate may hold already."""
    if answer is not None:
        return answer.verdicts
    return {criterion.id: Verdict.FAIL for criterion in exercise.criteria if not criterion.is_gate}


def _prove(exercise: Exercise, answer: Answer | None, lab: Lab, clock: Clock) -> tuple[Grade | None, tuple[str, ...]]:
    try:
        lab.start(exercise)
        done = lab.answer(answer) if answer else None
    except LabError as error:
        return None, (str(error),)
    if done is not None and not done.ok:
        said = done.error or done.text.strip()
        return None, (i18n.text("grading.proof.script", code=done.code, said=said),)
    first = _twice_the_same(exercise, lab, clock)
    if first is None:
        return None, (i18n.text("grading.proof.unsettled", seconds=f"{SETTLED:.0f}"),)
    return first, differences(expected_of(exercise, answer), first.verdicts)


def _twice_the_same(exercise: Exercise, lab: Lab, clock: Clock) -> Grade | None:
    """Look until two looks in a row agree: so a cluster on its way has arrived, and no verdict hangs on chance."""
    deadline = clock.seconds() + SETTLED
    before = lab.grade(exercise)
    while clock.seconds() < deadline:
        clock.sleep(BETWEEN)
        now = lab.grade(exercise)
        if now.verdicts == before.verdicts:
            return now
        before = now
    return None
