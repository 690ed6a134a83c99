"""Where a learner of a class stands with the mock exam that they were given last, computed from events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from lab.exam.events import Moment
from lab.workshop.events import Event, Kind
from lab.workshop.state import passed

SEPARATOR = "/"
"""Between an exam and an exercise that is a task of it, in the name of a column."""


class Phase(StrEnum):
    """What the exam is at."""

    COMING = "coming"
    """The learner's seat is being made ready for it."""
    CANCELLED = "cancelled"
    """It could not be made ready."""
    UNDER_WAY = "under_way"
    ENDED = "ended"
    """Nobody works on it any more; it is being graded."""
    GRADED = "graded"


@dataclass(frozen=True, slots=True)
class ExamState:
    """Where a learner stands with an exam.

    Attributes:
        exam: its blueprint and seed: the same for all that were given it together.
        tasks: the ids of its exercises, in their order; none before it begins, for they are nobody's business.
        began: None: not yet.
        seconds: the time that there is for it.
        percent: of the points that could be judged; None: not graded, or nothing could be.
        passed: whether the mark was reached.
    """

    exam: str
    phase: Phase
    tasks: tuple[str, ...] = ()
    began: Moment | None = None
    seconds: float = 0.0
    percent: int | None = None
    passed: bool = False

    @property
    def is_open(self) -> bool:
        """Whether somebody works on it, or it is to be graded yet."""
        return self.phase in (Phase.UNDER_WAY, Phase.ENDED)

    @property
    def keeps_from_practice(self) -> bool:
        """Whether the learner's seat is for the exam alone now."""
        return self.phase is Phase.COMING or self.is_open

    def left(self, now: Moment) -> float:
        """The seconds that are left; 0 where nobody works on it."""
        if self.phase is not Phase.UNDER_WAY or self.began is None:
            return 0.0
        return max(0.0, self.seconds - passed(self.began, now))


def exams_of(events: Iterable[Event]) -> Mapping[int, ExamState]:
    """The number of each learner who was given an exam -> where they stand with the last one."""
    found: dict[int, ExamState] = {}
    follow(found, events)
    return found


def follow(exams: dict[int, ExamState], events: Iterable[Event]) -> None:
    """These have happened since."""
    for event in events:
        if (state := after(exams.get(event.learner), event)) is not None:
            exams[event.learner] = state


def after(state: ExamState | None, event: Event) -> ExamState | None:
    """Where a learner stands once this has happened to them; None: they were given no exam."""
    if event.kind is Kind.EXAM_COMING:
        return ExamState(str(event.detail["exam"]), Phase.COMING)
    if event.kind is Kind.EXAM_BEGAN:
        seconds, tasks = float(event.detail["seconds"]), tuple(event.detail["tasks"])
        return ExamState(str(event.detail["exam"]), Phase.UNDER_WAY, tasks, event.at, seconds)
    if state is None:
        return None
    match event.kind:
        case Kind.EXAM_CANCELLED:
            return replace(state, phase=Phase.CANCELLED)
        case Kind.EXTENDED:
            return replace(state, seconds=state.seconds + float(event.detail["seconds"]))
        case Kind.CLOCK if state.began is not None:
            return replace(state, seconds=float(event.detail["left"]) + passed(state.began, event.at))
        case Kind.EXAM_ENDED:
            return replace(state, phase=Phase.ENDED)
        case Kind.EXAM_GRADED:
            return replace(
                state, phase=Phase.GRADED, percent=event.detail["percent"], passed=bool(event.detail["passed"])
            )
    return state


def column(exam: str, exercise: str) -> str:
    """The name of the board's column for a task of an exam: the same exercise may be one of practice, too."""
    return f"{exam}{SEPARATOR}{exercise}" if exam else exercise


def exercise_of(name: str) -> str:
    """The exercise that a column is about."""
    return name.rpartition(SEPARATOR)[2]
