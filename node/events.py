"""What a build tells, and how it takes turns with others.

One JSON object a line, for whoever shows progress:
    {"event": "plan", "steps": [{"name": ..., "seconds": ...}, ...]}     what is to be done
    {"event": "begin", "step": ...}   {"event": "line", "text": ...}   {"event": "end", "step": ..., "seconds": ...}
    {"event": "failed", "step": ..., "problem": "disk-full" | "registry" | "command", "output": ...}
"""

from __future__ import annotations

import errno
import fcntl
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from node.commands import BuildFailed

_PROBLEMS = {
    "disk-full": ("no space left on device", "disk quota exceeded"),
    "registry": (
        "dial tcp",
        "temporary failure resolving",
        "could not resolve",
        "connection refused",
        "i/o timeout",
        "connection timed out",
        "failed to fetch",
        "no such host",
        "403 forbidden",
        "max retries exceeded",
    ),
}


@dataclass(frozen=True, slots=True)
class Step:
    """A part of a build that is still to be done; `seconds` is what it took elsewhere."""

    name: str
    seconds: int
    run: Callable[[], object]


def say(event: str, **what: Any) -> None:
    """One event, as a line of JSON."""
    print(json.dumps({"event": event, **what}), flush=True)


def run(steps: Sequence[Step]) -> bool:
    """Do the steps in turn, telling each. False with a `failed` event when one of them fails: the rest is not tried."""
    say("plan", steps=[{"name": step.name, "seconds": step.seconds} for step in steps])
    for step in steps:
        say("begin", step=step.name)
        began = time.monotonic()
        try:
            step.run()
        except (BuildFailed, OSError) as failure:
            fail(step.name, failure)
            return False
        say("end", step=step.name, seconds=round(time.monotonic() - began, 1))
    return True


def fail(step: str, failure: Exception) -> None:
    """Tell that a step failed, and of what."""
    say("failed", step=step, problem=_problem(failure), output=str(failure))


@contextmanager
def alone(cache: Path) -> Iterator[None]:
    """Only one build at a time writes to a cache, and takes the processor; a second one waits."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("line", text="another build is using this cache; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _problem(failure: Exception) -> str:
    if isinstance(failure, OSError) and failure.errno in (errno.ENOSPC, errno.EDQUOT):
        return "disk-full"
    words = str(failure).lower()
    return next((name for name, signs in _PROBLEMS.items() if any(sign in words for sign in signs)), "command")
