"""The grade of an exercise: each criterion's check is run against the cluster, its finding kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from checkers.api import Finding, Observer, Verdict
from lab.catalog.model import Criterion, Exercise


@dataclass(frozen=True, slots=True)
class Graded:
    """A criterion and what was found of it. `earned` is of its points."""

    criterion: Criterion
    finding: Finding
    earned: int


@dataclass(frozen=True, slots=True)
class Grade:
    """All findings of one look at an exercise.

    Attributes:
        seconds: how long the look took.
    """

    exercise: Exercise
    engine: str
    kubernetes: str
    started: datetime
    seconds: float
    criteria: tuple[Graded, ...]

    @property
    def score(self) -> int:
        return sum(graded.earned for graded in self.criteria)

    @property
    def verdict(self) -> Verdict:
        """Of the whole: pass if all pass; broken or unseen if something could not be judged; else fail."""
        verdicts = {graded.finding.verdict for graded in self.criteria}
        for verdict in (Verdict.BROKEN, Verdict.UNSEEN, Verdict.FAIL):
            if verdict in verdicts:
                return verdict
        return Verdict.PASS


OnFinding = Callable[[Graded], None]


def grade(exercise: Exercise, observer: Observer, *, engine: str, kubernetes: str, on_finding: OnFinding) -> Grade:
    """Judge every criterion, in the exercise's order, telling each as it is found."""
    raise NotImplementedError
