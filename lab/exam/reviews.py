"""What mock exams say of objectives, for the scheduler of `lab.practice.suggestion`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lab.exam.events import Kind
from lab.exam.sittings import Sitting
from lab.exam.state import Phase
from lab.practice.review import Result, Review

GLANCE = 30.0
"""Seconds of a task that are too few to say that it was tried."""


def reviews_of(sittings: Iterable[Sitting]) -> Iterator[Review]:
    """A review for each task that could be judged, of every sitting that was graded."""
    for sitting in sittings:
        last = max((event.at for event in sitting.events), key=lambda at: at.wall)
        state = sitting.state(last)
        if state.phase is Phase.UNDER_WAY:
            continue
        ended = next((event.at.wall for event in sitting.events if event.kind is Kind.GRADED), last.wall)
        for task, found in zip(sitting.plan.tasks, state.tasks, strict=True):
            grade = found.grade
            if grade is None or not grade.judged or task.host in state.lost:
                continue
            share = grade.earned / grade.judged
            was_tried = share > 0 or found.seconds >= GLANCE
            result = Result.PASSED if share == 1 else Result.FAILED if was_tried else Result.UNREACHED
            yield Review(task.exercise, task.objective, ended, result, share, sitting.number)
