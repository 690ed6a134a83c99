"""Waiting with a bound, and saying what for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from lab.errors import LabError

T = TypeVar("T")


def until(
    look: Callable[[], T],
    *,
    seconds: float,
    what: str,
    every: float = 0.5,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Look again and again until something is there, and return it.

    Args:
        what: what is awaited, for the error.

    Raises:
        LabError: it is not there in time (`wait`).
    """
    deadline = clock() + seconds
    while not (found := look()):
        if clock() >= deadline:
            raise LabError("wait", what=what, seconds=f"{seconds:.0f}")
        sleep(every)
    return found
