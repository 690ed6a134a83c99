"""The grade of an exercise: the check of each criterion is run against the cluster, and its finding taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from checkers.api import Finding, LabBroken, LearnerBroke, NotSeen, Observer, Text, Verdict
from lab import log
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
    """All findings of one exercise at one time.

    Attributes:
        seconds: how long it took.
        known_mistake: the wrong answer that this looks like.
    """

    exercise: Exercise
    engine: str
    kubernetes: str
    started: datetime
    seconds: float
    criteria: tuple[Graded, ...]
    known_mistake: Answer | None = None

    @property
    def score(self) -> int:
        """The points that count: those earned, or 0 while a gate fails."""
        return 0 if self.failed_gates else self.earned

    @property
    def earned(self) -> int:
        """The points of the criteria that pass, whatever the gates say."""
        return sum(graded.earned for graded in self.criteria)

    @property
    def failed_gates(self) -> tuple[Graded, ...]:
        """What must hold and does not. A gate that could not be judged is not among them."""
        return tuple(
            graded for graded in self.criteria if graded.criterion.is_gate and graded.finding.verdict is Verdict.FAIL
        )

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


OnFinding = Callable[[Graded], None]
"""Takes each criterion as soon as it is graded."""


class LabObserver(Observer, Protocol):
    """An observer of a lab, for one grade."""

    def kubernetes(self) -> str:
        """The version of Kubernetes there; empty if it is not known."""


def grade(
    exercise: Exercise,
    observer: Observer,
    *,
    engine: str,
    kubernetes: str,
    on_finding: OnFinding | None = None,
    clock: Clock = SYSTEM,
) -> Grade:
    """Judge every criterion, in the exercise's order, and pass each on as it is found."""
    started, began = clock.now(), clock.seconds()
    criteria: list[Graded] = []
    for graded in grade_each(exercise, observer):
        if on_finding:
            on_finding(graded)
        criteria.append(graded)
    seconds = clock.seconds() - began
    return Grade(exercise, engine, kubernetes, started, seconds, tuple(criteria), known_mistake(exercise, criteria))


def grade_each(exercise: Exercise, observer: Observer) -> Iterator[Graded]:
    """Judge every criterion, in the exercise's order."""
    for criterion in exercise.criteria:
        finding = finding_of(criterion, observer)
        yield Graded(criterion, finding, criterion.points if finding.verdict is Verdict.PASS else 0)


def finding_of(criterion: Criterion, observer: Observer) -> Finding:
    """The finding of a criterion's check. If the check cannot observe, only `LearnerBroke` counts as FAIL."""
    expected = Text(criterion.title.en, criterion.title.zh)
    try:
        return criterion.check.run(observer, **criterion.parameters)
    except NotSeen as error:
        return Finding(Verdict.UNSEEN, expected, error.words)
    except LearnerBroke as error:
        return Finding(Verdict.FAIL, expected, error.words, both("grading.control_plane"), CONTROL_PLANE)
    except LabBroken as error:
        return Finding(Verdict.BROKEN, expected, error.words)
    except Exception as error:
        # A mistake in a check must not end the program, nor cost the learner who met it.
        return Finding(Verdict.BROKEN, expected, _fault(criterion.check.name, error))


def _fault(check: str, error: Exception) -> Text:
    """A check's own fault: what it is, the line it came up in, and where all of it can be read."""
    logged = log.fault(f"check {check}", error)
    message = f"{type(error).__name__}: {error}"
    failed = both("grading.check_failed", check=check, said=message, where=log.place(error, "checkers"))
    file = both(logged.key, **logged.params)
    return Text(f"{failed.en} {file.en}", f"{failed.zh}{file.zh}")


def known_mistake(exercise: Exercise, criteria: Sequence[Graded]) -> Answer | None:
    """The first wrong answer whose failures are all here, and whose causes the checks have found."""
    found = {graded.criterion.id: graded.finding for graded in criteria}
    for answer in exercise.answers:
        when = answer.mistake.when if answer.mistake else {}
        if when and _has_failed(answer, found) and all(causes <= found[name].causes for name, causes in when.items()):
            return answer
    return None


def _has_failed(answer: Answer, found: Mapping[str, Finding]) -> bool:
    """Whether each criterion that the answer predicts to fail fails here."""
    fails = [name for name, verdict in answer.verdicts.items() if verdict is Verdict.FAIL]
    return all(name in found and found[name].verdict is Verdict.FAIL for name in fails)
