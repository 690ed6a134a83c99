"""The report of a sitting: what it earned, how long each task took, where the lost points went, and what to do next.

Points are percent of the exam: all tasks together have 100. What could not be judged is the lab's fault; it leaves the
sum, and nobody loses by it. Nothing here is in one language only, so that a report can be shown in each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from checkers.api import Verdict
from lab.catalog.blueprint import load
from lab.catalog.model import Answer, Catalog, Exercise, Localized
from lab.cluster.engine import Capability
from lab.errors import UsageError
from lab.exam.events import Event, Kind
from lab.exam.plan import Plan, PlannedTask
from lab.exam.reviews import was_reached, what_next
from lab.exam.sittings import Sitting, Sittings
from lab.exam.state import Phase, State, TaskState
from lab.exam.verdicts import Judged, TaskGrade
from lab.practice.history import History
from lab.practice.suggestion import Suggestion

ENOUGH = 0.5
"""The share of its target after which a task counts as worked on, not as left unfinished."""
IN_ANOTHER_NAMESPACE = frozenset({"pod-elsewhere", "workload-elsewhere", "other-namespace"})
"""The causes by which checks say that something was made in the wrong namespace."""


class Loss(StrEnum):
    """Where points went that were not earned."""

    UNREACHED = "unreached"
    """Their task was never opened, or only glanced at: there was no time."""
    UNFINISHED = "unfinished"
    """Their task was left before it was done: flagged, or shown when the time was over, or hardly worked on."""
    PLACE = "place"
    """It was done on another host or in another namespace."""
    MISTAKE = "mistake"
    """The exercise knows the mistake by name."""
    SPOILT = "spoilt"
    """They were earned, but something that must hold does not."""
    UNKNOWN = "unknown"
    """There was time for it, and what is wrong has no name: it is not known yet."""
    LAB = "lab"
    """They could not be judged, which is the lab's fault."""


@dataclass(frozen=True, slots=True)
class Sum:
    """Points of the exam.

    Attributes:
        whole: what there is to earn.
        judged: the part of it that could be judged.
    """

    whole: Fraction = Fraction(0)
    judged: Fraction = Fraction(0)
    earned: Fraction = Fraction(0)

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.whole + other.whole, self.judged + other.judged, self.earned + other.earned)

    @property
    def lost(self) -> Fraction:
        """What was judged, and not earned."""
        return self.judged - self.earned

    @property
    def unjudged(self) -> Fraction:
        """What counts for nobody."""
        return self.whole - self.judged

    @property
    def percent(self) -> int | None:
        """The whole percent that was earned of what could be judged; None where nothing could."""
        return int(100 * self.earned / self.judged) if self.judged else None


@dataclass(frozen=True, slots=True)
class CriterionLine:
    """What became of a criterion.

    Attributes:
        points: of the exam, that there are for it.
        loss: where its points went; None where they were earned. A gate has none to lose.
    """

    title: Localized
    judged: Judged
    points: Fraction
    loss: Loss | None


@dataclass(frozen=True, slots=True)
class TaskLine:
    """What became of a task.

    Attributes:
        title: of its exercise; its id where the exercise is no more.
        criteria: none where it was not graded.
        mistake: the misconception behind it; None where it has no name.
        regraded: it was judged again later.
    """

    planned: PlannedTask
    title: Localized
    state: TaskState
    points: Sum
    criteria: tuple[CriterionLine, ...]
    mistake: Localized | None
    regraded: bool

    @property
    def target(self) -> int:
        """The seconds that a prepared candidate needs."""
        return self.planned.minutes * 60

    @property
    def is_unreached(self) -> bool:
        """There was no time for it, so that its criteria tell nothing."""
        return any(line.loss is Loss.UNREACHED for line in self.criteria)

    def lost_by(self, loss: Loss) -> Fraction:
        """The points of the task that went this way. What was not graded at all could not be judged."""
        if not self.criteria:
            return self.points.whole if loss is Loss.LAB else Fraction(0)
        return sum((line.points for line in self.criteria if line.loss is loss), Fraction(0))

    @property
    def elsewhere(self) -> str:
        """The host where it was done instead; empty: nowhere."""
        return self.state.grade.elsewhere if self.state.grade else ""


@dataclass(frozen=True, slots=True)
class Part:
    """A domain or an objective, with what became of its tasks."""

    id: str
    title: Localized
    tasks: tuple[TaskLine, ...]

    @property
    def points(self) -> Sum:
        """Of its tasks."""
        return sum((task.points for task in self.tasks), Sum())

    @property
    def seconds(self) -> float:
        """That were spent on it."""
        return sum(task.state.seconds for task in self.tasks)

    @property
    def target(self) -> int:
        """The seconds that a prepared candidate needs."""
        return sum(task.target for task in self.tasks)


@dataclass(frozen=True, slots=True)
class LostPoints:
    """Points that went one way, and the positions of the tasks that they are of."""

    loss: Loss
    points: Fraction
    tasks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Earlier:
    """A sitting of the same blueprint that came before.

    Attributes:
        seed: with the pool's digest.
        percent: None where nothing could be judged.
        passed: the mark of that time.
    """

    number: int
    started: datetime
    seed: str
    percent: int | None
    passed: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What a sitting tells.

    Attributes:
        title: the blueprint's.
        state: the sitting's at its last event.
        credits: seconds that were given for other reasons than a lab that was gone, with the reason.
        losses: those that there are, in the order of `Loss`.
        earlier: oldest first.
        suggestions: what to do next, best first.
        covered: how many of the curriculum's domains it asked about.
        curriculum: how many domains that has.
        now: the time by which the suggestions are right.
    """

    number: int
    title: Localized
    plan: Plan
    started: datetime
    state: State
    credits: tuple[tuple[float, str], ...]
    tasks: tuple[TaskLine, ...]
    domains: tuple[Part, ...]
    objectives: tuple[Part, ...]
    losses: tuple[LostPoints, ...]
    earlier: tuple[Earlier, ...]
    suggestions: tuple[Suggestion, ...]
    covered: int
    curriculum: int
    now: datetime

    @property
    def points(self) -> Sum:
        """Of all tasks."""
        return sum((task.points for task in self.tasks), Sum())

    @property
    def passed(self) -> bool:
        """Whether the mark was reached."""
        return _has_passed(self.points, self.plan)

    @property
    def pace(self) -> float | None:
        """How many times its target the tasks took that there was time for; None where there was none for any."""
        reached = [task for task in self.tasks if was_reached(task.state)]
        target = sum(task.target for task in reached)
        return sum(task.state.seconds for task in reached) / target if target else None

    @property
    def idle(self) -> float:
        """Seconds of its time that count towards no task: none was open, or no key was pressed for long."""
        return max(0.0, self.state.used - sum(task.state.seconds for task in self.tasks))


def report_of(
    sitting: Sitting,
    catalog: Catalog,
    *,
    title: Localized,
    others: Iterable[Sitting] = (),
    suggestions: Sequence[Suggestion] = (),
    now: datetime,
) -> Report:
    """The report of a sitting.

    Args:
        title: its blueprint's.
        others: all sittings; those of the blueprint that came before are told beside it.
        suggestions: what to do next (`lab.exam.reviews.what_next`).

    Raises:
        UsageError: it was not graded (`exam.not_graded`).
    """
    state = sitting.state(sitting.last)
    if not _was_graded(state):
        raise UsageError("exam.not_graded", number=sitting.number)
    tasks = _tasks(sitting, state, catalog)
    domains = {domain.id: domain.title for domain in catalog.domains}
    objectives = {name: words for domain in catalog.domains for name, words in domain.objectives.items()}
    curriculum = {domain.id for domain in catalog.domains if domain.weight}
    return Report(
        number=sitting.number,
        title=title,
        plan=sitting.plan,
        started=sitting.started,
        state=state,
        credits=tuple(_credit(event) for event in sitting.events if event.kind is Kind.CREDITED),
        tasks=tasks,
        domains=_parts(tasks, lambda task: task.domain, domains),
        objectives=_parts(tasks, lambda task: task.objective, objectives),
        losses=tuple(_losses(tasks)),
        earlier=tuple(_earlier(others, sitting)),
        suggestions=tuple(suggestions),
        covered=len(curriculum & {task.planned.domain for task in tasks}),
        curriculum=len(curriculum),
        now=now,
    )


def read_report(
    history: History, catalog: Catalog, lacks: Mapping[Capability, str], now: datetime, number: int | None = None
) -> Report:
    """The report of the sitting of this number, of the last one where none is named, from what is saved.

    Args:
        lacks: what the lab's engine cannot do: what needs it is not suggested.

    Raises:
        UsageError: there is no such sitting, or it was not graded (`exam.not_graded`).
    """
    sittings = Sittings(history.database)
    sitting, others = sittings.get(number), sittings.all()
    name = sitting.plan.blueprint
    blueprints = load([domain.id for domain in catalog.domains]).known
    title = next((each.title for each in blueprints if each.id == name), Localized(name, name))
    suggestions = what_next(catalog.exercises, lacks, history.attempts(), others, now)
    return report_of(sitting, catalog, title=title, others=others, suggestions=suggestions, now=now)


def _was_graded(state: State) -> bool:
    """Whether all was graded that could be. What was closed on the way may have been graded in part, or not at all."""
    if state.phase is Phase.CLOSED:
        return any(task.grade for task in state.tasks)
    return state.phase is Phase.GRADED


def _credit(event: Event) -> tuple[float, str]:
    return float(event.detail["seconds"]), str(event.detail["reason"])


def _parts(
    tasks: Iterable[TaskLine], name_of: Callable[[PlannedTask], str], titles: Mapping[str, Localized]
) -> tuple[Part, ...]:
    """The tasks by a name of theirs, in the curriculum's order."""
    by_name: dict[str, list[TaskLine]] = {}
    for task in tasks:
        by_name.setdefault(name_of(task.planned), []).append(task)
    order = [*titles, *by_name]
    return tuple(
        Part(name, titles.get(name, Localized(name, name)), tuple(by_name[name]))
        for name in sorted(by_name, key=order.index)
    )


def _losses(tasks: Sequence[TaskLine]) -> Iterator[LostPoints]:
    for loss in Loss:
        lost = {task.planned.position: points for task in tasks if (points := task.lost_by(loss))}
        if lost:
            yield LostPoints(loss, sum(lost.values(), Fraction(0)), tuple(lost))


def _earlier(sittings: Iterable[Sitting], sitting: Sitting) -> Iterator[Earlier]:
    for other in sittings:
        plan, state = other.plan, other.state(other.last)
        if plan.blueprint != sitting.plan.blueprint or other.number >= sitting.number:
            continue
        points = sum((_points(task, _grade(task, state)) for task in plan.tasks), Sum())
        yield Earlier(other.number, other.started, plan.name, points.percent, _has_passed(points, plan))


def _has_passed(points: Sum, plan: Plan) -> bool:
    return points.judged > 0 and 100 * points.earned >= plan.pass_mark * points.judged


# A task


def _tasks(sitting: Sitting, state: State, catalog: Catalog) -> tuple[TaskLine, ...]:
    exercises = {exercise.id: exercise for exercise in catalog.exercises}
    regraded = {event.task for event in sitting.events if event.kind is Kind.REGRADED}
    return tuple(
        _task(task, state, exercises.get(task.exercise), regraded=task.position in regraded)
        for task in sitting.plan.tasks
    )


def _task(task: PlannedTask, state: State, exercise: Exercise | None, *, regraded: bool) -> TaskLine:
    title = exercise.title if exercise else Localized(task.exercise, task.exercise)
    grade = _grade(task, state)
    named = _named_mistake(exercise, grade)
    criteria = tuple(_criteria(task, state, exercise, grade, named)) if grade else ()
    mistake = named.mistake.words if named and named.mistake else None
    return TaskLine(task, title, state.task(task.position), _points(task, grade), criteria, mistake, regraded)


def _named_mistake(exercise: Exercise | None, grade: TaskGrade | None) -> Answer | None:
    """The wrong answer that the work looks like; None where it looks like none that the exercise still has."""
    answers = exercise.answers if exercise else ()
    return next((answer for answer in answers if grade and answer.mistake and answer.name == grade.mistake), None)


def _criteria(
    task: PlannedTask, state: State, exercise: Exercise | None, grade: TaskGrade, named: Answer | None
) -> Iterator[CriterionLine]:
    titles = {criterion.id: criterion.title for criterion in exercise.criteria} if exercise else {}
    for judged in grade.criteria:
        title = titles.get(judged.id, Localized(judged.id, judged.id))
        points = Fraction(task.weight * judged.points, grade.points)
        yield CriterionLine(title, judged, points, _loss(judged, task, state, grade, named))


def _grade(task: PlannedTask, state: State) -> TaskGrade | None:
    """A task's grade; None where nothing was judged, or where it counts for nobody since its lab was given up."""
    return None if task.host in state.lost else state.task(task.position).grade


def _points(task: PlannedTask, grade: TaskGrade | None) -> Sum:
    weight = Fraction(task.weight)
    if grade is None:
        return Sum(whole=weight)
    return Sum(weight, weight * grade.judged / grade.points, weight * grade.earned / grade.points)


def _loss(judged: Judged, task: PlannedTask, state: State, grade: TaskGrade, named: Answer | None) -> Loss | None:
    """Where the points of a criterion went.

    Args:
        named: the wrong answer that the work looks like.
    """
    passes = judged.verdict is Verdict.PASS
    if judged.verdict not in (Verdict.PASS, Verdict.FAIL):
        return Loss.LAB
    if judged.is_gate or (passes and not grade.failed_gates):
        return None
    if grade.elsewhere:
        return Loss.PLACE
    if not was_reached(state.task(task.position)):
        return Loss.UNREACHED
    to_explain = grade.failed_gates if passes else (judged,)
    if named and all(named.verdicts.get(each.id) is Verdict.FAIL for each in to_explain):
        return Loss.PLACE if _is_of_place(named) else Loss.MISTAKE
    if passes:
        return Loss.SPOILT
    if not IN_ANOTHER_NAMESPACE.isdisjoint(judged.causes):
        return Loss.PLACE
    return Loss.UNFINISHED if _was_left(task, state) else Loss.UNKNOWN


def _is_of_place(answer: Answer) -> bool:
    causes = answer.mistake.when.values() if answer.mistake else ()
    return not all(IN_ANOTHER_NAMESPACE.isdisjoint(each) for each in causes)


def _was_left(task: PlannedTask, state: State) -> bool:
    """Whether a task was left before it was done."""
    found = state.task(task.position)
    was_cut_off = state.last_task == task.position and not state.handed_in
    return found.flagged or was_cut_off or found.seconds < ENOUGH * task.minutes * 60
