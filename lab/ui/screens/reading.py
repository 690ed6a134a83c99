"""A longer text to be read: the solution, the help."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from lab import i18n
from lab.ui import keys
from lab.ui.widgets.too_small import TooSmall


class ReadingScreen(ModalScreen[None]):
    """Markdown over the screen that asked for it."""

    CSS_PATH = "reading.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.LIKE_VI, Binding("escape,enter,ctrl+c,q", "dismiss", show=False)]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        from lab.ui.markdown import markdown  # see TaskPane

        with VerticalScroll(id="box") as box:
            box.border_title = self._title
            box.border_subtitle = i18n.text("ui.close")
            yield markdown(self._text)
        yield TooSmall()
