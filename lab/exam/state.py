"""Where a sitting stands at a moment, computed from its events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lab.exam.events import GRADES, LEARNERS, Event, Kind, Moment
from lab.exam.plan import Plan
from lab.exam.timeline import Timeline
from lab.exam.verdicts import TaskGrade, from_detail

IDLE = 90.0
"""The seconds without a key that count towards a task at most: whoever is away longer does not work on it."""


class Phase(StrEnum):
    """What a sitting is at."""

    UNDER_WAY = "under_way"
    ENDED = "ended"
    """Handed in, or its time is over, or no host is left; not yet graded as a whole."""
    GRADED = "graded"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class TaskState:
    """Where a task stands.

    Attributes:
        visits: how often it was opened.
        seconds: the time that it was worked on.
        at: host -> the seconds of these that the learner's shell was there; an empty name: on none.
        grade: None until it was graded.
    """

    visits: int = 0
    flagged: bool = False
    seconds: float = 0.0
    at: Mapping[str, float] | None = None
    grade: TaskGrade | None = None


@dataclass(frozen=True, slots=True)
class State:
    """Where a sitting stands.

    Attributes:
        used: seconds of its time.
        left: seconds; 0 when it has ended.
        given_back: seconds for which a lab was gone.
        credited: seconds given for other reasons.
        is_running: the clock runs; it does not when a lab is gone, or at the end.
        handed_in: ended by its learner, not by the clock.
        open_task: the position of the one that is shown; 0: none.
        last_task: that of the one that was shown when it ended; 0: none, or it has not ended.
        opened_last: the position of the one that was opened last, shown or not; 0: none was.
        shell: the host that the learner's shell is on; empty: on none.
        tasks: of each position, from 1.
        gone: hosts whose labs have failed just now.
        lost: hosts whose labs were given up.
    """

    phase: Phase
    used: float
    left: float
    given_back: float
    credited: float
    is_running: bool
    handed_in: bool
    open_task: int
    last_task: int
    opened_last: int
    shell: str
    tasks: tuple[TaskState, ...]
    gone: frozenset[str]
    lost: frozenset[str]

    @property
    def lost_tasks(self) -> tuple[int, ...]:
        """The positions of the tasks that are not wholly right, and of those that could not be judged."""
        return tuple(
            position
            for position, task in enumerate(self.tasks, 1)
            if task.grade is None or task.grade.earned < task.grade.points
        )

    def task(self, position: int) -> TaskState:
        """The state of the task at a position."""
        return self.tasks[position - 1]


def state_of(plan: Plan, events: Sequence[Event], now: Moment) -> State:
    """Where a sitting stands now.

    Args:
        events: in the order in which they were saved; the first one starts it.
    """
    timeline = Timeline(events)
    credited = sum(float(event.detail["seconds"]) for event in events if event.kind is Kind.CREDITED)
    limit = plan.minutes * 60 + credited
    handed_in = next((event for event in events if event.kind is Kind.HANDED_IN), None)
    ended = handed_in or _last_one_lost(plan, events)
    used = min(limit, timeline.used(ended.at if ended else now))
    is_over = ended is not None or used >= limit
    work = _Work(timeline, limit, used)
    for event in sorted(
        (event for event in events if event.kind in LEARNERS), key=lambda event: timeline.used(event.at)
    ):
        work.follow(event)
    work.pass_time(used)
    grades = {event.task: from_detail(event.detail) for event in events if event.kind in GRADES}
    gone, lost = _hosts(events)
    return State(
        phase=_phase(plan, events, grades, is_over=is_over),
        used=used,
        left=0.0 if is_over else limit - used,
        given_back=timeline.given_back(used) if is_over else timeline.stood_still(now),
        credited=credited,
        is_running=not (is_over or gone),
        handed_in=handed_in is not None and timeline.used(handed_in.at) < limit,
        open_task=0 if is_over else work.open_task,
        last_task=work.open_task if is_over else 0,
        opened_last=work.opened_last,
        shell=work.shell,
        tasks=tuple(work.task(task.position, grades.get(task.position)) for task in plan.tasks),
        gone=gone,
        lost=lost,
    )


def _phase(plan: Plan, events: Sequence[Event], grades: Mapping[int, TaskGrade], *, is_over: bool) -> Phase:
    if any(event.kind is Kind.CLOSED for event in events):
        return Phase.CLOSED
    if not is_over:
        return Phase.UNDER_WAY
    _, lost = _hosts(events)
    wanted = {task.position for task in plan.tasks if task.host not in lost}
    return Phase.GRADED if wanted <= grades.keys() else Phase.ENDED


def _hosts(events: Sequence[Event]) -> tuple[frozenset[str], frozenset[str]]:
    """The hosts that are gone now, and those that were given up."""
    last = {event.host: event.kind for event in events if event.kind in (Kind.GONE, Kind.BACK, Kind.LOST)}
    gone, lost = (frozenset(host for host, kind in last.items() if kind is wanted) for wanted in (Kind.GONE, Kind.LOST))
    return gone, lost


def _last_one_lost(plan: Plan, events: Sequence[Event]) -> Event | None:
    """What left no host to work on; None: there is one."""
    _, lost = _hosts(events)
    if not lost >= set(plan.hosts):
        return None
    return [event for event in events if event.kind is Kind.LOST][-1]


class _Work:
    """What the learner does, followed event by event. Time is what counts, in seconds since the start."""

    def __init__(self, timeline: Timeline, limit: float, end: float) -> None:
        self.open_task = self.opened_last = 0
        self.shell = ""
        self._timeline = timeline
        self._end = min(limit, end)
        self._last = 0.0
        self._visits: dict[int, int] = {}
        self._flagged: dict[int, bool] = {}
        self._seconds: dict[int, dict[str, float]] = {}

    def follow(self, event: Event) -> None:
        """Something was done. After the end nothing counts any more."""
        at = self._timeline.used(event.at)
        if at > self._end:
            return
        self.pass_time(at)
        if event.kind is Kind.OPENED:
            self.open_task = self.opened_last = event.task
            self._visits[event.task] = self._visits.get(event.task, 0) + 1
        elif event.kind is Kind.LEFT and event.task == self.open_task:
            self.open_task = 0
        elif event.kind is Kind.FLAGGED:
            self._flagged[event.task] = bool(event.detail["on"])
        elif event.kind is Kind.SHELL:
            self.shell = event.host

    def pass_time(self, until: float) -> None:
        """Time goes by without a key. It counts towards the open task, where the learner's shell is."""
        passed = min(IDLE, max(0.0, until - self._last))
        self._last = max(self._last, until)
        if self.open_task and passed:
            at = self._seconds.setdefault(self.open_task, {})
            at[self.shell] = at.get(self.shell, 0.0) + passed

    def task(self, position: int, grade: TaskGrade | None) -> TaskState:
        """What became of a task."""
        at = self._seconds.get(position, {})
        visits, flagged = self._visits.get(position, 0), self._flagged.get(position, False)
        return TaskState(visits, flagged, sum(at.values()), at, grade)
