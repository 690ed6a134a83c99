"""The events of a class, and where its seats stand by them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.exam.events import Moment
from lab.workshop.events import Event, Kind
from lab.workshop.ledger import Ledger
from lab.workshop.state import MAKING_SECONDS, Condition, seats_of
from tests.unit.support.classes import NOON, class_of, event, moment

pytestmark = pytest.mark.usefixtures("english")


def test_what_was_added_is_there_for_another_process(tmp_path: Path) -> None:
    file = tmp_path / "class.db"
    Ledger(file, moment).add(Kind.READY, seat="m-01", seconds=41.5)
    assert Ledger(file).events() == (Event(Kind.READY, moment(), "m-01", detail={"seconds": 41.5}),)


def test_only_what_is_new_is_read_again() -> None:
    ledger = Ledger(watch=moment)
    ledger.add(Kind.MAKING, seat="m-01")
    ledger.add(Kind.READY, seat="m-01")
    assert [each.kind for each in ledger.events(after=1)] == [Kind.READY]


@pytest.mark.parametrize("statement", ["UPDATE event SET seat = 'x'", "DELETE FROM event"])
def test_an_event_cannot_be_changed_or_removed(statement: str) -> None:
    ledger = Ledger(watch=moment)
    ledger.add(Kind.MAKING, seat="m-01")
    with pytest.raises(LabError) as raised, ledger._database.writing() as rows:
        rows.execute(statement)
    assert "events are only added" in raised.value.came_back


def test_every_seat_is_wanted_at_first_and_those_without_a_learner_are_in_reserve() -> None:
    seats = seats_of(class_of(2), [], moment())
    assert [(seat.name, seat.learner, seat.condition) for seat in seats] == [
        ("m-01", 1, Condition.WANTED),
        ("m-02", 2, Condition.WANTED),
        ("m-03", 0, Condition.WANTED),
    ]


@pytest.mark.parametrize(
    ("kinds", "condition"),
    [
        ([Kind.MAKING], Condition.MAKING),
        ([Kind.MAKING, Kind.READY], Condition.READY),
        ([Kind.MAKING, Kind.LOST], Condition.LOST),
        ([Kind.READY, Kind.STOPPED], Condition.STOPPED),
        ([Kind.READY, Kind.LOST, Kind.MAKING], Condition.MAKING),
        ([Kind.READY, Kind.REMOVED], Condition.WANTED),
    ],
)
def test_the_last_event_of_a_seat_says_where_it_stands(kinds: list[Kind], condition: Condition) -> None:
    events = [event(kind, number, seat="m-01") for number, kind in enumerate(kinds)]
    first, *others = seats_of(class_of(2), events, moment(10))
    assert first.condition is condition
    assert {seat.condition for seat in others} == {Condition.WANTED}


def test_a_seat_says_how_long_it_took_and_why_it_is_lost() -> None:
    ready = Event(Kind.READY, moment(), "m-01", detail={"seconds": 41.5})
    seats = seats_of(class_of(2), [ready, event(Kind.LOST, seat="m-02", reason="no answer")], moment())
    assert [(seat.seconds, seat.reason) for seat in seats] == [(41.5, ""), (0, "no answer"), (0, "")]


def test_a_seat_whose_maker_is_gone_is_lost() -> None:
    making = [event(Kind.MAKING, seat="m-01")]
    assert seats_of(class_of(1), making, moment(MAKING_SECONDS))[0].condition is Condition.MAKING
    late = seats_of(class_of(1), making, moment(MAKING_SECONDS + 1))[0]
    assert (late.condition, late.reason) == (Condition.LOST, "it was being made, and never became ready")


def test_across_a_restart_of_the_computer_the_time_of_day_counts() -> None:
    restarted = Moment(NOON + timedelta(hours=1), "two", 3)
    assert seats_of(class_of(1), [event(Kind.MAKING, seat="m-01")], restarted)[0].condition is Condition.LOST
