"""The top line of the practice screen: which exercise this is, whether it is started, the lab, the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from lab.ui.desk import Desk
from lab.ui.heading import heading


class ExerciseLine(Widget):
    """One line, which is drawn anew each second while the time of an exercise runs.

    Args:
        now: the time of day.
    """

    DEFAULT_CSS = """
    ExerciseLine { height: 1; padding: 0 1; background: $panel; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    timed = reactive(True)
    """The exercise's time is shown."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._now = now
        self._desk: Desk | None = None

    def on_mount(self) -> None:
        self.watch(self.app, "desk", self._follow)
        self.set_interval(1, self._tick)

    def _follow(self, desk: Desk) -> None:
        if desk.differs(self._desk, "lab", "states", "current", "language"):
            self._desk = desk
            self.refresh()

    def _tick(self) -> None:
        """Time passes, if this is on the screen and shows any that does."""
        state = self._desk.state if self._desk is not None else None
        if state is None or not self.timed or not self.screen.is_current:
            return
        if state.seconds(self._now()) is not None and not state.has_passed:
            self.refresh()

    def render(self) -> Content:
        if self._desk is None:
            return Content("")
        return heading(self._desk, self._now(), self.size.width, timed=self.timed)
