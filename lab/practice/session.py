"""A learner at work: one catalog, one lab. The command line and the app both work through this class."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import combinations
from typing import TYPE_CHECKING

from lab import i18n
from lab.catalog.model import Catalog, Exercise
from lab.catalog.touches import described, namespaces, on_nodes, shared
from lab.clock import SYSTEM, Clock
from lab.cluster.engine import Capability, Engine
from lab.cluster.host.lock import hold
from lab.cluster.host.steps import Step, Steps
from lab.errors import LabError, UsageError
from lab.grading.grade import Grade, LabObserver, OnFinding, grade
from lab.practice.history import History
from lab.progress import OnProgress, ignore

# What observes and changes a lab is imported where it does: the app's first frame needs none of it.
if TYPE_CHECKING:
    from lab.grading.observe import KubernetesObserver
    from lab.practice.scenario import Stage

STEP_SECONDS = 10
"""What a step of a start or a reset takes, roughly."""

Observe = Callable[[Engine, Sequence[str], Mapping[str, str]], "KubernetesObserver"]
"""Makes the observer of a lab for an exercise whose task names these images, and whose start drew these values."""


def observe_kubernetes(engine: Engine, images: Sequence[str], values: Mapping[str, str]) -> KubernetesObserver:
    """Observe the cluster by its API and its machines."""
    from lab.grading.observe import KubernetesObserver

    return KubernetesObserver(engine, images, values)


class Session:
    """What can be done with an exercise on a lab. What a learner does is saved in the history.

    Whatever observes the lab or changes it raises `LabError` while another program changes it (`lab.busy`).

    Args:
        history: where it is saved; without one, it is forgotten with the session.
        observe: makes the observer that grades are made through.
        clock: the time, also for whoever shows what was done when.
    """

    def __init__(
        self,
        catalog: Catalog,
        engine: Engine,
        *,
        history: History | None = None,
        observe: Observe = observe_kubernetes,
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
        """One of the exercise's hints, counted from 1; the history remembers that it was taken.

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

    def start(self, *exercises: Exercise, progress: OnProgress = ignore) -> None:
        """Prepare the scenarios of these exercises, from a clean slate. Waits until what they made is settled.

        Attempts at other exercises go on, but for those whose work this takes away.

        Raises:
            UsageError: this engine lacks what one of them requires (`start.impossible`), or two of them touch the same
                (`start.collide`).
        """
        self._require_possible(exercises)
        _require_apart(exercises)
        from lab.cluster.image import addons

        # A first build takes minutes, for which nobody needs the lab.
        addons.build(self.engine, _addons_of(exercises), progress)
        steps = self._steps(progress, ("set", "settle"))
        with hold(self.engine.lab):
            steps.next()
            self._undo(exercises, steps.say, set_again=True)
            steps.next()
            self._stage(exercises).settle([exercise.scenario for exercise in exercises])
            for exercise in exercises:
                self.history.begin(exercise, self.engine)

    def reset(self, exercise: Exercise | None = None, progress: OnProgress = ignore) -> None:
        """Undo what the exercise made and what its learner did in it; where none is named, whatever was done at all."""
        steps = self._steps(progress, ("clear",) if exercise else ("back",))
        with hold(self.engine.lab):
            steps.next()
            if exercise:
                self._undo([exercise], steps.say)
                self._stage([exercise]).remember_anew([exercise.scenario])
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
        from lab.practice import drawn

        observer = self.observe(self.engine, exercise.images, drawn.load(self.engine.lab, exercise))
        with hold(self.engine.lab, only_looking=True), closing(observer):
            yield observer

    def down(self, progress: OnProgress = ignore) -> None:
        """Remove the lab, and with it what every attempt on it made."""
        self.engine.down(progress)
        self.history.end_all(self.engine)

    def _require_possible(self, exercises: Sequence[Exercise]) -> None:
        for exercise in exercises:
            if lacking := self.impossible(exercise):
                raise UsageError("start.impossible", "; ".join(lacking.values()), exercise=exercise.id)

    def _undo(self, exercises: Sequence[Exercise], say: Callable[[str], None], *, set_again: bool = False) -> None:
        """Clear the scenarios away and, where wanted, set them again; from the baseline where one of them asks for it.

        So does an exercise under way that took for itself what one of these needs: deleting objects does not undo it.

        An API server that is down and a webhook that refuses everything are not undone by deleting objects: where
        clearing and setting fail, they begin again from the baseline.
        """
        before = self._others(exercises) if set_again else []
        in_the_way = [other for other in before if any(shared(other, exercise) for exercise in exercises)]
        if all(exercise.scenario.reset == "objects" for exercise in (*exercises, *in_the_way)):
            try:
                self._clear(exercises, set_again=set_again)
            except UsageError:
                raise
            except LabError as obstacle:
                if Capability.BASELINE in self.engine.lacks():
                    raise
                say(i18n.text("session.step.back_because", what=obstacle.tried))
            else:
                return
        self._go_back(say)
        self._set(exercises, set_again=set_again)

    def _clear(self, exercises: Sequence[Exercise], *, set_again: bool) -> None:
        if set_again:
            self._require_undamaged(exercises)
            self._remove_leftovers(exercises)
        self._set(exercises, set_again=set_again)
        for other in self._others(exercises):
            if any(shared(other, exercise) for exercise in exercises):
                self.history.end(other, self.engine)

    def _set(self, exercises: Sequence[Exercise], *, set_again: bool) -> None:
        """All are cleared before the first is set: what one removes may have the name of what another makes."""
        from lab.cluster.image import addons
        from lab.practice import drawn

        stage = self._stage(exercises)
        for exercise in exercises:
            stage.clear(exercise.scenario)
        if set_again:
            addons.load(self.engine, _addons_of(exercises))
            addons.install(self.engine, {name for exercise in exercises for name in exercise.scenario.install})
            for exercise in exercises:
                stage.set(exercise.scenario, drawn.draw(self.engine.lab, exercise))

    def _require_undamaged(self, exercises: Sequence[Exercise]) -> None:
        """See that what exercises have in common is as it was, unless an exercise under way is about that.

        Raises:
            LabError: something on a node is not (`start.damaged`).
        """
        from lab.cluster.machines import baseline

        others = self._others(exercises)
        if Capability.BASELINE in self.engine.lacks() or any(on_nodes(other.touches) for other in others):
            return
        for node, changed in baseline.compare(self.engine).items():
            raise LabError("start.damaged", node=node, what=", ".join(changed), lab=self.engine.lab)

    def _remove_leftovers(self, exercises: Sequence[Exercise]) -> None:
        """Remove what earlier practices left that can spoil the start.

        What belongs to attempts at other exercises stays as long as the cluster accepts Pods.
        """
        from lab.practice.leftovers import Leftovers

        others = [other for other in self._others(exercises) if not any(shared(other, each) for each in exercises)]
        spared = frozenset(touch for other in others for touch in other.touches)
        removed = Leftovers(self.engine, self.clock).remove(spared)
        for other in others:
            if other.touches & removed:
                self.history.end(other, self.engine)

    def _others(self, exercises: Sequence[Exercise]) -> list[Exercise]:
        """The exercises besides these whose work this lab still holds."""
        wanted = {exercise.id for exercise in exercises}
        if others := self.history.open_on(self.engine) - wanted:
            return [exercise for exercise in self.catalog.exercises if exercise.id in others]
        return []

    def _go_back(self, say: Callable[[str], None]) -> None:
        """To the baseline, where nothing is left of any attempt."""
        from lab.cluster.machines import baseline

        baseline.restore(self.engine, say, self.clock)
        self.history.end_all(self.engine)

    def _stage(self, exercises: Sequence[Exercise]) -> Stage:
        from lab.practice.scenario import Stage

        touches = [touch for other in self._others(exercises) for touch in other.touches]
        return Stage(self.engine, self.clock, spared=list(namespaces(touches)))

    def _steps(self, progress: OnProgress, names: Sequence[str]) -> Steps:
        steps = [Step(i18n.text(f"session.step.{name}"), STEP_SECONDS) for name in names]
        return Steps(steps, progress, self.clock.seconds)


def _addons_of(exercises: Sequence[Exercise]) -> set[str]:
    return {name for exercise in exercises for name in exercise.addons}


def _require_apart(exercises: Sequence[Exercise]) -> None:
    for one, other in combinations(exercises, 2):
        if both := shared(one, other):
            what = i18n.text("touches.and").join(map(described, both))
            raise UsageError("start.collide", one=one.id, other=other.id, what=what)
