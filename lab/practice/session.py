"""A learner at work: one catalog, one lab. The command line and the app both work through this class."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence

from lab import i18n
from lab.catalog.model import Answer, Catalog, Exercise
from lab.clock import SYSTEM, Clock
from lab.cluster.engine import Capability, Completed, Engine
from lab.cluster.kubectl import Kubectl
from lab.errors import UsageError
from lab.grading.grade import Grade, OnFinding, grade, unwatched
from lab.grading.observe import KubernetesObserver
from lab.grading.prove import ProofEvent, prove
from lab.practice.scenario import Stage
from lab.practice.script import run_as_learner
from lab.progress import OnProgress, Progress, ignore

Observe = Callable[[Engine, Sequence[str]], KubernetesObserver]
"""Makes the eyes for an exercise, whose task names these images."""


class Session:
    """What can be done with an exercise on a lab."""

    def __init__(
        self, catalog: Catalog, engine: Engine, *, observe: Observe = KubernetesObserver, clock: Clock = SYSTEM
    ) -> None:
        self.catalog = catalog
        self.engine = engine
        self._observe = observe
        self._clock = clock

    def exercise(self, name: str) -> Exercise:
        """The exercise with this id.

        Raises:
            UsageError: there is none (`exercise.unknown`); it names the nearest ids.
        """
        by_id = {exercise.id: exercise for exercise in self.catalog.exercises}
        if name not in by_id:
            near = difflib.get_close_matches(name, by_id, n=3, cutoff=0.4) or list(by_id)[:3]
            raise UsageError("exercise.unknown", name=name, near=", ".join(near))
        return by_id[name]

    def impossible(self, exercise: Exercise) -> dict[Capability, str]:
        """What the exercise requires and this engine lacks -> why. Empty when it can be done here."""
        if not exercise.requires:
            return {}
        lacks = self.engine.lacks()
        return {capability: lacks[capability] for capability in exercise.requires if capability in lacks}

    def start(self, exercise: Exercise, progress: OnProgress = ignore) -> None:
        """Prepare the scenario, from a clean slate. Waits until what it made is settled.

        Raises:
            UsageError: this engine lacks what the exercise requires (`start.impossible`).
        """
        if lacking := self.impossible(exercise):
            raise UsageError("start.impossible", "; ".join(lacking.values()), exercise=exercise.id)
        stage = Stage(Kubectl(self.engine.nodes()[0]), self._clock)
        steps = [("clear", stage.clear), ("set", stage.set), ("settle", stage.settle)]
        began = self._clock.seconds()
        for number, (step, do) in enumerate(steps, start=1):
            title = i18n.text(f"session.step.{step}", exercise=exercise.id)
            progress(Progress(title, number, len(steps), self._clock.seconds() - began))
            do(exercise.scenario)

    def reset(self, exercise: Exercise | None = None, progress: OnProgress = ignore) -> None:
        """Remove what the exercise, or every exercise, made and what its learner did in it."""
        exercises = [exercise] if exercise else self.catalog.exercises
        stage = Stage(Kubectl(self.engine.nodes()[0]), self._clock)
        began = self._clock.seconds()
        for number, own in enumerate(exercises, start=1):
            title = i18n.text("session.step.clear", exercise=own.id)
            progress(Progress(title, number, len(exercises), self._clock.seconds() - began))
            stage.clear(own.scenario)

    def grade(self, exercise: Exercise, on_finding: OnFinding = unwatched) -> Grade:
        """Look at the cluster and judge. Changes nothing."""
        observer = self._observe(self.engine, exercise.images)
        return grade(
            exercise,
            observer,
            engine=self.engine.name,
            kubernetes=observer.kubernetes(),
            on_finding=on_finding,
            clock=self._clock,
        )

    def prove(self, exercises: Sequence[Exercise], answer: str = "") -> Iterator[ProofEvent]:
        """Run the answers, or the one of this name, and compare each verdict with what its exercise predicts."""
        for exercise in exercises:
            yield from prove(exercise, self, answer=answer, clock=self._clock)

    def answer(self, answer: Answer) -> Completed:
        """Do what an answer does, as the learner."""
        return run_as_learner(self.engine, answer)
