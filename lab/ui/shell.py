"""The learner's shell in the terminal that the app has left for a while."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Sequence

RunCommand = Callable[[Sequence[str]], int]


def run_command(argv: Sequence[str]) -> int:
    """Give the terminal to a command until it ends."""
    # Ctrl+C there is the command's, but the terminal sends it to all of its foreground. A handler, unlike SIG_IGN, is
    # not inherited by the command.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        return subprocess.call(argv)
    finally:
        signal.signal(signal.SIGINT, before)
