"""The board of a class, as it is now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.content import Content
from textual.getters import query_one
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer

from lab import i18n, log
from lab.catalog.model import Catalog
from lab.errors import LabError
from lab.ui import keys
from lab.ui.marks import MUTED
from lab.ui.widgets.text_pane import TextPane
from lab.ui.widgets.too_small import TooSmall
from lab.workshop.board import Board
from lab.workshop.board_text import Line, Tone, lines
from lab.workshop.class_file import Class

EVERY = 0.5
"""Seconds between two readings: a mark is on the board within one of them after it was made."""

_STYLES: Mapping[Tone, str] = {
    Tone.TITLE: "bold",
    Tone.HEADING: "bold $text-primary",
    Tone.MUTED: MUTED,
    Tone.GOOD: "bold $text-success",
    Tone.BAD: "bold $text-error",
    Tone.DOUBT: "bold $text-warning",
}


class BoardScreen(Screen[None]):
    """Reads the board again and again, on a thread, and shows what has changed.

    Args:
        read: the board as it is now.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *(key.binding for key in keys.BOARD),
        *keys.LIKE_VI,
        Binding("ctrl+c", "app.quit", show=False),
    ]

    @dataclass
    class Read(Message):
        """The board was read; None: it could not be, for a while."""

        board: Board | None

    pane = query_one(TextPane)

    def __init__(self, class_: Class, catalog: Catalog, read: Callable[[], Board]) -> None:
        super().__init__()
        self._class = class_
        self._catalog = catalog
        self._read_board = read
        self._board: Board | None = None
        self._names = True

    def compose(self) -> ComposeResult:
        yield TooSmall()
        yield TextPane()
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        self.pane.focus()
        self._read_again()

    def _read_again(self) -> None:
        def work() -> None:
            try:
                board = self._read_board()
            except LabError as error:
                log.fault("the board of the class", error)
                board = None
            self.post_message(self.Read(board))

        self.run_worker(work, thread=True)

    @on(Read)
    def _take(self, message: Read) -> None:
        if message.board is not None and message.board != self._board:
            self._board = message.board
            self._draw()
        # Only now: readings that overlap would follow an event twice.
        self.set_timer(EVERY, self._read_again)

    def on_resize(self) -> None:
        self.refresh_bindings()
        self._draw()

    def _draw(self) -> None:
        if self._board is None:
            return
        width = self.pane.scrollable_content_region.width
        found = lines(self._board, self._class, self._catalog, width, names=self._names)
        self.pane.write(*map(_content, found))

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys as the footer shows them."""
        return keys.footer(super().active_bindings, keys.BOARD, self.size.width)

    def action_names(self) -> None:
        """Hide the names of learners, or show them again: others may see this screen."""
        self._names = not self._names
        self._draw()

    def action_language(self) -> None:
        """Change between English and Chinese."""
        i18n.use("en" if i18n.language() == "zh" else "zh")
        self.refresh_bindings()
        self._draw()


def _content(line: Line) -> Content:
    return Content.assemble(*((piece.text, _STYLES.get(piece.tone, "")) for piece in line))
