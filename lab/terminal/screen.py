"""The screen that a program draws on. `Screen` is what the app knows; pyte does the work behind it."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyte
from pyte.screens import Char

_PRIVATE = 5  # pyte shifts the numbers of private modes, to tell them from the others
_APPLICATION_CURSOR = 1 << _PRIVATE
_BRACKETED_PASTE = 2004 << _PRIVATE
_MOUSE = frozenset(mode << _PRIVATE for mode in (1000, 1002, 1003))


@dataclass(frozen=True, slots=True)
class Look:
    """How a run of cells looks. A colour is a name (`red`, `brightred`), six hexadecimal digits, or `default`."""

    foreground: str = "default"
    background: str = "default"
    bold: bool = False
    italic: bool = False
    underline: bool = False
    strike: bool = False
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring cells of one look. A wide character takes two cells and stands once in the text."""

    text: str
    look: Look


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next character goes, counted from 0.

    Attributes:
        width: in cells, of the character that it stands on.
    """

    column: int
    row: int
    visible: bool
    width: int = 1


@dataclass(frozen=True, slots=True)
class Modes:
    """What the program has asked of the keyboard and the mouse."""

    application_cursor: bool
    bracketed_paste: bool
    mouse: bool


class Screen(Protocol):
    """A grid of cells that a program's output changes."""

    def feed(self, output: bytes) -> frozenset[int]:
        """Take output of the program. Returns the rows that look different now."""

    def resize(self, columns: int, rows: int) -> None:
        """Change its size."""

    def line(self, row: int) -> Sequence[Run]:
        """What is in a row."""

    @property
    def cursor(self) -> Cursor:
        """Where the program writes next."""

    @property
    def modes(self) -> Modes:
        """What the program has asked for."""


class PyteScreen:
    """A screen by pyte. It stands behind a tmux, which keeps the scrollback and simplifies what it has to draw."""

    def __init__(self, columns: int, rows: int) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        # A character may be cut in two between one piece of output and the next.
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, output: bytes) -> frozenset[int]:
        """Take output of the program; see `Screen`."""
        before = self.cursor
        self._screen.dirty.clear()
        try:
            self._stream.feed(self._decoder.decode(output))
        except Exception:
            # pyte trips over sequences that it does not know, and its parser is spent then. tmux sends none of these,
            # but where there is no tmux, a learner may print a binary file.
            self._stream = pyte.Stream(self._screen)
        return frozenset(self._screen.dirty | {before.row, self.cursor.row})

    def resize(self, columns: int, rows: int) -> None:
        """Change its size."""
        self._screen.resize(rows, columns)

    def line(self, row: int) -> Sequence[Run]:
        """What is in a row."""
        cells = self._screen.buffer[row]
        return tuple(_runs(cells[column] for column in range(self._screen.columns)))

    @property
    def cursor(self) -> Cursor:
        """Where the program writes next. It waits beyond the last column until it is known how a line goes on."""
        cursor, last = self._screen.cursor, self._screen.columns - 1
        cells = self._screen.buffer[cursor.y]
        column = min(cursor.x, last)
        if not cells[column].data:  # the second half of a wide character
            column -= 1
        width = 1 if column >= last or cells[column + 1].data else 2
        return Cursor(column, cursor.y, not cursor.hidden, width)

    @property
    def modes(self) -> Modes:
        """What the program has asked for."""
        modes = self._screen.mode
        return Modes(_APPLICATION_CURSOR in modes, _BRACKETED_PASTE in modes, bool(_MOUSE & modes))


def _runs(cells: Iterator[Char]) -> Iterator[Run]:
    """Cells of the same look, joined. The second half of a wide character is a cell without text."""
    text, look = "", Look()
    for cell in cells:
        its_look = _look(cell)
        if its_look != look and text:
            yield Run(text, look)
            text = ""
        text, look = text + cell.data, its_look
    if text:
        yield Run(text, look)


def _look(cell: Char) -> Look:
    return Look(cell.fg, cell.bg, cell.bold, cell.italics, cell.underscore, cell.strikethrough, cell.reverse)
