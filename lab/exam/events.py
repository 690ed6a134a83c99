"""What happens in a sitting, and when. Events are only added; `lab.exam.state` computes everything shown from them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Moment:
    """A time by three clocks.

    Attributes:
        wall: the time of day. Its user may set it, so it is only shown, and used across a restart of the computer.
        boot: names this run of the computer.
        seconds: since the computer was started. They go on while it is suspended, and nobody sets them.
    """

    wall: datetime
    boot: str
    seconds: float


Watch = Callable[[], Moment]
"""Tells the time."""


def now() -> Moment:
    """The time by this computer's clocks. Where there is no CLOCK_BOOTTIME (macOS), CLOCK_MONOTONIC is as good."""
    clock: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return Moment(datetime.now(UTC), _boot(), time.clock_gettime(clock))


@cache
def _boot() -> str:
    return _BOOT_ID.read_text(encoding="ascii").strip() if _BOOT_ID.exists() else ""


class Kind(StrEnum):
    """What can happen. After each, what its event says besides the time."""

    STARTED = "started"
    """The clock starts: `detail: labs`, the name of each host -> that of its lab."""
    OPENED = "opened"
    """A task is shown: `task`."""
    LEFT = "left"
    """It is shown no more, and none in its place: `task`. (Opening another one leaves it, too.)"""
    FLAGGED = "flagged"
    """Its flag was set, or taken away: `task`, `detail: on`."""
    KEY = "key"
    """A key was pressed. `Journal.key` saves one in a while, not each."""
    SHELL = "shell"
    """The learner's shell is on a host now: `host`; empty: on none."""
    GONE = "gone"
    """A lab has failed, not by its learner, and the clock stands still: `host`."""
    BACK = "back"
    """It works again: `host`."""
    LOST = "lost"
    """It is given up: `host`. The clock goes on, and its tasks leave the sum."""
    MOVED = "moved"
    """Nothing is left of what was done on its lab; its tasks were set again on another: `host`, `detail: lab`."""
    CREDITED = "credited"
    """Time is given for another reason: `detail: seconds`, and `reason` in words that may be shown."""
    HANDED_IN = "handed_in"
    """The learner has ended it before its time was over."""
    GRADED = "graded"
    """A task was graded: `task`, and what `lab.exam.verdicts` makes of it. The newest counts."""
    REGRADED = "regraded"
    """It was judged again from its recording, by checks of today, and came out otherwise: as `graded`."""
    CLOSED = "closed"
    """Its labs may be used for something else."""


LEARNERS = frozenset({Kind.OPENED, Kind.LEFT, Kind.FLAGGED, Kind.KEY, Kind.SHELL, Kind.HANDED_IN})
"""What only happens when the learner does something."""


GRADES = frozenset({Kind.GRADED, Kind.REGRADED})
"""What tells a task's grade. The newest counts."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        task: the position of the task that it is about; 0: of none.
        host: the host that it is about, by the exam's name for it.
        detail: what else there is to know, as JSON can hold it.
    """

    kind: Kind
    at: Moment
    task: int = 0
    host: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


def to_json(event: Event) -> dict[str, Any]:
    """An event for `history --export`. What says nothing is left out."""
    facts = {
        "kind": event.kind.value,
        "at": event.at.wall.isoformat(timespec="milliseconds"),
        "seconds": round(event.at.seconds, 3),
        "task": event.task,
        "host": event.host,
        "detail": dict(event.detail),
    }
    return {name: value for name, value in facts.items() if value not in (0, "", {})}
