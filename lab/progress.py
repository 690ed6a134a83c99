"""How long work tells what it is doing: one event type, from the node image's build to the app's progress screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of a piece of work begins, or has something to say.

    Attributes:
        step: the step as its user reads it, already in their language.
        number: which step this is, from 1.
        steps: how many there are.
        elapsed: seconds since the whole work began.
        left: an estimate of the seconds still to come; None where nothing is known.
        detail: the newest line of the step's own output; empty when the step begins.
    """

    step: str
    number: int
    steps: int
    elapsed: float
    left: float | None = None
    detail: str = ""


OnProgress = Callable[[Progress], None]


def ignore(progress: Progress) -> None:
    """For callers who do not watch."""
