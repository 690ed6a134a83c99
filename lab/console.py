"""Progress on standard error: one live line on a terminal, few plain lines where there is none."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self, TextIO

from lab.progress import Progress, duration, remaining
from lab.text import cut, printable

WORTH_A_LINE = 1.0
"""Seconds. A step that took less had nothing to do, and gets no line."""
HEARTBEAT = 30.0
"""Seconds between plain lines while one step lasts, so that nobody (and no CI) takes it for dead."""

_CLEAR = "\r\x1b[K"


@dataclass(frozen=True, slots=True)
class Step:
    """The step under way. The times are the console's clock, not the step's own."""

    progress: Progress
    began: float
    heard: float

    def is_of(self, progress: Progress) -> bool:
        """Whether this news is of the same step."""
        return (self.progress.number, self.progress.step) == (progress.number, progress.step)

    def running(self, now: float) -> str:
        """`[3/12] Kubernetes … 1m20s, about 6 min left, its newest line of output`."""
        left = self.progress.left
        if left is not None:
            left = max(0.0, left - (now - self.heard))
        parts = [duration(now - self.began), remaining(left), printable(self.progress.detail)]
        return f"{self._title} … {', '.join(part for part in parts if part)}"

    def finished(self, now: float) -> str:
        """`[3/12] Kubernetes 1m20s`."""
        return f"{self._title} {duration(now - self.began)}"

    @property
    def _title(self) -> str:
        place = f"{self.progress.lab} " if self.progress.lab else ""
        return f"{place}[{self.progress.number}/{self.progress.steps}] {self.progress.step}"


class Console:
    """Shows the progress of one piece of work, or of one in each of several labs, while its `with` block lasts.

    Args:
        stream: where to write.
        live: whether one line may be written over and over.
        clock: seconds that only go forward.
        width: columns of the terminal, asked anew for each line since windows are resized.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        live: bool | None = None,
        clock: Callable[[], float] = time.monotonic,
        width: Callable[[], int] = lambda: shutil.get_terminal_size().columns,
    ) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._live = self._stream.isatty() if live is None else live
        self._clock = clock
        self._width = width
        self._steps: dict[str, Step] = {}
        """The step under way in each lab; where there is only one, it has no name."""
        self._written: dict[str, float] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._beat = threading.Thread(target=self._tick_until_ended, daemon=True)

    def __enter__(self) -> Self:
        self._beat.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._ended.set()
        self._beat.join()
        with self._lock:
            for lab in list(self._steps):
                if kind is None:
                    self._finish(lab)
                else:
                    self._write(self._steps[lab].running(self._clock()), stays=True)

    def __call__(self, progress: Progress) -> None:
        """Take news of the work. This is its `lab.progress.OnProgress`."""
        with self._lock:
            now, lab = self._clock(), progress.lab
            step = self._steps.get(lab)
            if step is not None and step.is_of(progress):
                self._steps[lab] = Step(progress, step.began, now)
            else:
                self._finish(lab)
                if progress.step:
                    self._steps[lab] = Step(progress, now, now)
                    self._written[lab] = now
            self._show(now)

    def result(self, text: str) -> None:
        """Print a result on standard output while the work goes on, without the live line in its way."""
        with self._lock:
            if self._live:
                self._write("", stays=False)
            print(text, flush=True)
            self._show(self._clock())

    def tick(self) -> None:
        """Bring what is shown up to date though nothing was heard."""
        with self._lock:
            self._show(self._clock())

    def _tick_until_ended(self) -> None:
        while not self._ended.wait(timeout=1):
            self.tick()

    def _show(self, now: float) -> None:
        if self._live:
            if self._steps:
                self._write(" | ".join(step.running(now) for step in self._steps.values()), stays=False)
            return
        for lab, step in self._steps.items():
            if now - self._written[lab] >= HEARTBEAT:
                self._written[lab] = now
                self._write(step.running(now), stays=True)

    def _finish(self, lab: str) -> None:
        step = self._steps.pop(lab, None)
        if step is None:
            return
        now = self._clock()
        if now - step.began >= WORTH_A_LINE:
            self._write(step.finished(now), stays=True)
        elif self._live:
            self._write("", stays=False)

    def _write(self, line: str, *, stays: bool) -> None:
        if self._live:
            # One cell is left free: a full line makes some terminals wrap, and a wrapped line cannot be cleared.
            line = _CLEAR + cut(line, self._width() - 1)
        self._stream.write(line + "\n" if stays else line)
        self._stream.flush()
