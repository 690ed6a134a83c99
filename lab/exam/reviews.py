"""What mock exams say of objectives, for the scheduler of `lab.practice.suggestion`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from lab.catalog.model import Exercise
from lab.cluster.engine import Capability
from lab.exam.events import Kind
from lab.exam.sittings import Sitting
from lab.exam.state import Phase, TaskState
from lab.practice.attempt import Attempt, standings
from lab.practice.review import Result, Review
from lab.practice.suggestion import Suggestion, suggest

GLANCE = 30.0
"""Seconds of a task that are too few to say that it was tried."""


def reviews_of(sittings: Iterable[Sitting]) -> Iterator[Review]:
    """A review for each task that could be judged, of every sitting that was graded."""
    for sitting in sittings:
        state = sitting.state(sitting.last)
        if state.phase is Phase.UNDER_WAY:
            continue
        ended = next((event.at.wall for event in sitting.events if event.kind is Kind.GRADED), sitting.last.wall)
        for task, found in zip(sitting.plan.tasks, state.tasks, strict=True):
            grade = found.grade
            if grade is None or not grade.judged or task.host in state.lost:
                continue
            share = grade.earned / grade.judged
            result = Result.PASSED if share == 1 else Result.FAILED if was_reached(found) else Result.UNREACHED
            yield Review(task.exercise, task.objective, ended, result, share, sitting.number)


def was_reached(task: TaskState) -> bool:
    """Whether there was time for a task: it was more than glanced at, or what was found is somebody's work.

    Who sits an exam by commands alone opens no task, but is seen by the work.
    """
    grade = task.grade
    has_work = grade is not None and (grade.earned > 0 or bool(grade.mistake or grade.elsewhere))
    return has_work or task.seconds >= GLANCE


def what_next(
    exercises: Iterable[Exercise],
    lacks: Mapping[Capability, str],
    attempts: Iterable[Attempt],
    sittings: Iterable[Sitting],
    now: datetime,
) -> tuple[Suggestion, ...]:
    """What to do next after all that was tried, in practice and in exams: for `ckslab next` and for reports.

    Args:
        lacks: what the lab's engine cannot do, as `Exercise.missing` takes it.
    """
    possible = [each for each in exercises if not each.missing(lacks)]
    return suggest(standings(possible, attempts), now, reviews_of(sittings))
