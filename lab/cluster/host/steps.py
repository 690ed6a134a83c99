"""Telling the progress of work that is done in known steps, with an honest guess of what is left."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lab.progress import OnProgress, Progress


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the work: its title in the learner's language, and the seconds it took elsewhere."""

    title: str
    seconds: float


class Steps:
    """Work in steps. What the finished ones took, against what was expected, corrects the guess for the others."""

    def __init__(
        self, steps: Sequence[Step], on_progress: OnProgress, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._steps = steps
        self._on_progress = on_progress
        self._clock = clock
        self._began = self._step_began = clock()
        self._current = -1
        self._detail = ""

    def next(self) -> None:
        """The next step begins."""
        self._current += 1
        self._step_began = self._clock()
        self.say("")

    def say(self, detail: str | None) -> None:
        """The current step prints a line; with None, it is still at the last one."""
        if detail is not None:
            self._detail = detail
        self._on_progress(
            Progress(
                self._steps[self._current].title,
                self._current + 1,
                len(self._steps),
                self._clock() - self._began,
                self._left(),
                self._detail,
            )
        )

    def _left(self) -> float:
        done = sum(step.seconds for step in self._steps[: self._current])
        pace = (self._step_began - self._began) / done if done else 1.0
        current = self._steps[self._current].seconds * pace - (self._clock() - self._step_began)
        return max(current, 0.0) + pace * sum(step.seconds for step in self._steps[self._current + 1 :])
