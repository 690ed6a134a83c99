"""A learner's place in a class: what they do is in their history and in the ledger."""

from __future__ import annotations

import pytest

from checkers.api import Verdict
from lab.catalog.load import load
from lab.cluster.engine import State
from lab.errors import LabError
from lab.progress import ignore
from lab.workshop.events import Kind
from lab.workshop.ledger import Ledger
from lab.workshop.marks import from_detail
from lab.workshop.place import ClassHistory, catalog_of, mend, open_session
from tests.unit.support.classes import EXERCISE, class_of
from tests.unit.support.engines import HandMadeEngine
from tests.unit.support.exam_labs import session as session_on
from tests.unit.support.exercises import criterion, exercise

pytestmark = pytest.mark.usefixtures("english")

CATALOG = load()


def test_what_a_learner_does_is_heard_by_the_ledger() -> None:
    ledger, engine = Ledger(), HandMadeEngine()
    history = ClassHistory(class_of(2).learners[1], ledger)
    task = exercise([criterion("right"), criterion("wrong", Verdict.FAIL, 2)])
    session = session_on(engine, [task])
    history.begin(task, engine)
    history.take_hint(task, engine, 1)
    history.add(session.grade(task), engine)
    history.see_solution(task, engine)
    events = ledger.events()
    assert [event.kind for event in events] == [Kind.BEGAN, Kind.HINT, Kind.GRADED, Kind.SOLUTION]
    assert {event.learner for event in events} == {2}
    assert len(history.attempts()[0].grades) == 1


def test_the_ledger_has_verdicts_and_points_and_never_what_was_found() -> None:
    ledger, engine = Ledger(), HandMadeEngine()
    history = ClassHistory(class_of(1).learners[0], ledger)
    task = exercise([criterion("right"), criterion("wrong", Verdict.FAIL, 2)])
    history.add(session_on(engine, [task]).grade(task), engine)
    (graded,) = ledger.events()
    marks = from_detail(graded.detail)
    assert (marks.exercise, marks.score, marks.max, marks.passed) == ("one", 1, 3, False)
    assert "what was found" not in str(graded)


def test_the_learner_sees_the_exercises_of_the_class_alone_and_in_its_order() -> None:
    names = ("psa-warn-baseline", "busybox-security-context")
    assert [each.id for each in catalog_of(names, CATALOG).exercises] == list(names)


def test_who_comes_later_has_what_was_given_before() -> None:
    class_, ledger, given = class_of(2), Ledger(), "busybox-security-context"
    ledger.add(Kind.GIVEN, learner=2, exercises=[given])
    ada, bob = (open_session(class_, each, CATALOG, HandMadeEngine(), ledger) for each in class_.learners)
    assert [each.id for each in ada.catalog.exercises] == [EXERCISE]
    assert [each.id for each in bob.catalog.exercises] == [EXERCISE, given]


@pytest.mark.parametrize("state", [State.ABSENT, State.PARTIAL])
def test_a_learner_makes_no_lab(state: State) -> None:
    with pytest.raises(LabError) as raised:
        mend(HandMadeEngine(state=state), ignore)
    assert raised.value.key == "class.seat_gone"


def test_a_learner_mends_what_they_have_stopped() -> None:
    mend(HandMadeEngine(state=State.UNREACHABLE), ignore)
