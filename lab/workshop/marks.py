"""What a grade leaves behind in the ledger: verdicts and points, and never what was found: that may hold secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from checkers.api import Verdict
from lab.grading.grade import Grade


@dataclass(frozen=True, slots=True)
class Mark:
    """How a criterion was judged. One without points is a gate."""

    verdict: Verdict
    earned: int
    points: int


@dataclass(frozen=True, slots=True)
class Marks:
    """How an exercise was judged.

    Attributes:
        criteria: id -> its mark, in the exercise's order.
        mistake: the name of the wrong answer that it looks like; empty where there is none.
    """

    exercise: str
    criteria: Mapping[str, Mark]
    mistake: str = ""

    @property
    def score(self) -> int:
        """The points that count: those earned, or 0 while a gate fails."""
        if any(not mark.points and mark.verdict is Verdict.FAIL for mark in self.criteria.values()):
            return 0
        return sum(mark.earned for mark in self.criteria.values())

    @property
    def max(self) -> int:
        """The points that there are."""
        return sum(mark.points for mark in self.criteria.values())

    @property
    def passed(self) -> bool:
        """Whether every criterion passes."""
        return all(mark.verdict is Verdict.PASS for mark in self.criteria.values())


def to_detail(grade: Grade) -> dict[str, Any]:
    """What the event of a grade says."""
    return {
        "exercise": grade.exercise.id,
        "criteria": {
            graded.criterion.id: [graded.finding.verdict.value, graded.earned, graded.criterion.points]
            for graded in grade.criteria
        },
        "mistake": grade.known_mistake.name if grade.known_mistake else "",
    }


def from_detail(detail: Mapping[str, Any]) -> Marks:
    """What such an event has said."""
    criteria = {
        name: Mark(Verdict(verdict), int(earned), int(points))
        for name, (verdict, earned, points) in detail["criteria"].items()
    }
    return Marks(str(detail["exercise"]), criteria, str(detail["mistake"]))
