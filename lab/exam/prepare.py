"""Making an exam ready: its labs are up, its scenarios are set, and nothing of it earns a point before it begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from checkers.api import Verdict
from lab import i18n
from lab.catalog.blueprint import Blueprint
from lab.catalog.model import Exercise
from lab.cluster.engine import Joinable, State
from lab.cluster.host.steps import Step, Steps
from lab.errors import LabError
from lab.exam import hosts as exam_hosts
from lab.exam.chance import Chance
from lab.exam.hosts import Host
from lab.exam.plan import Plan, PlannedTask, draw, require_pool
from lab.exam.pool import Pool, pool_of
from lab.grading.grade import Grade
from lab.practice.session import Session
from lab.progress import OnProgress, Progress

LAB_BYTES = 2 * 1024**3
"""The memory of a lab that works."""
_MEMORY = Path("/proc/meminfo")

OpenSession = Callable[[str], Session]
"""The session of the lab of a name. Its history is no learner's: an exam has events instead."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The exam that is wanted.

    Attributes:
        digest: of the pool that the seed was given with; empty: of whatever pool there is.
        hosts: 0: as many as the blueprint says.
        only: the exercises that it may have; empty: all that fit.
    """

    blueprint: Blueprint
    seed: int
    digest: str = ""
    hosts: int = 0
    only: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Replaced:
    """An exercise that was drawn and could not stay, and why, in the language in use."""

    position: int
    drawn: str
    reason: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """An exam that only waits for its clock."""

    plan: Plan
    hosts: tuple[Host, ...]
    replaced: tuple[Replaced, ...] = ()


def labs_of(first: str, wanted: int, open_session: OpenSession, free_bytes: int) -> list[Session]:
    """The labs that an exam can be spread over: as many as wanted, or fewer where memory or the engine allows no more.

    Args:
        first: the learner's lab.
    """
    sessions = [open_session(first)]
    if not isinstance(sessions[0].engine, Joinable):
        return sessions
    free = free_bytes - _bytes_to_come(sessions[0])
    for name in names_of_labs(first, wanted)[1:]:
        another = open_session(name)
        free -= _bytes_to_come(another)
        if free < 0:
            break
        sessions.append(another)
    return sessions


def names_of_labs(first: str, count: int) -> list[str]:
    """The learner's lab and those beside it, which are called as those of proofs: `FIRST-2` and so on."""
    return [first, *(f"{first}-{number}" for number in range(2, count + 1))]


def free_memory() -> int:
    """The bytes that programs may still take; where nobody says, as much as anybody wants."""
    try:
        lines = _MEMORY.read_text().splitlines()
    except OSError:
        return 2**63
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))


def prepare(wish: Wish, sessions: Sequence[Session], progress: OnProgress) -> Prepared:
    """Draw an exam for these labs, and set it on them.

    Raises:
        LabError: a lab cannot be made ready, or a task earns points untouched and none can take its place
            (`exam.no_replacement`).
        UsageError: the seed belongs to another pool (`exam.other_pool`).
    """
    for session in sessions:
        say = _of_lab(session, progress)
        session.engine.up(say)
        say(Progress("", 1, 1, 0))  # it is up: nothing more is to come of that
    catalog = sessions[0].catalog
    lacks = {capability for session in sessions for capability in session.engine.lacks()}
    whole = pool_of(wish.blueprint, catalog.exercises, lacks)
    pool = whole.only(wish.only) if wish.only else whole
    plan = draw(wish.blueprint, pool, wish.seed, len(sessions))
    require_pool(plan, wish.digest)
    stands = [_Stand(Host(name, session), plan, progress) for name, session in zip(plan.hosts, sessions, strict=False)]
    hosts = tuple(stand.host for stand in stands)
    exam_hosts.reopen(hosts)
    with ThreadPoolExecutor() as threads:
        unfit = [found for stand in threads.map(_Stand.set, stands) for found in stand]
    replaced: list[Replaced] = []
    for task, reason in unfit:
        stand = next(stand for stand in stands if stand.host.name == task.host)
        plan = _replace(plan, task, stand, pool, Chance(wish.seed, wish.blueprint.id))
        replaced.append(Replaced(task.position, task.exercise, reason))
    exam_hosts.connect(hosts)
    return Prepared(plan, hosts, tuple(replaced))


class _Stand:
    """A host while its scenarios are set."""

    def __init__(self, host: Host, plan: Plan, progress: OnProgress) -> None:
        self.host = host
        self._session = host.session
        self._tasks = [task for task in plan.tasks if task.host == host.name]
        self._progress = _of_lab(host.session, progress)

    def set(self) -> list[tuple[PlannedTask, str]]:
        """Set all scenarios and grade each task untouched. Returns those that cannot stay, and why."""
        steps = [Step(i18n.text("exam.step.set"), 30), Step(i18n.text("exam.step.grade"), 15)]
        showing = Steps(steps, self._progress)
        showing.next()
        exercises = [self._session.exercise(task.exercise) for task in self._tasks]
        self._session.start(*exercises, progress=lambda news: showing.say(news.detail or news.step))
        showing.next()
        reasons = [(task, self.unfit(exercise)) for task, exercise in zip(self._tasks, exercises, strict=True)]
        self._progress(Progress("", 2, 2, 0))
        return [(task, reason) for task, reason in reasons if reason]

    def unfit(self, exercise: Exercise) -> str:
        """Why an exercise that is set and untouched cannot be a task; empty where it can."""
        grade = self._session.grade(exercise)
        if grade.earned:
            return i18n.text("exam.unfit.earns", points=grade.earned)
        if grade.verdict is not Verdict.FAIL:
            return i18n.text("exam.unfit.unseen", found=_not_judged(grade))
        return ""

    def accepts(self, exercise: Exercise) -> bool:
        """Set an exercise beside the others; whether it can be a task."""
        self._session.start(exercise)
        return not self.unfit(exercise)


def _not_judged(grade: Grade) -> str:
    finding = next(each.finding for each in grade.criteria if each.finding.verdict in (Verdict.BROKEN, Verdict.UNSEEN))
    return i18n.pick(finding.found)


def _replace(plan: Plan, task: PlannedTask, stand: _Stand, pool: Pool, chance: Chance) -> Plan:
    """The plan with another exercise of the same domain in a task's place.

    Raises:
        LabError: none fits (`exam.no_replacement`).
    """
    for exercise in _candidates(plan, task, pool, chance):
        if stand.accepts(exercise):
            another = replace(
                task,
                exercise=exercise.id,
                objective=exercise.objective,
                level=exercise.level,
                minutes=exercise.minutes,
            )
            tasks = tuple(another if each.position == task.position else each for each in plan.tasks)
            return replace(plan, tasks=tasks)
    raise LabError("exam.no_replacement", exercise=task.exercise, lab=stand.host.engine.lab)


def _candidates(plan: Plan, task: PlannedTask, pool: Pool, chance: Chance) -> Iterator[Exercise]:
    """What may take a task's place, those of its level first."""
    drawn = {each.exercise for each in plan.tasks}
    beside = [each.exercise for each in plan.tasks if each.host == task.host and each.position != task.position]
    fits = {
        each.id: each
        for each in pool.exercises
        if each.domain == task.domain
        and each.id not in drawn
        and not any(pool.collide(each.id, other) for other in beside)
    }
    in_order = [fits[name] for name in chance.order("replacement", fits)]
    yield from sorted(in_order, key=lambda each: each.level != task.level)


def _bytes_to_come(session: Session) -> int:
    """What a lab will take that does not run yet."""
    runs = session.engine.status().state in (State.READY, State.DEGRADED, State.UNREACHABLE)
    return 0 if runs else LAB_BYTES


def _of_lab(session: Session, progress: OnProgress) -> OnProgress:
    """News of the work on one lab."""
    return lambda news: progress(replace(news, lab=session.engine.lab))
