"""An author who proves exercises on hand-made labs."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from lab.authoring.plan import Budget
from lab.authoring.prove import Proof
from lab.authoring.recall import Wanted
from lab.authoring.workbench import Result, prove_exercises
from lab.catalog.model import Catalog, Domain, Exercise, Localized
from lab.clock import Clock
from lab.cluster.engine import State, Status
from lab.practice.session import Session
from lab.progress import OnProgress, Progress
from tests.unit.support.clocks import Hands
from tests.unit.support.engines import HandMadeEngine
from tests.unit.support.proofs import RIGHT, Grades, HandMadeLab


@dataclass
class Made(HandMadeEngine):
    """An engine whose lab can be made and removed."""

    kubernetes: str = "v1.36.1"

    def up(self, progress: OnProgress) -> None:
        progress(Progress("Cluster", 1, 1, 0))
        self.state = State.READY

    def down(self, progress: OnProgress) -> None:
        self.state = State.ABSENT

    def status(self) -> Status:
        return Status(self.name, self.lab, self.state, self.kubernetes)


class Author:
    """Proves exercises on a lab, or on several.

    Attributes:
        grades: what each lab shows, by answer.
        engine: of the lab that is there; `others` are made when they are asked for.
        labs: what was done on each, by name.
        kind: of a lab; tests have their own.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, exercises: Sequence[Exercise]) -> None:
        self.exercises = list(exercises)
        self.grades: dict[str, Grades] = dict(RIGHT)
        self.engine = Made()
        self.others: dict[str, Made] = {}
        self.labs: dict[str, HandMadeLab] = {}
        self.kind: type[HandMadeLab] = HandMadeLab
        self.hands = Hands()
        self.news: list[Progress] = []
        monkeypatch.setattr("lab.authoring.workbench.AuthorSession", self._session)
        monkeypatch.setattr("lab.authoring.workbench.create_lab", self._create)

    def prove(self, *, budget: Budget | None = None, labs: int = 1, **wanted: Any) -> list[Result]:
        """All results."""
        return list(self.proving(budget=budget, labs=labs, **wanted))

    def proving(self, *, budget: Budget | None = None, labs: int = 1, **wanted: Any) -> Generator[Result, None, None]:
        catalog = Catalog((Domain("first", Localized("", ""), tuple(self.exercises)),))
        session = Session(catalog, self.engine, clock=self.hands.clock)
        wish = Wanted(**wanted)
        return prove_exercises(session, self.exercises, wish, self.news.append, budget=budget, labs=labs)

    def ran(self, **wanted: Any) -> dict[str, str]:
        """The answers that are run on a lab, with the reason."""
        return {proof.id: proof.why for proof in self.prove(**wanted) if isinstance(proof, Proof) and proof.why}

    def _session(self, _: Catalog, engine: Made, *, clock: Clock, **__: object) -> HandMadeLab:
        lab = self.labs.setdefault(engine.lab, self.kind(self.grades))
        lab.engine, lab.clock = engine, clock
        return lab

    def _create(self, name: str, _: object) -> Made:
        return self.others.setdefault(name, Made(lab=name, state=State.ABSENT))
