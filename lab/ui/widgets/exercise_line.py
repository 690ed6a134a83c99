"""The top line of the practice screen: which exercise this is, whether it is started, the lab, the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from lab.ui.heading import Heading


class ExerciseLine(Widget):
    """One line, which is drawn anew each second while the time of an exercise runs.

    Args:
        now: the time of day.
    """

    DEFAULT_CSS = """
    ExerciseLine { height: 1; padding: 0 1; background: $panel; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    heading: reactive[Heading | None] = reactive[Heading | None](None, always_update=True)

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._now = now

    def on_mount(self) -> None:
        """What is known only once it is on the screen."""
        self.set_interval(1, self._tick)

    def _tick(self) -> None:
        """Time passes, if this is on the screen and shows any that does."""
        heading = self.heading
        if heading is None or heading.view is None or not heading.timed or not self.screen.is_current:
            return
        if heading.view.seconds(self._now()) is not None and not heading.view.has_passed:
            self.refresh()

    def render(self) -> Content:
        """Its content."""
        return Content("") if self.heading is None else self.heading.line(self._now(), self.size.width)
