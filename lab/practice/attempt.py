"""A learner's attempts at the exercises, their grades, and where the learner stands with each exercise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from checkers.api import Verdict
from lab.catalog.model import Exercise


class Outcome(StrEnum):
    """What became of an attempt."""

    PASSED = "passed"
    """It got a full score before its learner saw the solution."""
    FAILED = "failed"
    """It was judged, and something does not pass yet."""
    SHOWN = "shown"
    """Its learner saw the solution first, so what was graded afterwards proves nothing."""
    BEGUN = "begun"
    """Nothing of it was judged. Looks that failed because of the lab are none of the learner's."""


@dataclass(frozen=True, slots=True)
class PastCriterion:
    """How a criterion was judged."""

    id: str
    verdict: Verdict
    points: int
    earned: int


@dataclass(frozen=True, slots=True)
class PastGrade:
    """One grade of an attempt.

    Attributes:
        looked: when it began.
        seconds: how long it took.
        verdict: of the whole.
        scored: it counts; the solution had not been seen.
    """

    looked: datetime
    seconds: float
    kubernetes: str
    verdict: Verdict
    scored: bool
    criteria: tuple[PastCriterion, ...]

    @property
    def score(self) -> int:
        """The points earned."""
        return sum(criterion.earned for criterion in self.criteria)

    @property
    def max(self) -> int:
        """The points there were."""
        return sum(criterion.points for criterion in self.criteria)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at an exercise.

    Attributes:
        exercise: its id.
        lab: the lab's name, whose engine it was made on.
        started: when its scenario was ready; where none was prepared, when it was first looked at or helped with.
        ended: when it was reset or started anew; None: it still is what the cluster holds.
        hints: how many were taken.
        solution_seen: whether the learner looked at the solution.
        grades: oldest first.
        prepared: it began with a start; else how long it took says nothing.
    """

    exercise: str
    lab: str
    engine: str
    started: datetime
    ended: datetime | None = None
    hints: int = 0
    solution_seen: bool = False
    grades: tuple[PastGrade, ...] = ()
    prepared: bool = True

    @property
    def scored(self) -> tuple[PastGrade, ...]:
        """The grades that count."""
        return tuple(grade for grade in self.grades if grade.scored)

    @property
    def outcome(self) -> Outcome:
        """What became of it."""
        verdicts = {grade.verdict for grade in self.scored}
        if Verdict.PASS in verdicts:
            return Outcome.PASSED
        if self.solution_seen:
            return Outcome.SHOWN
        return Outcome.FAILED if Verdict.FAIL in verdicts else Outcome.BEGUN

    @property
    def best(self) -> PastGrade | None:
        """The grade with the most points, the first of several; None where none counts."""
        return max(self.scored, key=lambda grade: grade.score, default=None)

    @property
    def decided(self) -> datetime:
        """When it became what it is: passed, graded for the last time, or started."""
        passed = [grade.looked for grade in self.scored if grade.verdict is Verdict.PASS]
        times = passed[:1] or [grade.looked for grade in self.grades[-1:]]
        return times[0] if times else self.started

    @property
    def seconds(self) -> float:
        """How long the learner took."""
        return max(0.0, (self.decided - self.started).total_seconds())


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a criterion passed and failed, in grades that count. What the lab is at fault for is neither."""

    criterion: str
    passed: int
    failed: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a learner stands with an exercise.

    Attributes:
        attempts: at it, newest first.
    """

    exercise: Exercise
    attempts: tuple[Attempt, ...] = ()

    @property
    def latest(self) -> Attempt | None:
        """The newest attempt that says something: one that was left before anything was judged does not."""
        telling = (
            attempt for attempt in self.attempts if attempt.ended is None or attempt.outcome is not Outcome.BEGUN
        )
        return next(telling, None)

    @property
    def passed(self) -> datetime | None:
        """When it was last passed; None: never."""
        return next((attempt.decided for attempt in self.attempts if attempt.outcome is Outcome.PASSED), None)

    @property
    def best(self) -> PastGrade | None:
        """The grade with the most points, the newest of several."""
        grades = [attempt.best for attempt in self.attempts if attempt.best is not None]
        return max(grades, key=lambda grade: grade.score, default=None)

    def newest_on(self, lab: str) -> Attempt | None:
        """The newest attempt on that lab, whether or not its work is still there."""
        return next((attempt for attempt in self.attempts if attempt.lab == lab), None)

    def open_on(self, lab: str) -> Attempt | None:
        """The attempt whose work that lab's cluster still holds."""
        return next((attempt for attempt in self.attempts if attempt.lab == lab and attempt.ended is None), None)

    def tallies(self) -> tuple[Tally, ...]:
        """Of the exercise's criteria, as they are today."""
        judged = [one for attempt in self.attempts for grade in attempt.scored for one in grade.criteria]
        verdicts = [(one.id, one.verdict) for one in judged]
        return tuple(
            Tally(
                criterion.id, verdicts.count((criterion.id, Verdict.PASS)), verdicts.count((criterion.id, Verdict.FAIL))
            )
            for criterion in self.exercise.criteria
        )


def standings(exercises: Sequence[Exercise], attempts: Iterable[Attempt]) -> tuple[Standing, ...]:
    """Of each exercise. Attempts at exercises that are no more are left out."""
    by_exercise: dict[str, list[Attempt]] = {exercise.id: [] for exercise in exercises}
    for attempt in attempts:
        by_exercise.get(attempt.exercise, []).append(attempt)
    return tuple(Standing(exercise, tuple(by_exercise[exercise.id])) for exercise in exercises)
