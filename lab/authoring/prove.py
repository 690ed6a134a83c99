"""The proof of an exercise: every answer is run on a live cluster, and each verdict compared with the predicted one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from checkers.api import Observer, Verdict
from lab import i18n
from lab.authoring.memory import Memory, Remembered
from lab.catalog.model import Answer, Exercise
from lab.clock import SYSTEM, Clock
from lab.cluster.engine import Capability, Completed
from lab.errors import LabError, UsageError
from lab.grading import record
from lab.grading.grade import Grade, grade, judged
from lab.grading.record import UNTOUCHED, Recorder, Replay

SETTLED = 90.0
"""Seconds in which two looks in a row must agree. An API server with a new manifest is gone for half of it."""
BETWEEN = 1.0
"""Seconds between two looks."""

NOT_THE_LEARNERS = (Verdict.BROKEN, Verdict.UNSEEN)


class Lab(Protocol):
    """What a proof does with the lab."""

    def impossible(self, exercise: Exercise) -> Mapping[Capability, str]:
        """What the exercise requires and this lab lacks -> why."""

    def start(self, exercise: Exercise) -> None:
        """Prepare the scenario, from a clean slate."""

    def answer(self, answer: Answer) -> Completed:
        """Do what an answer does, as the learner."""

    def observer(self, exercise: Exercise) -> AbstractContextManager[Observer]:
        """What one grade of the exercise is made through."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be proved, and how.

    Attributes:
        answer: only the one of this name; empty for all.
        record: keep what was seen, for the replay tests.
        force: prove it again, though nothing has changed since it was proved.
    """

    answer: str = ""
    record: bool = False
    force: bool = False


@dataclass(frozen=True, slots=True)
class Impossible:
    """An exercise cannot be proved here, for this reason."""

    exercise: Exercise
    reason: str


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
        verdicts: by criterion; empty where it did not come to that.
        seconds: of its parts, `start`, `answer` and `grade` (one look), and of `all`.
        problems: what is not as predicted, in the language in use; none: it is proved.
        is_labs: a problem is the lab's, and says nothing of the exercise.
        remembered: nothing has changed since it was proved, so it was not done again.
    """

    exercise: Exercise
    answer: str
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    is_labs: bool = False
    remembered: bool = False

    @property
    def holds(self) -> bool:
        """All is as predicted."""
        return not self.problems


ProofEvent = Impossible | Proving | Proof


def prove(
    exercise: Exercise, lab: Lab, wanted: Wanted, *, memory: Memory, clock: Clock = SYSTEM
) -> Iterator[ProofEvent]:
    """Prove an exercise as its learner finds it, then answer by answer.

    Raises:
        UsageError: the exercise has no answer of this name (`exercise.no_answer`).
    """
    cases: dict[str, Answer | None] = {UNTOUCHED: None, **{own.name: own for own in exercise.answers}}
    if wanted.answer:
        if wanted.answer not in cases:
            raise UsageError("exercise.no_answer", exercise=exercise.id, name=wanted.answer, known=", ".join(cases))
        cases = {wanted.answer: cases[wanted.answer]}
    if lacking := lab.impossible(exercise):
        yield Impossible(exercise, "; ".join(lacking.values()))
        return
    known = {} if wanted.force or wanted.record else memory.recall(exercise)
    for number, (name, case) in enumerate(cases.items(), start=1):
        if name in known:
            yield Proof(exercise, name, known[name].verdicts, known[name].seconds, remembered=True)
            continue
        yield Proving(exercise, name, number, len(cases))
        proof = _Attempt(exercise, name, case, lab, clock).proof(keep=wanted.record)
        if proof.holds:
            memory.keep(exercise, name, Remembered(proof.verdicts, proof.seconds))
        yield proof


def expected_of(exercise: Exercise, answer: Answer | None) -> Mapping[str, Verdict]:
    """What an answer must get. Untouched, whatever earns points must fail; a gate may hold already."""
    if answer is not None:
        return answer.verdicts
    return {criterion.id: Verdict.FAIL for criterion in exercise.criteria if not criterion.is_gate}


def differences(expected: Mapping[str, Verdict], found: Mapping[str, Verdict]) -> tuple[str, ...]:
    """Where two sets of verdicts differ, criterion by criterion. What is not expected to be anything may be either."""
    return tuple(
        i18n.text("grading.proof.differs", criterion=name, expected=verdict.value, found=found[name].value)
        for name, verdict in expected.items()
        if found[name] is not verdict
    )


class _Attempt:
    """One proof under way."""

    def __init__(self, exercise: Exercise, name: str, answer: Answer | None, lab: Lab, clock: Clock) -> None:
        self._exercise = exercise
        self._name = name
        self._answer = answer
        self._lab = lab
        self._clock = clock
        self._began = self._step_began = clock.seconds()
        self._seconds: dict[str, float] = {}
        self._recorder: Recorder

    def proof(self, *, keep: bool) -> Proof:
        """Do it."""
        try:
            self._lab.start(self._exercise)
            self._took("start")
            done = self._lab.answer(self._answer) if self._answer else None
            self._took("answer")
        except LabError as error:
            return self._failed(str(error), is_labs=True)
        if done is not None and not done.ok:
            said = done.error or done.text.strip()
            return self._failed(i18n.text("grading.proof.script", code=done.code, said=said))
        grade = self._settled()
        if grade is None:
            return self._failed(i18n.text("grading.proof.unsettled", seconds=f"{SETTLED:.0f}"), is_labs=True)
        expected, verdicts = expected_of(self._exercise, self._answer), grade.verdicts
        problems = differences(expected, verdicts)
        if keep and not problems:
            problems = self._record(verdicts)
        is_labs = any(
            verdicts[name] in NOT_THE_LEARNERS and verdict is not verdicts[name] for name, verdict in expected.items()
        )
        return Proof(self._exercise, self._name, verdicts, self._times(), problems, is_labs)

    def _settled(self) -> Grade | None:
        """Look until two looks in a row agree: so a cluster on its way has arrived, and no verdict hangs on chance."""
        deadline = self._clock.seconds() + SETTLED
        before: Grade | None = None
        while before is None or self._clock.seconds() < deadline:
            if before is not None:
                self._clock.sleep(BETWEEN)
            now = self._grade()
            self._seconds["grade"] = now.seconds
            # What could not be seen yet has not arrived.
            if before is not None and now.verdicts == before.verdicts and Verdict.UNSEEN not in now.verdicts.values():
                return now
            before = now
        return None

    def _grade(self) -> Grade:
        with self._lab.observer(self._exercise) as observer:
            self._recorder = Recorder(observer)
            return grade(self._exercise, self._recorder, engine="", kubernetes="", clock=self._clock)

    def _record(self, verdicts: Mapping[str, Verdict]) -> tuple[str, ...]:
        """Keep the last look, and see whether it grades the same without the cluster."""
        file = record.place(self._exercise, self._name)
        self._recorder.save(file, public=record.public(self._exercise))
        again = {graded.criterion.id: graded.finding.verdict for graded in judged(self._exercise, Replay(file))}
        told = differences(verdicts, again)
        return tuple(i18n.text("grading.proof.replay", file=file.name, said=said) for said in told)

    def _failed(self, problem: str, *, is_labs: bool = False) -> Proof:
        return Proof(self._exercise, self._name, {}, self._times(), (problem,), is_labs)

    def _took(self, step: str) -> None:
        now = self._clock.seconds()
        self._seconds[step] = now - self._step_began
        self._step_began = now

    def _times(self) -> dict[str, float]:
        return {**self._seconds, "all": self._clock.seconds() - self._began}
