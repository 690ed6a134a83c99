"""A lab for proofs, made by hand: its observations say of each criterion what verdict it gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from checkers.api import Check, Finding, Observer, Verdict
from lab.catalog.model import Answer, Criterion, Exercise, Localized
from lab.cluster.engine import Capability, Completed
from tests.unit.support.engines import done
from tests.unit.support.exercises import finding
from tests.unit.support.observations import HandMade, Object

PASS, FAIL, BROKEN, UNSEEN = Verdict.PASS, Verdict.FAIL, Verdict.BROKEN, Verdict.UNSEEN
Grades = Sequence[Mapping[str, Verdict]]
"""The verdicts of one grade after the other; the last ones stay."""


def observed(name: str, points: int = 1) -> Criterion:
    """A criterion whose check finds what the cluster shows."""

    def check(cluster: Observer) -> Finding:
        shown = cluster.get("ConfigMap", name)
        assert shown is not None
        return finding(Verdict(shown["data"]["verdict"]))

    return Criterion(name, Localized(f"title of {name}", f"{name} 的标题"), points, Check(f"test.{name}", check), {})


def showing(verdicts: Mapping[str, Verdict]) -> HandMade:
    """An observer of a cluster that shows these verdicts."""
    objects: list[Object] = [
        {"kind": "ConfigMap", "metadata": {"name": name}, "data": {"verdict": verdict.value}}
        for name, verdict in verdicts.items()
    ]
    return HandMade(objects)


class HandMadeLab:
    """Shows, after each answer, the grades that it was given for it."""

    def __init__(self, grades: Mapping[str, Grades]) -> None:
        self.grades = grades
        self.events: list[str] = []
        self.script = done()
        self.lacking: dict[Capability, str] = {}
        self._now: list[Mapping[str, Verdict]] = []

    def impossible(self, exercise: Exercise) -> Mapping[Capability, str]:
        return self.lacking

    def start(self, exercise: Exercise) -> None:
        self.events.append("start")
        self._now = list(self.grades["untouched"])

    def answer(self, answer: Answer) -> Completed:
        self.events.append(answer.name)
        self._now = list(self.grades[answer.name])
        return self.script

    @contextmanager
    def observer(self, exercise: Exercise) -> Iterator[Observer]:
        self.events.append("grade")
        yield showing(self._now.pop(0) if len(self._now) > 1 else self._now[0])
