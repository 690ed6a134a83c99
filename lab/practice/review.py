"""Tries as the scheduler takes them: how well an objective was known at a time, whatever exercise it was tried by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from checkers.api import Verdict
from lab.practice.attempt import Attempt, Outcome, PastGrade, Standing


class Result(StrEnum):
    """How a try went."""

    PASSED = "passed"
    """A full score at the first grade, without help."""
    UNSURE = "unsure"
    """It passed, but with hints, or not at the first grade."""
    FAILED = "failed"
    """It did not pass."""
    SHOWN = "shown"
    """The solution was looked at first."""
    UNREACHED = "unreached"
    """In an exam there was no time for it. That says nothing of what is known."""


@dataclass(frozen=True, slots=True)
class Review:
    """A try at an exercise.

    Attributes:
        exercise: its id.
        objective: what it is about.
        share: of the points, at the first grade.
        sitting: the number of the exam that it was part of; 0: of none.
    """

    exercise: str
    objective: str
    at: datetime
    result: Result
    share: float = 0.0
    sitting: int = 0


def reviews(standings: Iterable[Standing]) -> Iterator[Review]:
    """Of all attempts in which something was decided."""
    for standing in standings:
        exercise = standing.exercise
        for attempt in standing.attempts:
            if (result := _result(attempt)) is not None:
                share = _share(attempt.scored[0]) if attempt.scored else 0.0
                yield Review(exercise.id, exercise.objective, attempt.decided, result, share)


def _result(attempt: Attempt) -> Result | None:
    if attempt.outcome is Outcome.PASSED:
        first = next(grade for grade in attempt.scored if grade.verdict in (Verdict.PASS, Verdict.FAIL))
        is_sure = first.verdict is Verdict.PASS and attempt.hints == 0
        return Result.PASSED if is_sure else Result.UNSURE
    return {Outcome.FAILED: Result.FAILED, Outcome.SHOWN: Result.SHOWN}.get(attempt.outcome)


def _share(grade: PastGrade) -> float:
    return grade.score / grade.max if grade.max else 0.0
