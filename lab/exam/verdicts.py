"""What two grades of a task say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checkers.api import Verdict
from lab.grading.grade import Grade


@dataclass(frozen=True, slots=True)
class Judged:
    """A criterion of a task, and what was found. Only words of ours: a cluster's may hold its secrets."""

    id: str
    points: int
    verdict: Verdict
    causes: tuple[str, ...] = ()

    @property
    def is_gate(self) -> bool:
        """It earns nothing, but must hold."""
        return self.points == 0


@dataclass(frozen=True, slots=True)
class TaskGrade:
    """A task as graded.

    Attributes:
        mistake: the name of the exercise's answer that it looks like; empty: of none.
        elsewhere: where the work was found instead of where it should be: another host's name; empty: nowhere.
    """

    criteria: tuple[Judged, ...]
    mistake: str = ""
    elsewhere: str = ""

    @property
    def points(self) -> int:
        """What there was to earn."""
        return sum(judged.points for judged in self.criteria)

    @property
    def judged(self) -> int:
        """The points of what could be judged."""
        return sum(each.points for each in self.criteria if each.verdict in (Verdict.PASS, Verdict.FAIL))

    @property
    def earned(self) -> int:
        """The points earned: none while a gate fails."""
        return 0 if self.failed_gates else sum(each.points for each in self.criteria if each.verdict is Verdict.PASS)

    @property
    def failed_gates(self) -> tuple[Judged, ...]:
        """What had to stay as it was, and did not."""
        return tuple(each for each in self.criteria if each.is_gate and each.verdict is Verdict.FAIL)


def agreed(grades: Sequence[Grade], elsewhere: str = "") -> TaskGrade:
    """One grade of the grades that were made one after the other.

    A criterion that they do not agree on was not seen: something was still on its way, and that is nobody's failure.
    """
    first, *others = grades
    criteria = []
    for number, graded in enumerate(first.criteria):
        findings = [graded.finding, *(other.criteria[number].finding for other in others)]
        same = len({finding.verdict for finding in findings}) == 1
        causes = frozenset.intersection(*(frozenset(finding.causes) for finding in findings)) if same else frozenset()
        verdict = graded.finding.verdict if same else Verdict.UNSEEN
        criteria.append(Judged(graded.criterion.id, graded.criterion.points, verdict, tuple(sorted(causes))))
    names = {grade.known_mistake.name if grade.known_mistake else "" for grade in grades}
    return TaskGrade(tuple(criteria), names.pop() if len(names) == 1 else "", elsewhere)


def to_detail(grade: TaskGrade) -> dict[str, Any]:
    """The detail of a `graded` event."""
    return {
        "criteria": [
            {"id": each.id, "points": each.points, "verdict": each.verdict.value, "causes": list(each.causes)}
            for each in grade.criteria
        ],
        "mistake": grade.mistake,
        "elsewhere": grade.elsewhere,
    }


def from_detail(detail: Mapping[str, Any]) -> TaskGrade:
    """The grade that `to_detail` told."""
    criteria = [
        Judged(each["id"], each["points"], Verdict(each["verdict"]), tuple(each["causes"]))
        for each in detail["criteria"]
    ]
    return TaskGrade(tuple(criteria), detail["mistake"], detail["elsewhere"])
