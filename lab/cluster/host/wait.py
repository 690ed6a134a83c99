"""Waiting with a bound, and saying what for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from lab.clock import SYSTEM, Clock, wait_until
from lab.cluster.host.processes import OnLine
from lab.errors import LabError

T = TypeVar("T")


def until(look: Callable[[], T], *, seconds: float, what: str, clock: Clock = SYSTEM) -> T:
    """Look again and again until something is there, and return it.

    Args:
        what: what is awaited, for the error.

    Raises:
        LabError: it is not there in time (`wait`).
    """
    found: list[T] = []

    def is_there() -> bool:
        found[:] = [look()]
        return bool(found[0])

    if not wait_until(is_there, clock, bound=seconds):
        raise LabError("wait", what=what, seconds=f"{seconds:.0f}")
    return found[0]


def bounded(hear: OnLine, *, seconds: float, what: str, clock: Clock = SYSTEM) -> OnLine:
    """OnLine the lines of a program (see `processes.watch`) until its time is up.

    Raises:
        LabError: from what is returned, when it is (`wait`).
    """
    deadline = clock.seconds() + seconds

    def heard(line: str | None) -> None:
        if clock.seconds() > deadline:
            raise LabError("wait", what=what, seconds=f"{seconds:.0f}")
        hear(line)

    return heard
