"""Which answers are run, and in which order: all, or what a budget of time allows."""

from __future__ import annotations

import random
import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from lab.authoring.memory import Memory
from lab.authoring.prove import Case, Proof, Why
from lab.catalog.model import SOLUTION, Exercise, Reset
from lab.clock import SYSTEM, Clock
from lab.cluster.image import addon, addons
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
    """An answer that was not begun: the time it takes did not fit in the budget, or the proofs were ended before."""

    case: Case

    @property
    def id(self) -> str:
        """`EX/ANSWER`."""
        return self.case.id


class ToRun(NamedTuple):
    """An answer that is to be run on a lab, for this reason."""

    case: Case
    why: Why


class Plan:
    """Hands out one answer after the other, to several labs if need be.

    An answer that does not fit in the budget is left out, and shorter ones behind it are still tried.
    """

    def __init__(
        self, wanted: Sequence[ToRun], memory: Memory, *, budget: Budget | None = None, clock: Clock = SYSTEM
    ) -> None:
        self.count = len(wanted)
        self._waiting = in_rounds(wanted, budget) if budget else list(wanted)
        self._left_out: list[Case] = []
        self._expected = _Expected(memory)
        self._clock = clock
        self._ends = clock.seconds() + budget.seconds if budget else float("inf")
        self._begun = 0
        self._lock = threading.Lock()

    def next(self) -> tuple[int, ToRun] | None:
        """The next answer with its number, counted from 1; None: there is none, or none that fits."""
        with self._lock:
            while self._waiting:
                to_run = self._waiting.pop(0)
                if self._clock.seconds() + self._expected.seconds(to_run.case) <= self._ends:
                    self._begun += 1
                    return self._begun, to_run
                self._left_out.append(to_run.case)
            return None

    def took(self, proof: Proof) -> None:
        """Take what a proof has shown of how long they take."""
        with self._lock:
            self._expected.took(proof.case, proof.seconds.get("all", 0.0))

    def end(self) -> None:
        """Hand out nothing more."""
        with self._lock:
            self._left_out += [to_run.case for to_run in self._waiting]
            self._waiting = []

    @property
    def left_out(self) -> list[LeftOut]:
        """What was not handed out."""
        return [LeftOut(case) for case in self._left_out]


def in_rounds(wanted: Sequence[ToRun], budget: Budget) -> list[ToRun]:
    """What is to come first, then the rest; each part in the order that the seed draws, in rounds.

    The solution of each exercise comes first, then a wrong answer of each, then all others: so a short budget still
    reaches every exercise, from both sides.
    """
    drawn = random.Random(budget.seed).sample(wanted, len(wanted))  # noqa: S311 - nothing to be kept secret
    solutions = [to_run for to_run in drawn if to_run.case.name == SOLUTION]
    wrong: dict[str, ToRun] = {}
    for to_run in drawn:
        if to_run.case.is_wrong:
            wrong.setdefault(to_run.case.exercise.id, to_run)
    early = [*solutions, *wrong.values()]
    rounds = [*early, *(to_run for to_run in drawn if to_run not in early)]
    return sorted(rounds, key=lambda to_run: not {to_run.case.exercise.id, to_run.case.id} & set(budget.first))


def check_first(first: Collection[str], exercises: Iterable[Exercise]) -> None:
    """See that everything wanted first exists, so that a mistyped name is no silent nothing.

    Raises:
        UsageError: there is no such exercise (`exercise.unknown`) or answer (`exercise.no_answer`).
    """
    by_id = {exercise.id: exercise for exercise in exercises}
    for name in first:
        exercise_id, _, answer = name.partition("/")
        if exercise_id not in by_id:
            raise UsageError("exercise.unknown", name=exercise_id, near=", ".join(by_id))
        if answer:
            check_answer(answer, by_id[exercise_id])


def check_answer(name: str, exercise: Exercise) -> None:
    """See that the exercise has an answer of this name.

    Raises:
        UsageError: it has none (`exercise.no_answer`).
    """
    names = [UNTOUCHED, *(answer.name for answer in exercise.answers)]
    if name not in names:
        raise UsageError("exercise.no_answer", exercise=exercise.id, name=name, known=", ".join(names))


class _Expected:
    """How long answers are expected to take: measured before, else as the slowest of their exercise in this run."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._slowest: dict[str, float] = {}

    def took(self, case: Case, seconds: float) -> None:
        """Take what a proof has shown."""
        self._slowest[case.exercise.id] = max(seconds, self._slowest.get(case.exercise.id, 0.0))

    def seconds(self, case: Case) -> float:
        """Of one answer, with the builds of add-ons that come before it. A build that takes long fits in no budget."""
        missing = [addon.find(name) for name in case.exercise.addons if not addons.is_built(name)]
        builds = inf if any(each.is_long for each in missing) else sum(each.seconds for each in missing)
        before = self._memory.recall(case.exercise, case.name)
        if before is not None and "all" in before.seconds:
            return builds + before.seconds["all"]
        return builds + self._slowest.get(case.exercise.id, TYPICAL[case.exercise.scenario.reset])
