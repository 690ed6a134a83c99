"""Where a class stands at a moment, computed from its events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lab import i18n
from lab.exam.events import Moment
from lab.workshop.class_file import Class, Learner
from lab.workshop.events import Event, Kind

MAKING_SECONDS = 900.0
"""In which a seat is made at the latest. One that takes longer is lost: whoever made it is gone."""


class Condition(StrEnum):
    """What a seat is at."""

    WANTED = "wanted"
    """There is nothing of it yet, or nothing any more."""
    MAKING = "making"
    READY = "ready"
    TAKEN = "taken"
    """It was in reserve, and is now a learner's, or about to be."""
    STOPPED = "stopped"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a seat stands.

    Attributes:
        learner: the number of who is at it; 0: nobody, it is in reserve.
        seconds: what it took to make it; 0: not known.
        reason: why it is lost.
    """

    name: str
    learner: int
    condition: Condition = Condition.WANTED
    seconds: float = 0.0
    reason: str = ""


_CONDITIONS: Mapping[Kind, Condition] = {
    Kind.MAKING: Condition.MAKING,
    Kind.READY: Condition.READY,
    Kind.TAKEN: Condition.TAKEN,
    Kind.MOVED: Condition.TAKEN,
    Kind.STOPPED: Condition.STOPPED,
    Kind.LOST: Condition.LOST,
    Kind.REMOVED: Condition.WANTED,
}


def seats_of(class_: Class, events: Sequence[Event], now: Moment) -> tuple[Seat, ...]:
    """Where each seat stands, in the order of the list."""
    at = places_of(class_, events)
    learners = {seat: learner for learner, seat in at.items()}
    last = {event.seat: event for event in events if event.kind in _CONDITIONS}
    return tuple(_seat(name, learners.get(name, 0), last.get(name), now) for name in class_.seats)


def places_of(class_: Class, events: Iterable[Event]) -> dict[int, str]:
    """The number of each learner -> the seat that they are at: that on their slip, unless they were moved."""
    moved = {event.learner: event.seat for event in events if event.kind is Kind.MOVED and event.seat in class_.seats}
    return {learner.number: moved.get(learner.number, learner.seat) for learner in class_.learners}


def place_of(class_: Class, learner: Learner, events: Iterable[Event]) -> str:
    """The seat that a learner is at."""
    return places_of(class_, events)[learner.number]


def here(events: Iterable[Event]) -> set[int]:
    """The numbers of the learners whose apps run."""
    numbers = set[int]()
    for event in events:
        if event.kind is Kind.CAME:
            numbers.add(event.learner)
        elif event.kind is Kind.LEFT:
            numbers.discard(event.learner)
    return numbers


def _seat(name: str, learner: int, last: Event | None, now: Moment) -> Seat:
    if last is None:
        return Seat(name, learner)
    if last.kind is Kind.MAKING and passed(last.at, now) > MAKING_SECONDS:
        return Seat(name, learner, Condition.LOST, reason=i18n.text("workshop.seat.never_made"))
    seconds, reason = float(last.detail.get("seconds", 0)), str(last.detail.get("reason", ""))
    return Seat(name, learner, _CONDITIONS[last.kind], seconds, reason)


def passed(since: Moment, now: Moment) -> float:
    """Seconds; across a restart of the computer by the time of day."""
    if since.boot == now.boot:
        return now.seconds - since.seconds
    return (now.wall - since.wall).total_seconds()
