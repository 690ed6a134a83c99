"""A Textual app in a terminal of its own, measured from outside."""

from __future__ import annotations

import os
import re
import select
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import quantiles
from typing import Self

from lab.terminal.pty import Pty

KEYS = 20
"""As many wide signs as an input field shows at once."""
ROUNDS = 3
"""How often so many keys are pressed; between them the line is cleared."""
CLEAR = "\x15"
BETWEEN_KEYS = 0.1
"""Seconds. A person is no faster."""
BOUND = 30.0
"""Seconds after which something will not be drawn any more."""


class App:
    """A Python program that draws on its terminal."""

    def __init__(self, program: str) -> None:
        environment = {**os.environ, "TERM": "xterm-256color", "CKSLAB_LANG": "en"}
        self._began = time.perf_counter()
        self._pty = Pty([sys.executable, "-c", program], environment, 120, 36)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pty.close()

    def first_frame(self, sign: str) -> float:
        """Seconds from the start of its process until it has shown this."""
        self._await(re.escape(sign))
        return time.perf_counter() - self._began

    def type(self, keys: str, sign: str) -> float:
        """Type, and wait until this is shown, whatever else is drawn. Returns the seconds that it took."""
        began = time.perf_counter()
        self._pty.write(keys)
        self._await(re.escape(sign))
        return time.perf_counter() - began

    def lateness(self, ticks: int) -> float:
        """The most by which a clock on the screen, which shows seconds, was late or early over so many of its ticks."""
        moments: list[tuple[int, float]] = []
        while len(moments) <= ticks:
            second = int(self._await(r"\b(\d+)s\b"))  # on a busy machine one may be left out
            if not moments or second > moments[-1][0]:
                moments.append((second, time.perf_counter()))
        return max(abs(later[1] - sooner[1] - (later[0] - sooner[0])) for sooner, later in pairwise(moments))

    def idle(self, seconds: float) -> float:
        """The share of a core that it takes when nothing happens."""
        self.drain(1)
        before = self.cpu()
        self.drain(seconds)
        return (self.cpu() - before) / seconds

    @property
    def megabytes(self) -> float:
        """What it has in memory, shared libraries included."""
        pages = int(Path(f"/proc/{self._pty.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def _await(self, pattern: str) -> str:
        """Until this is drawn. Returns what its group has matched, if it has one."""
        seen, end = b"", time.perf_counter() + BOUND
        while not (found := re.search(pattern.encode(), seen)):
            if not select.select([self._pty.fd], [], [], max(0, end - time.perf_counter()))[0]:
                raise TimeoutError(f"{pattern} was not drawn in {BOUND:.0f} s")
            seen = seen[-200:] + self._read()
        return found.group(found.re.groups).decode()

    def drain(self, seconds: float) -> None:
        """Let time pass, in which it may draw."""
        end = time.perf_counter() + seconds
        while select.select([self._pty.fd], [], [], max(0, end - time.perf_counter()))[0]:
            self._read()

    def _read(self) -> bytes:
        output = self._pty.read()
        if output is None:
            raise RuntimeError("the app has ended")
        return output

    def cpu(self) -> float:
        """Seconds of processor time that it has taken so far."""
        used = Path(f"/proc/{self._pty.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Echo:
    """How soon an app shows a key.

    Attributes:
        seconds: percentile -> seconds from a key to its sign on the screen.
        cpu: seconds of processor time for a key, which a busy machine hardly changes.
    """

    seconds: Mapping[int, float]
    cpu: float


def echoes(*apps: App) -> list[Echo]:
    """For each app how soon it shows a key.

    They get their keys in turn, so that whatever else the machine does is the same for all.
    """
    seconds: list[list[float]] = [[] for _ in apps]
    before = [app.cpu() for app in apps]
    for number in range(ROUNDS * KEYS):
        sign = chr(0x4E00 + number)  # one that occurs in nothing else that is drawn
        for app, taken in zip(apps, seconds, strict=True):
            if number % KEYS == 0:
                app.type(CLEAR, "")
                app.drain(BETWEEN_KEYS)
            taken.append(app.type(sign, sign))
            app.drain(BETWEEN_KEYS)
    used = [(app.cpu() - cpu) / len(taken) for app, cpu, taken in zip(apps, before, seconds, strict=True)]
    return [
        Echo(dict(enumerate(quantiles(taken, n=100, method="inclusive"), start=1)), cpu)
        for taken, cpu in zip(seconds, used, strict=True)
    ]
