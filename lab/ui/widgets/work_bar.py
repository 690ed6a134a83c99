"""The long work under way, at the bottom of the screen while everything else goes on."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.reactive import reactive
from textual.timer import Timer
from textual.widget import Widget

from lab import i18n
from lab.progress import duration, remaining
from lab.text import printable
from lab.ui.desk import Desk
from lab.ui.marks import MUTED, bar
from lab.ui.work import Work

CELLS = 24
"""The length of the drawn bar."""


class WorkBar(Widget):
    """Step, time passed, an estimate of the rest, the newest line of output. Hidden while nothing is under way."""

    DEFAULT_CSS = """
    WorkBar { height: 2; padding: 0 1; background: $panel; display: none; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    work: reactive[Work | None] = reactive[Work | None](None)

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._timer: Timer | None = None

    def on_mount(self) -> None:
        self.watch(self.app, "desk", self._follow)

    def _follow(self, desk: Desk) -> None:
        self.work = desk.lab.work or desk.lab.scenario

    def watch_work(self, work: Work | None) -> None:
        """The time that passes is drawn anew each second, as long as there is work."""
        self.display = work is not None
        if work is not None and self._timer is None:
            self._timer = self.set_interval(1, self.refresh)
        elif work is None and self._timer is not None:
            self._timer.stop()
            self._timer = None

    def render(self) -> Content:
        if self.work is None:
            return Content("")
        now = self._clock()
        times = [duration(self.work.elapsed(now)), remaining(self.work.left(now))]
        headline = [self.work.title, self.work.step, ", ".join(time for time in times if time)]
        detail = printable(self.work.latest.detail) if self.work.latest else ""
        return Content.assemble(
            (" · ".join(part for part in headline if part), "bold"),
            "\n",
            (bar(done(self.work, now), CELLS), "$text-primary"),
            "  ",
            (detail or i18n.text("ui.work.meanwhile"), MUTED),
        )


def done(work: Work, now: float) -> float:
    """The share that is done, from 0 to 1: of the time where there is an estimate, else of the steps."""
    left = work.left(now)
    if left is not None:
        elapsed = work.elapsed(now)
        return elapsed / (elapsed + left)
    return 0 if work.latest is None else (work.latest.number - 1) / max(1, work.latest.steps)
