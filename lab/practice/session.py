"""A learner at work: one catalog, one lab. The command line and the app both work through this class."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial

from lab import i18n
from lab.catalog.model import Catalog, Exercise, Scenario
from lab.clock import SYSTEM, Clock
from lab.cluster.engine import Capability, Engine
from lab.cluster.host.lock import hold
from lab.cluster.host.steps import Step, Steps
from lab.cluster.machines import baseline
from lab.errors import LabError, UsageError
from lab.grading.grade import Grade, LabObserver, OnFinding, grade
from lab.grading.observe import KubernetesObserver
from lab.practice.history import History
from lab.practice.scenario import Stage
from lab.practice.slate import Slate
from lab.progress import OnProgress, ignore

SECONDS = 10
"""What a step of a start or a reset takes, roughly."""

Observe = Callable[[Engine, Sequence[str]], KubernetesObserver]
"""Makes the observer of a lab for an exercise whose task names these images."""


class Session:
    """What can be done with an exercise on a lab. What a learner does is kept in the history.

    Whatever looks at the lab or changes it raises `LabError` while another program changes it (`lab.busy`).

    Args:
        history: where it is kept; without one, it is forgotten with the session.
        observe: makes the observer that grades are made through.
        clock: the time, also for whoever shows what was done when.
    """

    def __init__(
        self,
        catalog: Catalog,
        engine: Engine,
        *,
        history: History | None = None,
        observe: Observe = KubernetesObserver,
        clock: Clock = SYSTEM,
    ) -> None:
        self.catalog = catalog
        self.engine = engine
        self.history = history or History(clock=clock)
        self.observe = observe
        self.clock = clock

    def exercise(self, name: str) -> Exercise:
        """The exercise with this id.

        Raises:
            UsageError: there is none (`exercise.unknown`); it names the nearest ids.
        """
        return self.catalog.exercise(name)

    def impossible(self, exercise: Exercise) -> dict[Capability, str]:
        """What the exercise requires and this engine lacks -> why. Empty when it can be done here."""
        if not exercise.requires:
            return {}
        return exercise.missing(self.engine.lacks())

    def hint(self, exercise: Exercise, number: int) -> str:
        """One of the exercise's hints, counted from 1; that it was taken is kept.

        Raises:
            UsageError: there is no such hint (`usage.hint`).
        """
        hints = exercise.hints
        if not 1 <= number <= len(hints):
            raise UsageError("usage.hint", exercise=exercise.id, hints=len(hints))
        self.history.take_hint(exercise, self.engine, number)
        return hints[number - 1]

    def solution(self, exercise: Exercise) -> str:
        """The reference solution. Whoever has seen it can no longer pass in this attempt."""
        self.history.see_solution(exercise, self.engine)
        return exercise.solution

    def start(self, exercise: Exercise, progress: OnProgress = ignore) -> None:
        """Prepare the scenario, from a clean slate. Waits until what it made is settled.

        Raises:
            UsageError: this engine lacks what the exercise requires (`start.impossible`).
        """
        if lacking := self.impossible(exercise):
            raise UsageError("start.impossible", "; ".join(lacking.values()), exercise=exercise.id)
        scenario, stage = exercise.scenario, self._stage()
        steps = self._steps(progress, ("set", "settle"), exercise)

        def prepare() -> None:
            if scenario.reset == "objects":
                self._clean_slate()
            stage.clear(scenario)
            stage.set(scenario)

        with hold(self.engine.lab):
            steps.next()
            self._undoing(scenario, prepare, steps.say)
            steps.next()
            stage.settle(scenario)
            self.history.begin(exercise, self.engine)

    def reset(self, exercise: Exercise | None = None, progress: OnProgress = ignore) -> None:
        """Undo what the exercise made and what its learner did in it; where none is named, whatever was done at all."""
        steps = self._steps(progress, ("clear",) if exercise else ("back",), exercise)
        with hold(self.engine.lab):
            steps.next()
            if exercise:
                self._undoing(exercise.scenario, partial(self._stage().clear, exercise.scenario), steps.say)
                self.history.end(exercise, self.engine)
            else:
                self._go_back(steps.say)

    def grade(self, exercise: Exercise, on_finding: OnFinding | None = None) -> Grade:
        """Observe the cluster and judge. Changes nothing that stays."""
        with self.observer(exercise) as observer:
            found = grade(
                exercise,
                observer,
                engine=self.engine.name,
                kubernetes=observer.kubernetes(),
                on_finding=on_finding,
                clock=self.clock,
            )
        self.history.add(found, self.engine)
        return found

    @contextmanager
    def observer(self, exercise: Exercise) -> Iterator[LabObserver]:
        """What one grade of the exercise is made through. Nobody changes the lab meanwhile."""
        observer = self.observe(self.engine, exercise.images)
        with hold(self.engine.lab, only_looking=True), closing(observer):
            yield observer

    def down(self, progress: OnProgress = ignore) -> None:
        """Remove the lab, and with it what every attempt on it made."""
        self.engine.down(progress)
        self.history.end_all(self.engine)

    def _stage(self) -> Stage:
        return Stage(self.engine, self.clock)

    def _steps(self, progress: OnProgress, names: Sequence[str], exercise: Exercise | None = None) -> Steps:
        about = exercise.id if exercise else ""
        steps = [Step(i18n.text(f"session.step.{name}", exercise=about), SECONDS) for name in names]
        return Steps(steps, progress, self.clock.seconds)

    def _undoing(self, scenario: Scenario, work: Callable[[], None], say: Callable[[str], None]) -> None:
        """Do what begins with clearing the scenario, from the baseline where the scenario or the cluster asks for that.

        An API server that is down and a webhook that refuses everything are not undone by deleting objects.
        """
        if scenario.reset == "objects":
            try:
                work()
            except LabError:
                if Capability.BASELINE in self.engine.lacks():
                    raise
                say(i18n.text("session.step.back"))
            else:
                return
        self._go_back(say)
        work()

    def _clean_slate(self) -> None:
        """Take away what any earlier practice left that can spoil the start.

        Attempts that may have made it, which are those at exercises that change the whole cluster, are over with it.
        """
        if Slate(self.engine, self.clock).clean():
            for exercise in self.catalog.exercises:
                if exercise.scenario.reset == "baseline":
                    self.history.end(exercise, self.engine)

    def _go_back(self, say: Callable[[str], None]) -> None:
        """To the baseline, where nothing is left of any attempt."""
        baseline.restore(self.engine, say, self.clock)
        self.history.end_all(self.engine)
