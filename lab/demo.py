"""A session on recordings: what comes of each answer can be seen, without a cluster in which to try it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from lab.catalog.model import Answer, Catalog, Exercise
from lab.clock import SYSTEM, Clock
from lab.cluster.engine import Capability, Node, State, Status
from lab.errors import UsageError
from lab.grading.grade import LabObserver
from lab.grading.record import UNTOUCHED, Replay, place
from lab.practice.session import Session
from lab.progress import OnProgress


class DemoEngine:
    """Stands where an engine does, and provides nothing: whatever needs a cluster is refused."""

    name = "demo"
    lab = "recordings"
    pace = 1.0

    @property
    def kubeconfig(self) -> Path:
        """There is none."""
        _refuse()

    def up(self, progress: OnProgress) -> None:  # noqa: ARG002 - the protocol's
        """There is nothing to be made ready."""
        _refuse()

    def down(self, progress: OnProgress) -> None:  # noqa: ARG002 - the protocol's
        """There is nothing to be removed."""
        _refuse()

    def status(self) -> Status:
        """Always the same."""
        return Status(self.name, self.lab, State.REPLAY)

    def nodes(self) -> Sequence[Node]:
        """There are none."""
        _refuse()

    def base(self) -> Node:
        """There is none."""
        _refuse()

    def shell_argv(self, *command: str, tty: bool = True) -> list[str]:  # noqa: ARG002 - the protocol's
        """There is no shell."""
        _refuse()

    def lacks(self) -> Mapping[Capability, str]:
        """Nothing: recordings were made where it was all there."""
        return {}


class DemoSession(Session):
    """Grades recordings by the same checks as a cluster, and forgets all that was done when it ends.

    It has the exercises that were recorded. Of each, one answer is chosen at a time; None is what a learner finds who
    has done nothing.
    """

    def __init__(self, catalog: Catalog, *, clock: Clock = SYSTEM) -> None:
        super().__init__(_recorded(catalog), DemoEngine(), clock=clock)
        self._chosen: dict[str, Answer | None] = {}

    def choose(self, exercise: Exercise, answer: Answer | None) -> None:
        """From now on, this is what was done in the exercise."""
        self._chosen[exercise.id] = answer

    def chosen(self, exercise: Exercise) -> Answer | None:
        """What was done in the exercise."""
        return self._chosen.get(exercise.id)

    @contextmanager
    def observer(self, exercise: Exercise) -> Iterator[LabObserver]:
        """The recording of the answer that is chosen."""
        answer = self.chosen(exercise)
        yield Replay(place(exercise, answer.name if answer else UNTOUCHED))


def _recorded(catalog: Catalog) -> Catalog:
    """Without exercises that are being written, of which not every answer was recorded yet."""
    domains = (replace(domain, exercises=tuple(filter(_is_recorded, domain.exercises))) for domain in catalog.domains)
    return Catalog(tuple(domains), catalog.problems)


def _is_recorded(exercise: Exercise) -> bool:
    names = (UNTOUCHED, *(answer.name for answer in exercise.answers))
    return all(place(exercise, name).is_file() for name in names)


def _refuse() -> NoReturn:
    raise UsageError("demo")
