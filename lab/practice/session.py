"""A learner at work: one catalog, one lab. The command line and the app both work through this class."""

from __future__ import annotations

from lab.catalog.model import Catalog, Exercise
from lab.cluster.engine import Capability, Engine
from lab.grading.grade import Grade, OnFinding
from lab.progress import OnProgress, ignore


class Session:
    """What can be done with an exercise on a lab."""

    def __init__(self, catalog: Catalog, engine: Engine) -> None:
        self.catalog = catalog
        self.engine = engine

    def exercise(self, name: str) -> Exercise:
        """The exercise with this id.

        Raises:
            UsageError: there is none (`exercise.unknown`); it names the nearest ids.
        """
        raise NotImplementedError

    def impossible(self, exercise: Exercise) -> dict[Capability, str]:
        """What the exercise requires and this engine lacks -> why. Empty when it can be done here."""
        raise NotImplementedError

    def start(self, exercise: Exercise, progress: OnProgress = ignore) -> None:
        """Prepare the scenario, from a clean slate. Waits until what it made is settled."""
        raise NotImplementedError

    def reset(self, exercise: Exercise | None = None, progress: OnProgress = ignore) -> None:
        """Remove what the exercise, or every exercise, made and what its learner did in it."""
        raise NotImplementedError

    def grade(self, exercise: Exercise, on_finding: OnFinding = lambda graded: None) -> Grade:
        """Look at the cluster and judge. Changes nothing."""
        raise NotImplementedError
