"""Who works on a lab has it for themselves: another would take what is half made for what was interrupted."""

from __future__ import annotations

import fcntl
import functools
import os
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol, TypeVar

from lab import paths
from lab.errors import LabError
from lab.progress import OnProgress


class _Lab(Protocol):
    @property
    def lab(self) -> str: ...


E = TypeVar("E", bound=_Lab)


class _Turn:
    """The threads of this program take turns at a lab. Whose turn it is may take it again: a proof starts exercises."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.taken = False


_turns: defaultdict[str, _Turn] = defaultdict(_Turn)


@contextmanager
def hold(lab: str, *, only_looking: bool = False) -> Iterator[None]:
    """Have a lab for oneself, or share it with whoever is only looking as well.

    A thread of this program waits for the others, since what its learner has stopped takes a moment to end. Another
    program is not waited for. The operating system gives back what a program held, however it ends.

    Raises:
        LabError: another program is at work on it (`lab.busy`).
    """
    turn = _turns[lab]
    with turn.lock:
        if turn.taken:
            yield
            return
        # Beside the lab's folder, which `down` removes.
        path = paths.private(paths.lab(lab).parent) / f"{lab}.lock"
        file = _locked(path, fcntl.LOCK_SH if only_looking else fcntl.LOCK_EX)
        if file is None:
            raise LabError("lab.busy", _holder(path), lab=lab)
        turn.taken = True
        try:
            yield
        finally:
            turn.taken = False
            if not only_looking:
                path.unlink(missing_ok=True)
            file.close()


def exclusive(work: Callable[[E, OnProgress], None]) -> Callable[[E, OnProgress], None]:
    """Let `up` or `down` of an engine hold its lab."""

    @functools.wraps(work)
    def alone(engine: E, progress: OnProgress) -> None:
        with hold(engine.lab):
            work(engine, progress)

    return alone


def _locked(path: Path, how: int) -> IO[str] | None:
    """The file, locked, with a line on who has it; None where another program has it."""
    while True:
        file = path.open("a")
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except OSError as refused:
            file.close()
            if isinstance(refused, BlockingIOError):
                return None
            raise
        if _is_at(path, file):
            file.truncate(0)
            file.write(f"{os.getpid()}: {Path(sys.argv[0]).name} {' '.join(sys.argv[1:])}\n")
            file.flush()
            return file
        # Whoever held the lab has just removed this file, so the next one would not find it locked.
        file.close()


def _is_at(path: Path, file: IO[str]) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _holder(path: Path) -> str:
    try:
        return path.read_text()
    except FileNotFoundError:  # it has just gone
        return ""
