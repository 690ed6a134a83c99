"""Classes made by hand, and what happens in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from lab.exam.events import Moment
from lab.workshop.class_file import Class, Learner, seat_name
from lab.workshop.events import Event, Kind
from lab.workshop.ledger import Ledger

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
EXERCISE = "psa-warn-baseline"


def class_of(learners: int, *exercises: str) -> Class:
    """A class of learners who are called by their numbers."""
    listed = tuple(Learner(number, f"{number}", "", "en", seat_name("m", number)) for number in range(1, learners + 1))
    return Class("m", "M", exercises or (EXERCISE,), listed, "en")


def moment(seconds: float = 0, boot: str = "one") -> Moment:
    return Moment(NOON + timedelta(seconds=seconds), boot, seconds)


def event(kind: Kind, seconds: float = 0, /, *, seat: str = "", learner: int = 0, **detail: Any) -> Event:
    return Event(kind, moment(seconds), seat, learner, detail)


def kinds(ledger: Ledger, seat: str) -> list[Kind]:
    """What happened to a seat."""
    return [event.kind for event in ledger.events() if event.seat == seat]
