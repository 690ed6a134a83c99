"""The board: how far each learner is, criterion by criterion, who is stuck on what, and which mistakes are made."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from checkers.api import Verdict
from lab.exam.events import Moment
from lab.workshop.assignments import exercises_of
from lab.workshop.class_file import Class
from lab.workshop.events import Event, Kind
from lab.workshop.exam_state import ExamState, after, column, exercise_of
from lab.workshop.marks import Marks, from_detail
from lab.workshop.state import Condition, passed, seats_of

STUCK_SECONDS = 480.0
"""Who fails on the same criteria for so long, and has tried twice at least, does not get on alone."""

Why = Literal["hand", "same"]


@dataclass(frozen=True, slots=True)
class Stuck:
    """Why a learner needs help.

    Attributes:
        why: a hand is raised, or grade after grade is the same.
        seconds: for how long.
        exercise: the one that the learner is at.
        criteria: those that fail again and again; empty where a hand says it.
    """

    why: Why
    seconds: float
    exercise: str
    criteria: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a learner stands with an exercise.

    Attributes:
        marks: of the last grade; None: there was none since it was begun.
        best: the most points of any grade that counts: those after the solution was seen do not.
        passed: whether a grade that counts had all of them.
    """

    begun: bool = False
    grades: int = 0
    marks: Marks | None = None
    best: int = 0
    passed: bool = False
    hints: int = 0
    solution_seen: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """Where a learner stands.

    Attributes:
        seat: the one on their slip.
        place: the one that they are at, which is another once they were moved.
        reason: why that is lost; empty where it is not.
        door: the one that their app is shown through now; empty: through none.
        exercise: the id of the one that they are at; empty: none was begun.
        cells: of each column that is the learner's.
        exam: where they stand with the exam that they were given last; None: they were given none.
        left: the seconds that are left of it.
        stuck: None: they get on, as far as anybody can see.
    """

    learner: int
    name: str
    seat: str
    place: str
    condition: Condition
    reason: str
    door: str
    exercise: str
    cells: Mapping[str, Cell]
    stuck: Stuck | None
    exam: ExamState | None = None
    left: float = 0.0

    @property
    def points(self) -> int:
        """The best of each exercise. An exam counts by itself."""
        return sum(cell.best for name, cell in self.cells.items() if exercise_of(name) == name)


@dataclass(frozen=True, slots=True)
class Mistake:
    """A known mistake that somebody in the class has made.

    Attributes:
        answer: the name of the wrong answer that it is.
        now: how many learners' last grade looks like it.
        ever: how many learners had such a grade.
    """

    exercise: str
    answer: str
    now: int
    ever: int


@dataclass(frozen=True, slots=True)
class Board:
    """The class at a moment.

    Attributes:
        columns: what anybody has to do: exercises, and after those the tasks of exams (`exam_state.column`).
        mistakes: the commonest first.
    """

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    mistakes: tuple[Mistake, ...]

    @property
    def queue(self) -> tuple[Row, ...]:
        """Who needs help: hands first, then who waits longest."""
        waiting = [row for row in self.rows if row.stuck is not None]
        return tuple(sorted(waiting, key=_urgency))


class Following:
    """The class as its events tell it, followed one by one: what was followed before is not gone through again."""

    def __init__(self, class_: Class) -> None:
        self._class = class_
        self._work: defaultdict[int, _Work] = defaultdict(_Work)
        self._of_seats: list[Event] = []
        self._given: list[Event] = []
        self.followed = 0
        """How many events there were so far."""

    def follow(self, events: Iterable[Event]) -> None:
        """These have happened."""
        for event in events:
            self.followed += 1
            if event.learner:
                self._work[event.learner].follow(event)
            if event.seat:
                self._of_seats.append(event)
            if event.kind is Kind.GIVEN:
                self._given.append(event)

    def board(self, now: Moment) -> Board:
        """What they come to."""
        of_exams = [name for done in self._work.values() for name in done.columns]
        columns = tuple(dict.fromkeys([*exercises_of(self._class, self._given), *of_exams]))
        seats = {seat.learner: seat for seat in seats_of(self._class, self._of_seats, now)}
        work = [self._work[learner.number] for learner in self._class.learners]
        rows = tuple(
            Row(
                learner.number,
                learner.name,
                learner.seat,
                seats[learner.number].name,
                seats[learner.number].condition,
                seats[learner.number].reason,
                done.door,
                done.exercise,
                {name: done.cells.get(name, Cell()) for name in self._columns(learner.number)},
                done.stuck(now),
                done.exam,
                float(round(done.exam.left(now))) if done.exam else 0.0,
            )
            for learner, done in zip(self._class.learners, work, strict=True)
        )
        return Board(columns, rows, tuple(_mistakes(work)))

    def _columns(self, learner: int) -> Sequence[str]:
        return [*exercises_of(self._class, self._given, learner), *self._work[learner].columns]


def board_of(class_: Class, events: Iterable[Event], now: Moment) -> Board:
    """What the events of a class come to."""
    following = Following(class_)
    following.follow(events)
    return following.board(now)


def _urgency(row: Row) -> tuple[bool, float]:
    assert row.stuck is not None  # noqa: S101 - the queue has no others
    return row.stuck.why != "hand", -row.stuck.seconds


@dataclass(slots=True)
class _Same:
    """Grades of an exercise that were alike, one after the other."""

    marks: Marks
    since: Moment
    grades: int = 1


@dataclass(slots=True)
class _Work:
    """What a learner does, followed event by event."""

    door: str = ""
    exercise: str = ""
    hand: Moment | None = None
    exam: ExamState | None = None
    columns: dict[str, None] = field(default_factory=dict)
    """Of the tasks of exams, in their order."""
    cells: dict[str, Cell] = field(default_factory=dict)
    mistakes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _same: _Same | None = None

    def follow(self, event: Event) -> None:
        """Something was done."""
        self.exam = after(self.exam, event)
        match event.kind:
            case Kind.CAME:
                self.door = str(event.detail["door"])
            case Kind.LEFT:
                self.door = ""
            case Kind.HAND:
                self.hand = event.at if event.detail["up"] else None
            case Kind.BEGAN:
                self._begin(event.detail["exercise"])
            case Kind.HINT:
                name = event.detail["exercise"]
                self._change(name, hints=max(self._cell(name).hints, int(event.detail["number"])))
            case Kind.SOLUTION:
                self._change(event.detail["exercise"], solution_seen=True)
            case Kind.RESET:
                for name in [event.detail["exercise"]] if event.detail["exercise"] else list(self.cells):
                    self._change(name, begun=False, marks=None)
            case Kind.EXAM_BEGAN:
                self.columns |= {column(event.detail["exam"], task): None for task in event.detail["tasks"]}
            case Kind.GRADED if event.detail.get("exam"):
                self._grade_task(event.detail["exam"], from_detail(event.detail))
            case Kind.GRADED:
                self._grade(from_detail(event.detail), event.at)

    def stuck(self, now: Moment) -> Stuck | None:
        """Why help is needed; None: it is not."""
        if self.hand is not None:
            return Stuck("hand", passed(self.hand, now), self.exercise)
        if self._same is None or self._same.grades < 2 or self._same.marks.passed:
            return None
        seconds = passed(self._same.since, now)
        failing = tuple(name for name, mark in self._same.marks.criteria.items() if mark.verdict is Verdict.FAIL)
        return Stuck("same", seconds, self.exercise, failing) if failing and seconds >= STUCK_SECONDS else None

    @property
    def mistakes_now(self) -> set[tuple[str, str]]:
        """Exercises, each with the mistake that the last grade looks like."""
        last = [cell.marks for cell in self.cells.values() if cell.marks is not None]
        return {(marks.exercise, marks.mistake) for marks in last if marks.mistake}

    def _cell(self, exercise: str) -> Cell:
        return self.cells.get(exercise, Cell())

    def _change(self, exercise: str, **changes: Any) -> None:
        self.cells[exercise] = replace(self._cell(exercise), **changes)

    def _begin(self, exercise: str) -> None:
        """A new attempt: the solution may not have been seen in it, and nothing is graded."""
        if exercise != self.exercise:
            self._same = None
        self.exercise = exercise
        self._change(exercise, begun=True, marks=None, solution_seen=False)

    def _grade(self, marks: Marks, at: Moment) -> None:
        if self._same is not None and _alike(self._same.marks, marks):
            self._same.grades += 1
        else:
            self._same = _Same(marks, at)
        self.exercise = marks.exercise
        cell = self._cell(marks.exercise)
        counts = not cell.solution_seen
        self._change(
            marks.exercise,
            begun=True,
            grades=cell.grades + 1,
            marks=marks,
            best=max(cell.best, marks.score if counts else 0),
            passed=cell.passed or (counts and marks.passed),
        )
        self._remember(marks)

    def _grade_task(self, exam: str, marks: Marks) -> None:
        """At the end of an exam: nobody is at it any more, and whoever was stuck is so no longer."""
        name = column(exam, marks.exercise)
        self._change(name, begun=True, grades=1, marks=marks, best=marks.score, passed=marks.passed)
        self._remember(marks)

    def _remember(self, marks: Marks) -> None:
        if marks.mistake:
            self.mistakes[marks.exercise].add(marks.mistake)


def _alike(one: Marks, other: Marks) -> bool:
    """Whether two grades say the same."""
    return one.exercise == other.exercise and one.criteria == other.criteria


def _mistakes(work: Sequence[_Work]) -> Iterator[Mistake]:
    ever = Counter((exercise, name) for done in work for exercise, names in done.mistakes.items() for name in names)
    now = Counter(each for done in work for each in done.mistakes_now)
    for (exercise, name), count in sorted(ever.items(), key=lambda each: (-each[1], each[0])):
        yield Mistake(exercise, name, now[exercise, name], count)
