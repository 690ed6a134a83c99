"""A learner's place in a class: their session on their seat's lab, and the ledger that hears of what they do there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lab.catalog.model import Catalog, Exercise
from lab.cluster.engine import Engine, State
from lab.errors import LabError
from lab.grading.grade import Grade
from lab.practice.history import History
from lab.practice.session import Session
from lab.progress import OnProgress
from lab.workshop import ledger as ledgers
from lab.workshop import marks
from lab.workshop.assignments import exercises_of
from lab.workshop.class_file import Class, Learner
from lab.workshop.events import Kind
from lab.workshop.ledger import Ledger


class ClassHistory(History):
    """The history of one learner in a class. The ledger hears what the board shows: no screen has to tell it.

    Args:
        file: the learner's own; None: in memory.
    """

    def __init__(self, learner: Learner, ledger: Ledger, file: Path | None = None) -> None:
        super().__init__(file)
        self._learner = learner.number
        self._ledger = ledger

    def begin(self, exercise: Exercise, engine: Engine) -> None:
        """An attempt begins."""
        super().begin(exercise, engine)
        self._ledger.add(Kind.BEGAN, learner=self._learner, exercise=exercise.id)

    def take_hint(self, exercise: Exercise, engine: Engine, number: int) -> None:
        """The learner reads a hint."""
        super().take_hint(exercise, engine, number)
        self._ledger.add(Kind.HINT, learner=self._learner, exercise=exercise.id, number=number)

    def see_solution(self, exercise: Exercise, engine: Engine) -> None:
        """The learner reads the solution."""
        super().see_solution(exercise, engine)
        self._ledger.add(Kind.SOLUTION, learner=self._learner, exercise=exercise.id)

    def add(self, grade: Grade, engine: Engine) -> None:
        """The learner's work was graded."""
        super().add(grade, engine)
        self._ledger.add(Kind.GRADED, learner=self._learner, **marks.to_detail(grade))


def open_session(class_: Class, learner: Learner, catalog: Catalog, engine: Engine, ledger: Ledger) -> Session:
    """What a learner may do: the exercises that they have, on the lab of their seat, with a history of their own."""
    exercises = exercises_of(class_, ledger.events(), learner.number)
    return Session(catalog_of(exercises, catalog), engine, history=open_history(class_, learner, ledger))


def open_history(class_: Class, learner: Learner, ledger: Ledger) -> ClassHistory:
    """The history of a learner in a class, a file of its own."""
    return ClassHistory(learner, ledger, ledgers.folder(class_.id) / f"{learner.seat}.db")


def catalog_of(exercises: Sequence[str], catalog: Catalog) -> Catalog:
    """These exercises, in their order within each domain."""
    place = {name: number for number, name in enumerate(exercises)}
    chosen = (
        replace(domain, exercises=tuple(sorted(mine, key=lambda exercise: place[exercise.id])))
        for domain in catalog.domains
        if (mine := [exercise for exercise in domain.exercises if exercise.id in place])
    )
    return Catalog(tuple(chosen))


def mend(engine: Engine, progress: OnProgress) -> None:
    """Make a seat's lab ready where a learner's change has stopped it. Seats are made by the instructor alone.

    Raises:
        LabError: there is no whole lab (`class.seat_gone`), or it cannot be mended.
    """
    status = engine.status()
    if status.state in (State.ABSENT, State.PARTIAL):
        raise LabError("class.seat_gone", seat=engine.lab)
    engine.up(progress)
