"""What to do next, and why: concluded from what was done so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lab.catalog.model import Exercise
from lab.practice.attempt import Outcome, Standing

FADES = timedelta(days=7)
"""How long a pass is fresh. After that one should see whether one can still do it."""


class Reason(StrEnum):
    """Why an exercise is worth doing, the most urgent first."""

    BEGUN = "begun"
    """Its scenario stands, and nothing was judged yet."""
    FAILED = "failed"
    """It did not pass the last time."""
    SHOWN = "shown"
    """Its solution was looked at; now to do it without."""
    NEW = "new"
    """It was never tried."""
    LONG_AGO = "long_ago"
    """It passed, but that is a while ago."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An exercise that is worth doing.

    Attributes:
        since: when that became so; None for one that was never tried.
    """

    exercise: Exercise
    reason: Reason
    since: datetime | None = None


_OF_OUTCOME = {Outcome.BEGUN: Reason.BEGUN, Outcome.FAILED: Reason.FAILED, Outcome.SHOWN: Reason.SHOWN}


def suggest(standings: Iterable[Standing], now: datetime) -> tuple[Suggestion, ...]:
    """The exercises worth doing, best first; none when all of them were passed lately.

    What was left undone comes newest first, while it is fresh in mind; what was passed, oldest first; new ones in the
    catalog's order.
    """
    found = [suggestion for standing in standings if (suggestion := _of(standing, now)) is not None]
    return tuple(sorted(found, key=lambda suggestion: _rank(suggestion, now)))


def _of(standing: Standing, now: datetime) -> Suggestion | None:
    latest = standing.latest
    if latest is None:
        return Suggestion(standing.exercise, Reason.NEW)
    if latest.outcome is not Outcome.PASSED:
        return Suggestion(standing.exercise, _OF_OUTCOME[latest.outcome], latest.decided)
    if now - latest.decided < FADES:
        return None
    return Suggestion(standing.exercise, Reason.LONG_AGO, latest.decided)


def _rank(suggestion: Suggestion, now: datetime) -> tuple[int, timedelta]:
    age = timedelta() if suggestion.since is None else now - suggestion.since
    return list(Reason).index(suggestion.reason), -age if suggestion.reason is Reason.LONG_AGO else age
