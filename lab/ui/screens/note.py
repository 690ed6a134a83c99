"""The learner's own words on an exercise."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import TextArea

from lab import i18n
from lab.ui.widgets.too_small import TooSmall


class NoteScreen(ModalScreen[str]):
    """A page to write on. Whichever way it is closed, what is written is kept."""

    CSS_PATH = "note.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", show=False)]

    def __init__(self, title: str, note: str) -> None:
        super().__init__()
        self._title = title
        self._page = TextArea(note)

    def compose(self) -> ComposeResult:
        with Vertical(id="box") as box:
            box.border_title = i18n.text("ui.note.title", title=self._title)
            box.border_subtitle = i18n.text("ui.note.close")
            yield self._page
        yield TooSmall()

    def on_mount(self) -> None:
        """Writing goes on where it ended."""
        self._page.move_cursor(self._page.document.end)

    def action_close(self) -> None:
        """Give back what is written."""
        self.dismiss(self._page.text)
