"""The proof of an answer: it is run on a live cluster, and each verdict compared with the predicted one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from checkers.api import Observer, Verdict
from lab import i18n
from lab.catalog.model import Answer, Exercise
from lab.clock import SYSTEM, Clock
from lab.cluster.engine import Capability, Completed
from lab.errors import LabError
from lab.grading import record
from lab.grading.grade import Grade, Graded, grade, grade_each
from lab.grading.record import UNTOUCHED, Recorder, Replay

SETTLED = 90.0
"""Seconds in which two grades in a row must agree. An API server with a new manifest is gone for half of it."""
BETWEEN = 1.0
"""Seconds between two grades."""

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
class Case:
    """An answer of an exercise; None: the exercise as its learner finds it."""

    exercise: Exercise
    answer: Answer | None

    @property
    def name(self) -> str:
        """The answer's name."""
        return self.answer.name if self.answer else UNTOUCHED

    @property
    def id(self) -> str:
        """`EX/ANSWER`."""
        return f"{self.exercise.id}/{self.name}"

    @property
    def is_wrong(self) -> bool:
        """It is an answer that must not pass."""
        return self.answer is not None and not self.answer.is_right

    @property
    def expected(self) -> Mapping[str, Verdict]:
        """The verdicts it must get. Untouched, whatever earns points must fail; a gate may hold already."""
        if self.answer is not None:
            return self.answer.verdicts
        return {criterion.id: Verdict.FAIL for criterion in self.exercise.criteria if not criterion.is_gate}


def cases_of(exercise: Exercise) -> list[Case]:
    """All that is proved of an exercise."""
    return [Case(exercise, answer) for answer in (None, *exercise.answers)]


class Why(StrEnum):
    """Why an answer is run on a lab. The first four are the parts of `lab.authoring.basis.Basis`."""

    SCENARIO = "scenario"
    SCRIPT = "script"
    OBSERVING = "observing"
    MACHINES = "machines"
    NEW = "new"
    """It was never proved on this computer."""
    ASKS = "asks"
    """A check asks for something that was not observed then."""
    FAILED = "failed"
    """It did not hold the last time."""
    DIFFERS = "differs"
    """Today's checks do not give its recording the predicted verdicts."""
    FORCED = "forced"

    @property
    def text(self) -> str:
        """In the language in use."""
        return i18n.text(f"grading.proof.why.{self}")


@dataclass(frozen=True, slots=True)
class Proof:
    """What became of one answer.

    Attributes:
        verdicts: by criterion; empty where it did not come to that.
        seconds: of its parts, `start`, `answer` and `grade` (one of them), and of `all`.
        problems: what is not as predicted, in the language in use; none: it is proved.
        is_labs: a problem is the lab's, and says nothing of the exercise.
        why: the reason for which it was run; None: its recording was graded again instead.
        lab: where it was run.
    """

    case: Case
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    is_labs: bool = False
    why: Why | None = None
    lab: str = ""

    @property
    def id(self) -> str:
        """`EX/ANSWER`."""
        return self.case.id

    @property
    def holds(self) -> bool:
        """All is as predicted."""
        return not self.problems


def prove(case: Case, lab: Lab, recording: Path, *, clock: Clock = SYSTEM) -> Proof:
    """Prove an answer, from a clean start.

    Args:
        recording: where the observations of its last grade are saved; there is no such file where it came to none,
            or to one that says nothing of the exercise.
    """
    recording.unlink(missing_ok=True)
    return _Run(case, lab, clock).proof(recording)


def replayed(case: Case, recording: Path) -> list[Graded] | None:
    """What today's checks make of a recording; None: they ask for something that it does not hold.

    Raises:
        OSError: it cannot be read.
    """
    replay = Replay(recording)
    graded = list(grade_each(case.exercise, replay))
    return None if replay.lacks else graded


def differences(expected: Mapping[str, Verdict], found: Iterable[Graded]) -> tuple[str, ...]:
    """Where verdicts are not as expected: criterion by criterion, with what its check says of it.

    What is not expected to be anything may be either.
    """
    return tuple(
        _difference(graded, expected[graded.criterion.id])
        for graded in found
        if expected.get(graded.criterion.id, graded.finding.verdict) is not graded.finding.verdict
    )


def _difference(graded: Graded, expected: Verdict) -> str:
    finding = graded.finding
    got = i18n.text("grading.proof.differs", criterion=graded.criterion.id, expected=expected, found=finding.verdict)
    sentences = (("expected", finding.expected), ("found", finding.found), ("why", finding.why))
    return "\n".join([got, *(f"  {i18n.text(f'grading.{part}')}{i18n.pick(text)}" for part, text in sentences if text)])


class _Run:
    """One proof under way."""

    def __init__(self, case: Case, lab: Lab, clock: Clock) -> None:
        self._case = case
        self._lab = lab
        self._clock = clock
        self._began = self._step_began = clock.seconds()
        self._seconds: dict[str, float] = {}
        self._recorder: Recorder

    def proof(self, recording: Path) -> Proof:
        """Do it."""
        answer = self._case.answer
        try:
            self._lab.start(self._case.exercise)
            self._took("start")
            done = self._lab.answer(answer) if answer else None
            self._took("answer")
        except LabError as error:
            return self._failed(str(error), is_labs=True)
        if done is not None and not done.ok:
            printed = done.error or done.text.strip()
            return self._failed(i18n.text("grading.proof.script", code=done.code, said=printed))
        settled = self._settled()
        if settled is None:
            return self._failed(i18n.text("grading.proof.unsettled", seconds=f"{SETTLED:.0f}"), is_labs=True)
        expected, verdicts = self._case.expected, settled.verdicts
        problems = differences(expected, settled.criteria)
        is_labs = any(
            verdicts[name] in NOT_THE_LEARNERS and verdict is not verdicts[name] for name, verdict in expected.items()
        )
        if not is_labs:
            problems += self._record(recording, verdicts)
        return Proof(self._case, verdicts, self._times(), problems, is_labs)

    def _settled(self) -> Grade | None:
        """Grade until two grades in a row agree: so a cluster on its way has arrived, and nothing hangs on chance.

        There are two at least, however long one takes.
        """
        deadline = self._clock.seconds() + SETTLED
        before = self._grade()
        while True:
            self._clock.sleep(BETWEEN)
            now = self._grade()
            # What could not be seen yet has not arrived.
            if now.verdicts == before.verdicts and Verdict.UNSEEN not in now.verdicts.values():
                return now
            if self._clock.seconds() >= deadline:
                return None
            before = now

    def _grade(self) -> Grade:
        exercise = self._case.exercise
        with self._lab.observer(exercise) as observer:
            self._recorder = Recorder(observer)
            found = grade(exercise, self._recorder, engine="", kubernetes="", clock=self._clock)
        self._seconds["grade"] = found.seconds
        return found

    def _record(self, recording: Path, verdicts: Mapping[str, Verdict]) -> tuple[str, ...]:
        """Save the last grade's observations, and see whether they give the same grade without the cluster."""
        self._recorder.save(recording, public=record.public(self._case.exercise))
        again = differences(verdicts, grade_each(self._case.exercise, Replay(recording)))
        if again:
            recording.unlink()
        return tuple(i18n.text("grading.proof.replay", file=recording.name, said=problem) for problem in again)

    def _failed(self, problem: str, *, is_labs: bool = False) -> Proof:
        return Proof(self._case, {}, self._times(), (problem,), is_labs)

    def _took(self, step: str) -> None:
        now = self._clock.seconds()
        self._seconds[step] = now - self._step_began
        self._step_began = now

    def _times(self) -> dict[str, float]:
        return {**self._seconds, "all": self._clock.seconds() - self._began}
