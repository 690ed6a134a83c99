"""A lab for proofs, made by hand: its observations say of each criterion what verdict it gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from checkers.api import Check, Finding, Observer, Verdict
from lab.catalog.model import Answer, Criterion, Exercise, Localized, Scenario
from lab.clock import Clock
from lab.cluster.engine import Capability, Completed, Engine
from tests.unit.support.clocks import Hands
from tests.unit.support.engines import HandMadeEngine, done
from tests.unit.support.exercises import answer, exercise, finding
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
        self.engine: Engine = HandMadeEngine()
        self.clock: Clock = Hands().clock
        self._now: list[Mapping[str, Verdict]] = []

    def impossible(self, exercise: Exercise) -> Mapping[Capability, str]:
        return self.lacking

    def start(self, exercise: Exercise) -> None:
        self.events.append(f"start {exercise.id}")
        self._now = list(self.grades["untouched"])

    def answer(self, answer: Answer) -> Completed:
        self.events.append(answer.name)
        self._now = list(self.grades[answer.name])
        return self.script

    @contextmanager
    def observer(self, exercise: Exercise) -> Iterator[Observer]:
        self.events.append("grade")
        yield showing(self._now.pop(0) if len(self._now) > 1 else self._now[0])


RIGHT: dict[str, Grades] = {
    "untouched": [{"a": FAIL, "b": FAIL}],
    "solution": [{"a": PASS, "b": PASS}],
    "forgotten": [{"a": PASS, "b": FAIL}],
}
"""What a lab shows where all is as `subject` predicts."""


def subject(name: str = "one", points: Mapping[str, int] | None = None, **more: Any) -> Exercise:
    """An exercise of a right answer and a wrong one."""
    answers = [
        answer("solution", {"a": PASS, "b": PASS}),
        answer("forgotten", {"a": PASS, "b": FAIL}, mistake="You forgot it."),
    ]
    criteria = [observed(name, worth) for name, worth in (points or {"a": 2, "b": 1}).items()]
    return exercise(criteria, answers, name=name, **more)


def written(folder: Path, name: str = "one") -> Exercise:
    """The same exercise with its files: a manifest in `setup/` and the scripts of its answers."""
    (folder / "setup").mkdir(parents=True)
    (folder / "answers").mkdir()
    manifest = folder / "setup" / "namespace.yaml"
    manifest.write_text("kind: Namespace\n", encoding="utf-8")
    whole = subject(name, scenario=Scenario(apply=(manifest,)))
    answers = [replace(one, script=folder / "answers" / f"{one.name}.sh") for one in whole.answers]
    for one in answers:
        one.script.write_text(f"kubectl apply {one.name}\n", encoding="utf-8")
    return replace(whole, folder=folder, answers=tuple(answers))
