"""A command that has the terminal until it ends."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Sequence

LOOK_EVERY = 5.0
"""Seconds between two looks at whether something was typed."""


def foreground(argv: Sequence[str], typed: Callable[[], object] = lambda: None) -> int:
    """Run a command that reads and writes where we do. Returns its exit code, as a shell gives it.

    Args:
        typed: called every few seconds in which somebody has typed something.
    """
    # Ctrl+C is the command's to answer, but the terminal sends it to all of its foreground. A handler, unlike SIG_IGN,
    # is not inherited by the command.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        with subprocess.Popen(argv) as command:
            code = _wait(command, typed)
    finally:
        signal.signal(signal.SIGINT, before)
    return 128 - code if code < 0 else code


def _wait(command: subprocess.Popen[bytes], typed: Callable[[], object]) -> int:
    seen = _last_read()
    while True:
        try:
            return command.wait(LOOK_EVERY)
        except subprocess.TimeoutExpired:
            before, seen = seen, _last_read()
            if seen > before:
                typed()


def _last_read() -> float:
    """When something was read from our input last; of a terminal the kernel keeps it to eight seconds, as `w` shows."""
    return os.fstat(0).st_atime
