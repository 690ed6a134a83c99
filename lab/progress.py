"""How long work tells what it is doing: one event type, from the node image's build to the app's progress screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lab import i18n


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of a piece of work begins, or has something to say.

    Attributes:
        step: the step as its user reads it, already in their language; empty: the one before has ended, none follows.
        number: which step this is, from 1.
        steps: how many there are.
        elapsed: seconds since the whole work began.
        left: an estimate of the seconds still to come; None where nothing is known.
        detail: the newest line of the step's own output; empty when the step begins.
        lab: where this is done, while work goes on in several labs at a time; empty: in one only.
    """

    step: str
    number: int
    steps: int
    elapsed: float
    left: float | None = None
    detail: str = ""
    lab: str = ""


OnProgress = Callable[[Progress], None]


def ignore(progress: Progress) -> None:
    """For callers who do not watch."""


def duration(seconds: float) -> str:
    """A span of time in the fewest words: `45s`, `1m20s`, `1h02m`."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02}m"


def ago(when: datetime, now: datetime) -> str:
    """How long something is past, by the learner's calendar: `today`, `3 days ago`."""
    days = (now.astimezone().date() - when.astimezone().date()).days
    if days < 2:
        return i18n.text("progress.yesterday" if days == 1 else "progress.today")
    for span, least, length in (("months", 60, 30), ("weeks", 14, 7)):
        if days >= least:
            return i18n.text(f"progress.{span}_ago", count=days // length)
    return i18n.text("progress.days_ago", count=days)


def at_time(when: datetime, now: datetime) -> str:
    """A moment by the learner's calendar: with its hour while that is remembered, `today 02:04`, else `3 days ago`."""
    days = (now.astimezone().date() - when.astimezone().date()).days
    return f"{ago(when, now)} {when.astimezone():%H:%M}" if days < 2 else ago(when, now)


def remaining(seconds: float | None) -> str:
    """An estimate as its reader should take it, no finer than a minute; empty where nothing is known."""
    if seconds is None:
        return ""
    if seconds < 60:
        return i18n.text("progress.soon")
    return i18n.text("progress.minutes", minutes=round(seconds / 60))
