"""What a session keeps of what its learner does, and what it does not."""

from __future__ import annotations

import pytest

from checkers.api import Verdict
from lab.catalog.model import Catalog, Domain, Exercise, Localized, Scenario
from lab.errors import LabError, UsageError
from lab.practice.attempt import Outcome
from lab.practice.session import Session
from tests.unit.support.clocks import Hands
from tests.unit.support.engines import HandMadeEngine
from tests.unit.support.exercises import criterion, exercise
from tests.unit.support.observations import HandMade


class Eyes(HandMade):
    """A hand-made observer that knows its API server's version."""

    def kubernetes(self) -> str:
        return "v1.36.1"

    def close(self) -> None:
        """It makes nothing."""


class Told(Exercise):
    """An exercise that has its texts in itself."""

    @property
    def hints(self) -> tuple[str, ...]:
        return ("first", "second")

    @property
    def solution(self) -> str:
        return "the solution"


def one(verdict: Verdict = Verdict.PASS) -> Exercise:
    own = exercise([criterion("a", verdict)], scenario=Scenario(("shop",)))
    return Told(**{name: getattr(own, name) for name in Exercise.__dataclass_fields__})


def session(own: Exercise, engine: HandMadeEngine | None = None) -> Session:
    catalog = Catalog((Domain("first", Localized("", ""), (own,)),))
    return Session(
        catalog, engine or HandMadeEngine(), observe=lambda engine, images, values: Eyes(), clock=Hands().clock
    )


def test_start_grade_reset_is_one_attempt() -> None:
    own = one()
    at_work = session(own)
    at_work.start(own)
    at_work.grade(own)
    at_work.reset(own)
    (attempt,) = at_work.history.attempts()
    assert (attempt.outcome, attempt.ended is None, len(attempt.grades)) == (Outcome.PASSED, False, 1)


def test_a_start_that_fails_is_no_attempt() -> None:
    own, engine = one(), HandMadeEngine()
    engine.node.answers["get pods"] = LabError("node.gone", node="kube-control-plane")
    at_work = session(own, engine)
    with pytest.raises(LabError):
        at_work.start(own)
    assert at_work.history.attempts() == ()


def test_a_hint_is_read_and_counted() -> None:
    own = one()
    at_work = session(own)
    assert at_work.hint(own, 2) == "second"
    assert at_work.history.attempts()[0].hints == 2


@pytest.mark.parametrize("number", [0, 3])
def test_a_hint_that_there_is_not_is_not_counted(number: int) -> None:
    own = one()
    at_work = session(own)
    with pytest.raises(UsageError):
        at_work.hint(own, number)
    assert at_work.history.attempts() == ()


def test_after_the_solution_a_full_score_proves_nothing() -> None:
    own = one()
    at_work = session(own)
    assert at_work.solution(own) == "the solution"
    at_work.grade(own)
    assert at_work.history.attempts()[0].outcome is Outcome.SHOWN
