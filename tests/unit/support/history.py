"""Grades and attempts made by hand, for what keeps them and for what is concluded from them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from checkers.api import Verdict
from lab.catalog.model import Exercise
from lab.clock import Clock
from lab.grading.grade import Grade, grade
from lab.practice.attempt import Attempt, PastCriterion, PastGrade
from tests.unit.support.clocks import Hands
from tests.unit.support.exercises import criterion, exercise
from tests.unit.support.observations import HandMade

POINTS = {"runs": 2, "refused": 3}


def the_exercise(name: str = "one") -> Exercise:
    """An exercise of two criteria."""
    return exercise([criterion(own, points=points) for own, points in POINTS.items()], name=name)


def graded(runs: Verdict, refused: Verdict, *, name: str = "one", clock: Clock | None = None) -> Grade:
    """A grade of `the_exercise` with these verdicts."""
    criteria = [criterion(own, verdict, POINTS[own]) for own, verdict in (("runs", runs), ("refused", refused))]
    looked = grade(
        exercise(criteria, name=name),
        HandMade(),
        engine="kind",
        kubernetes="v1.36.1",
        clock=clock or Hands().clock,
    )
    return replace(looked, seconds=1.5)


def attempt(
    name: str, when: datetime, *verdicts: Verdict, ended: bool = True, solution: bool = False, hints: int = 0
) -> Attempt:
    """An attempt of that time, graded each minute with the next verdict for everything."""
    grades = tuple(_grade(when + timedelta(minutes=n), verdict, not solution) for n, verdict in enumerate(verdicts, 1))
    return Attempt(name, "cks", "kind", when, when if ended else None, hints, solution, grades)


def _grade(looked: datetime, verdict: Verdict, scored: bool) -> PastGrade:
    criteria = tuple(
        PastCriterion(own, verdict, points, points if verdict is Verdict.PASS else 0) for own, points in POINTS.items()
    )
    return PastGrade(looked, 1.5, "v1.36.1", verdict, scored, criteria)
