"""Time, as grading and practice take it; tests give another that does not pass by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of day, a count of seconds that never jumps, and a way to let time pass."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    seconds: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


SYSTEM = Clock()
"""The computer's own."""


def wait_until(condition: Callable[[], bool], clock: Clock, *, bound: float, every: float = 0.5) -> bool:
    """Ask again and again; whether the condition held before the time was up."""
    deadline = clock.seconds() + bound
    while not condition():
        if clock.seconds() >= deadline:
            return False
        clock.sleep(every)
    return True
