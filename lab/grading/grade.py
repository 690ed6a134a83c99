"""The grade of an exercise: each criterion's check is run against the cluster, its finding kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from checkers.api import Finding, LabBroken, LearnerBroke, NotSeen, Observer, Text, Verdict
from lab.catalog.model import Answer, Criterion, Exercise
from lab.clock import SYSTEM, Clock
from lab.grading.words import both

CONTROL_PLANE = "https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/"
"""Why a manifest on a node decides whether anything works."""


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
        """The points earned."""
        return sum(graded.earned for graded in self.criteria)

    @property
    def verdict(self) -> Verdict:
        """Of the whole: pass if all pass; broken or unseen if something could not be judged; else fail."""
        verdicts = set(self.verdicts.values())
        for verdict in (Verdict.BROKEN, Verdict.UNSEEN, Verdict.FAIL):
            if verdict in verdicts:
                return verdict
        return Verdict.PASS

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """Criterion id -> its verdict."""
        return {graded.criterion.id: graded.finding.verdict for graded in self.criteria}

    @property
    def known_mistake(self) -> Answer | None:
        """The wrong answer that gets exactly these verdicts. Where several do, nothing can be told from them."""
        alike = [own for own in self.exercise.answers if own.mistake and own.verdicts == self.verdicts]
        return alike[0] if len(alike) == 1 else None


OnFinding = Callable[[Graded], None]


def unwatched(graded: Graded) -> None:
    """For callers who only want the whole."""


def grade(
    exercise: Exercise,
    observer: Observer,
    *,
    engine: str,
    kubernetes: str,
    on_finding: OnFinding,
    clock: Clock = SYSTEM,
) -> Grade:
    """Judge every criterion, in the exercise's order, telling each as it is found."""
    started, began = clock.now(), clock.seconds()
    criteria: list[Graded] = []
    for criterion in exercise.criteria:
        finding = judge(criterion, observer)
        graded = Graded(criterion, finding, criterion.points if finding.verdict is Verdict.PASS else 0)
        on_finding(graded)
        criteria.append(graded)
    return Grade(exercise, engine, kubernetes, started, clock.seconds() - began, tuple(criteria))


def judge(criterion: Criterion, observer: Observer) -> Finding:
    """What the criterion's check finds. What stops it from looking is the learner's fault only where that is known."""
    expected = Text(criterion.title.en, criterion.title.zh)
    try:
        return criterion.check.look(observer, **criterion.parameters)
    except NotSeen as error:
        return Finding(Verdict.UNSEEN, expected, error.words)
    except LearnerBroke as error:
        return Finding(Verdict.FAIL, expected, error.words, both("grading.control_plane"), CONTROL_PLANE)
    except LabBroken as error:
        return Finding(Verdict.BROKEN, expected, error.words)
    except Exception as error:
        # A mistake in a check must not end the program, nor cost the learner who met it.
        said = f"{type(error).__name__}: {error}"
        return Finding(Verdict.BROKEN, expected, both("grading.check_failed", check=criterion.check.name, said=said))
