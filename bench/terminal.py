"""A Textual app in a terminal of its own, measured from outside."""

from __future__ import annotations

import os
import select
import sys
import time
from pathlib import Path
from statistics import quantiles
from typing import Self

from lab.terminal.pty import Pty

KEYS = 200
QUIET = 1.0
"""Seconds without output after which an app has drawn what there is to draw."""


class App:
    """A Python program that draws on its terminal, from its first quiet moment on."""

    def __init__(self, program: str) -> None:
        environment = {**os.environ, "TERM": "xterm-256color"}
        self._pty = Pty([sys.executable, "-c", program], environment, 120, 36)

    def __enter__(self) -> Self:
        self._drain(first=30)
        return self

    def __exit__(self, *_: object) -> None:
        self._pty.close()

    def press(self, *keys: str) -> None:
        """Press keys, and wait until it has drawn what comes of it."""
        for key in keys:
            self._pty.write(key)
            self._drain()

    def echoes(self) -> dict[int, float]:
        """Percentile -> seconds from a key to its sign on the screen."""
        # Signs that occur in nothing else that is drawn.
        seconds = [self._echo(chr(0x4E00 + number)) for number in range(KEYS)]
        return dict(enumerate(quantiles(seconds, n=100), start=1))

    def idle(self, seconds: float) -> float:
        """The share of a core that it takes when nothing happens."""
        self._drain()
        before = self._cpu()
        time.sleep(seconds)
        return (self._cpu() - before) / seconds

    @property
    def megabytes(self) -> float:
        """What it has in memory, shared libraries included."""
        pages = int(Path(f"/proc/{self._pty.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def _echo(self, sign: str) -> float:
        began = time.perf_counter()
        self._pty.write(sign)
        seen = b""
        while sign.encode() not in seen:
            select.select([self._pty.fd], [], [], 5)
            seen = seen[-8:] + self._read()
        return time.perf_counter() - began

    def _drain(self, first: float = QUIET) -> None:
        wait = first
        while select.select([self._pty.fd], [], [], wait)[0]:
            self._read()
            wait = QUIET

    def _read(self) -> bytes:
        output = self._pty.read()
        if output is None:
            raise RuntimeError("the app has ended")
        return output

    def _cpu(self) -> float:
        used = Path(f"/proc/{self._pty.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK")
