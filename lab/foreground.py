"""A command that has the terminal until it ends."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Sequence


def foreground(argv: Sequence[str]) -> int:
    """Run a command that reads and writes where we do. Returns its exit code, as a shell gives it."""
    # Ctrl+C is the command's to answer, but the terminal sends it to all of its foreground. A handler, unlike SIG_IGN,
    # is not inherited by the command.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        code = subprocess.call(argv)
    finally:
        signal.signal(signal.SIGINT, before)
    return 128 - code if code < 0 else code
