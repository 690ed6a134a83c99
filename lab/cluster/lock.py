"""One program at a time makes or removes a lab: another would take what is half made for what was interrupted."""

from __future__ import annotations

import fcntl
import functools
from collections.abc import Callable
from typing import Protocol, TypeVar

from lab import paths
from lab.errors import LabError
from lab.progress import OnProgress


class _Lab(Protocol):
    @property
    def lab(self) -> str: ...


E = TypeVar("E", bound=_Lab)


def exclusive(work: Callable[[E, OnProgress], None]) -> Callable[[E, OnProgress], None]:
    """Let `up` or `down` of an engine refuse while another program is at work on its lab.

    The operating system gives the lock back when its holder ends, however it ends.

    Raises:
        LabError: so it is (`lab.busy`).
    """

    @functools.wraps(work)
    def alone(engine: E, progress: OnProgress) -> None:
        # Beside the lab's folder, which `down` removes.
        with paths.private(paths.lab(engine.lab).parent).joinpath(f"{engine.lab}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as busy:
                raise LabError("lab.busy", lab=engine.lab) from busy
            work(engine, progress)

    return alone
