"""Proving as much as a budget of time allows: what is wanted first, then a sample of the rest that a seed draws."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from lab.authoring.memory import Memory
from lab.authoring.prove import Impossible, Lab, Proof, ProofEvent, Proving, Wanted, prove
from lab.catalog.load import SOLUTION
from lab.catalog.model import Exercise, Reset
from lab.clock import SYSTEM, Clock
from lab.errors import UsageError
from lab.grading.record import UNTOUCHED

TYPICAL: dict[Reset, float] = {"objects": 25.0, "baseline": 75.0}
"""Seconds that the proof of one answer takes on a machine with two processors, by how its exercise is undone. Only
used until this run, or one before it, has measured an answer of the exercise."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How long to prove, and what.

    Attributes:
        seconds: an answer is begun only if the time it is expected to take fits in what is left of these.
        first: exercises (`EX`) and answers (`EX/ANSWER`) to be proved before all others.
        seed: draws the order of everything else; the same seed draws the same.
    """

    seconds: float
    first: tuple[str, ...] = ()
    seed: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An answer that was not begun, since the time it takes did not fit in the budget."""

    exercise: Exercise
    answer: str


@dataclass(frozen=True, slots=True)
class _Case:
    """One answer of an exercise, or the exercise as its learner finds it."""

    exercise: Exercise
    answer: str

    @property
    def name(self) -> str:
        return f"{self.exercise.id}/{self.answer}"


def prove_within(
    budget: Budget, exercises: Sequence[Exercise], lab: Lab, wanted: Wanted, *, memory: Memory, clock: Clock = SYSTEM
) -> Iterator[ProofEvent | LeftOut]:
    """Prove answer by answer while the budget lasts. What was proved before and has not changed costs nothing.

    An answer that does not fit is left out, and shorter ones behind it are still tried. What is left out comes last.

    Raises:
        UsageError: there is no such exercise (`exercise.unknown`) or answer (`exercise.no_answer`) to prove first.
    """
    ends = clock.seconds() + budget.seconds
    possible = []
    for exercise in exercises:
        if lacking := lab.impossible(exercise):
            yield Impossible(exercise, "; ".join(lacking.values()))
        else:
            possible.append(exercise)
    _check_first(budget.first, exercises)
    plan = [case for case in _plan(possible, budget) if wanted.answer in ("", case.answer)]
    expected = _Expected(memory)
    proved = {} if wanted.force or wanted.record else {exercise.id: memory.recall(exercise) for exercise in possible}
    left_out: list[_Case] = []
    for number, case in enumerate(plan, start=1):
        is_proved = case.answer in proved.get(case.exercise.id, ())
        if not is_proved and clock.seconds() + expected.seconds(case) > ends:
            left_out.append(case)
            continue
        only = replace(wanted, answer=case.answer)
        for event in prove(case.exercise, lab, only, memory=memory, clock=clock):
            if isinstance(event, Proof) and not event.remembered:
                expected.took(case, event)
            yield replace(event, number=number, answers=len(plan)) if isinstance(event, Proving) else event
    yield from (LeftOut(case.exercise, case.answer) for case in left_out)


def _plan(exercises: Sequence[Exercise], budget: Budget) -> list[_Case]:
    """All answers: what is wanted first, then the rest, each part in rounds (see `_in_rounds`)."""
    cases = [
        _Case(exercise, name)
        for exercise in exercises
        for name in (UNTOUCHED, *(answer.name for answer in exercise.answers))
    ]
    wanted = [case for case in cases if {case.exercise.id, case.name} & set(budget.first)]
    rest = [case for case in cases if case not in wanted]
    return [*_in_rounds(wanted, budget.seed), *_in_rounds(rest, budget.seed)]


def _in_rounds(cases: Sequence[_Case], seed: str) -> list[_Case]:
    """The solution of each exercise, then a wrong answer of each, then all others; drawn by the seed.

    So a short budget still reaches every exercise, from both sides.
    """
    drawn = random.Random(seed).sample(cases, len(cases))  # noqa: S311 - nothing to be kept secret
    solutions = [case for case in drawn if case.answer == SOLUTION]
    wrong: dict[str, _Case] = {}
    for case in drawn:
        if _is_wrong(case):
            wrong.setdefault(case.exercise.id, case)
    early = [*solutions, *wrong.values()]
    return [*early, *(case for case in drawn if case not in early)]


def _is_wrong(case: _Case) -> bool:
    return any(answer.name == case.answer and not answer.is_right for answer in case.exercise.answers)


def _check_first(first: Collection[str], exercises: Sequence[Exercise]) -> None:
    """See that everything wanted first exists, so that a mistyped name is no silent nothing."""
    by_id = {exercise.id: exercise for exercise in exercises}
    for name in first:
        exercise_id, _, answer = name.partition("/")
        if exercise_id not in by_id:
            raise UsageError("exercise.unknown", name=exercise_id, near=", ".join(by_id))
        answers = [UNTOUCHED, *(own.name for own in by_id[exercise_id].answers)]
        if answer and answer not in answers:
            raise UsageError("exercise.no_answer", exercise=exercise_id, name=answer, known=", ".join(answers))


class _Expected:
    """How long answers are expected to take: measured before, else as the slowest of their exercise in this run."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._slowest: dict[str, float] = {}

    def took(self, case: _Case, proof: Proof) -> None:
        """Take what a proof has shown."""
        seconds = proof.seconds.get("all", 0.0)
        self._slowest[case.exercise.id] = max(seconds, self._slowest.get(case.exercise.id, 0.0))

    def seconds(self, case: _Case) -> float:
        """Of one answer."""
        before = self._memory.took(case.exercise, case.answer)
        if before is not None:
            return before
        return self._slowest.get(case.exercise.id, TYPICAL[case.exercise.scenario.reset])
