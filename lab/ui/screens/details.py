"""Everything that `setup` and `up` have said."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from lab import i18n
from lab.progress import Progress, duration
from lab.text import printable
from lab.ui.desk import Desk
from lab.ui.widgets.too_small import TooSmall


class DetailsScreen(ModalScreen[None]):
    """Follows the work for as long as it is open."""

    CSS_PATH = "details.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,ctrl+c,q,d", "dismiss", show=False)]

    def __init__(self) -> None:
        from textual.widgets import Log  # dear to import, and rarely wanted

        super().__init__()
        self._log = Log()
        self._shown = 0
        """The number of the last news in the log."""

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = i18n.text("ui.details.title")
            box.border_subtitle = i18n.text("ui.close")
            yield Static(i18n.text("ui.details.none"), id="empty")
            yield self._log
        yield TooSmall()

    def on_mount(self) -> None:
        self.watch(self.app, "desk", self._follow)

    def _follow(self, desk: Desk) -> None:
        """Add what is new since the last time."""
        work = desk.lab.work
        if work is None:
            return
        self.query_one("#empty").display = False
        if work.count < self._shown:  # another piece of work has begun
            self._log.clear()
            self._shown = 0
        self._log.write_lines(_line(progress) for progress in work.since(self._shown))
        self._shown = work.count


def _line(progress: Progress) -> str:
    """A step's beginning stands out; its output is indented."""
    if progress.detail:
        return f"    {printable(progress.detail)}"
    return f"{duration(progress.elapsed):>7}  {progress.number}/{progress.steps} {progress.step}"
