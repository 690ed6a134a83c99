"""The screen that a program draws on.

It understands what terminfo declares for xterm-256color, which is the TERM of what runs on it: tmux, and without a
tmux the shell itself. What terminals have beyond that is used only by programs that ask the terminal for it, and this
one gives no answers. Two things in terminfo are not true of it, and nothing that a lab has uses them: margins at
the left and right, and a printer.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from lab.terminal.grid import Grid, Run, width
from lab.terminal.parser import Parser
from lab.terminal.style import PLAIN, Style, changed, erased

_MOUSE = frozenset((1000, 1002, 1003))
_APPLICATION_CURSOR, _AUTO_WRAP, _CURSOR_SHOWN, _ALTERNATE, _BRACKETED_PASTE = 1, 7, 25, 1049, 2004
_OTHER_ALTERNATES = frozenset((47, 1047))
_AT_FIRST = frozenset((_AUTO_WRAP, _CURSOR_SHOWN))
_MOST = 9999
"""The highest number that counts in a sequence."""
_TAB = 8
_JOINER = "\u200d"
_LINES = str.maketrans("`abcdefghijklmnopqrstuvwxyz{|}~", "◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·")
"""The character set of lines and corners, chosen by `ESC ( 0`."""


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


@dataclass(slots=True)
class _Pen:
    """Where and how the next character is written; what `ESC 7` saves.

    Attributes:
        wraps: the row's last cell was written; the cursor stays on it, and the next character begins the next row.
        lines: for each of the two character sets, whether it is that of lines.
        shifted: which of them is in use.
    """

    column: int = 0
    row: int = 0
    wraps: bool = False
    style: Style = PLAIN
    lines: tuple[bool, bool] = (False, False)
    shifted: int = 0


class Screen:
    """A grid of cells that a program's output changes."""

    def __init__(self, columns: int, rows: int) -> None:
        # A character may be cut in two between one piece of output and the next.
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._parser = Parser(self)
        self._reset(columns, rows)

    def _reset(self, columns: int, rows: int) -> None:
        """As after `ESC c`, the full reset."""
        self._grid = Grid(columns, rows)
        self._main: Grid | None = None  # while the alternate screen is shown: the main one
        self._pen = _Pen()
        self._saved = _Pen()
        self._saved_on_main = _Pen()  # what 1049 saves; a program in the alternate screen may save another by `ESC 7`
        self._top, self._bottom = 0, rows - 1
        self._tabs = set(range(_TAB, columns, _TAB))
        self._modes = set(_AT_FIRST)
        self._inserts = False
        self._last = ""

    def feed(self, output: bytes) -> frozenset[int]:
        """Take output of the program. Returns the rows that have changed."""
        before = self.cursor
        self._parser.feed(self._decoder.decode(output))
        after, changed_rows = self.cursor, frozenset(self._grid.dirty)
        self._grid.dirty.clear()
        return changed_rows if before == after else changed_rows | {before.row, after.row}

    def resize(self, columns: int, rows: int) -> None:
        """Change its size. The row of the cursor stays on the screen, as xterm has it; tmux draws all anew."""
        dropped = max(0, self._pen.row - rows + 1)
        self._grid.resize(columns, rows, dropped)
        if self._main is not None:
            self._main.resize(columns, rows, 0)
        self._pen.row -= dropped
        for pen in (self._pen, self._saved, self._saved_on_main):
            pen.column, pen.row = min(pen.column, columns - 1), min(pen.row, rows - 1)
            pen.wraps = False
        self._top, self._bottom = 0, rows - 1
        self._tabs = set(range(_TAB, columns, _TAB))

    @property
    def columns(self) -> int:
        """Its width in cells."""
        return self._grid.columns

    @property
    def rows(self) -> int:
        """Its height in cells."""
        return self._grid.rows

    def line(self, row: int) -> Sequence[Run]:
        """What is in a row."""
        return self._grid.runs(row)

    @property
    def cursor(self) -> Cursor:
        """Where the program writes next."""
        column, row = self._pen.column, self._pen.row
        if column and not self._grid.text_at(row, column):  # the second half of a wide character
            column -= 1
        is_wide = column + 1 < self._grid.columns and not self._grid.text_at(row, column + 1)
        return Cursor(column, row, _CURSOR_SHOWN in self._modes, 2 if is_wide else 1)

    @property
    def modes(self) -> Modes:
        """What the program has asked for."""
        modes = self._modes
        return Modes(_APPLICATION_CURSOR in modes, _BRACKETED_PASTE in modes, bool(_MOUSE & modes))

    # What the parser finds.

    def draw(self, text: str) -> None:
        """Write characters and go on to their right."""
        if self._pen.lines[self._pen.shifted]:
            text = text.translate(_LINES)
        if text.isascii() and not self._inserts:
            self._draw_narrow(text)
        else:
            for character in text:
                self._draw_any(character)
        self._last = text[-1]

    def control(self, character: str) -> None:
        """A control character that moves the cursor or changes the character set."""
        pen = self._pen
        if character == "\r":
            pen.column, pen.wraps = 0, False
        elif character in "\n\v\f":
            self._line_feed()
        elif character == "\b":
            self._move(column=pen.column - 1)
        elif character == "\t":
            self._tabulate(1)
        elif character in "\x0e\x0f":
            pen.shifted = 1 if character == "\x0e" else 0

    def escape(self, name: str) -> None:
        """A sequence without parameters."""
        pen = self._pen
        if name == "7":
            self._saved = replace(pen)
        elif name == "8":
            self._restore(self._saved)
        elif name in ("D", "E"):
            self._line_feed()
            pen.column = 0 if name == "E" else pen.column
        elif name == "M":
            self._line_feed(up=True)
        elif name == "H":
            self._tabs.add(pen.column)
        elif name == "c":
            self._reset(self._grid.columns, self._grid.rows)
        elif name[0] == "(":
            pen.lines = (name[1:] == "0", pen.lines[1])
        elif name[0] == ")":
            pen.lines = (pen.lines[0], name[1:] == "0")

    def csi(self, name: str, parameters: str) -> None:
        """A sequence with parameters. What is not known changes nothing."""
        if name == "m":
            self._pen.style = changed(self._pen.style, parameters)
        elif act := _ACTS.get(name):
            act(self, *(_number(parameter) for parameter in parameters.split(";")))

    # Writing.

    def _draw_narrow(self, text: str) -> None:
        """Write characters of one cell each, as many at once as there is room for."""
        pen, columns = self._pen, self._grid.columns
        while text:
            if pen.wraps:
                self._wrap()
            room = columns - pen.column
            here, text = text[:room], text[room:]
            self._grid.write(pen.row, pen.column, here, pen.style)
            self._advance(len(here))
            if pen.wraps and _AUTO_WRAP not in self._modes and text:
                # All the rest lands in the last cell.
                self._grid.write(pen.row, columns - 1, text[-1], pen.style)
                return

    def _draw_any(self, character: str) -> None:
        pen, cells = self._pen, width(character)
        before = pen.column if pen.wraps else pen.column - 1
        if before >= 0 and (not cells or self._joins(before)):
            self._grid.combine(pen.row, before, character)
            return
        if not cells:
            return
        if pen.column + cells > self._grid.columns or pen.wraps:
            if _AUTO_WRAP in self._modes:
                self._wrap()
            pen.column = min(pen.column, self._grid.columns - cells)
        if self._inserts:
            self._grid.insert(pen.row, pen.column, cells, erased(pen.style))
        self._grid.write(pen.row, pen.column, [character, ""][:cells], pen.style)
        self._advance(cells)

    def _joins(self, column: int) -> bool:
        """Whether what stands before the cursor takes the next character into its cells, as families in emoji do."""
        row = self._pen.row
        text = self._grid.text_at(row, column) or (self._grid.text_at(row, column - 1) if column else "")
        return text.endswith(_JOINER)

    def _advance(self, cells: int) -> None:
        last = self._grid.columns - 1
        self._pen.wraps = self._pen.column + cells > last
        self._pen.column = min(self._pen.column + cells, last)

    def _wrap(self) -> None:
        """Go on in the next row; without automatic wrapping, stay."""
        self._pen.wraps = False
        if _AUTO_WRAP in self._modes:
            self._pen.column = 0
            self._line_feed()

    def _repeat(self, count: int = 1, *_: int) -> None:
        if self._last:
            self.draw(self._last * max(count, 1))

    # Moving. A count of 0 or none means 1.

    def _move(self, *, column: int | None = None, row: int | None = None) -> None:
        pen = self._pen
        pen.wraps = False
        if column is not None:
            pen.column = min(max(column, 0), self._grid.columns - 1)
        if row is not None:
            pen.row = min(max(row, 0), self._grid.rows - 1)

    def _up(self, count: int = 1, *_: int) -> None:
        # Margins stop the cursor only if it comes from within.
        least = self._top if self._pen.row >= self._top else 0
        self._move(row=max(self._pen.row - max(count, 1), least))

    def _down(self, count: int = 1, *_: int) -> None:
        most = self._bottom if self._pen.row <= self._bottom else self._grid.rows - 1
        self._move(row=min(self._pen.row + max(count, 1), most))

    def _right(self, count: int = 1, *_: int) -> None:
        self._move(column=self._pen.column + max(count, 1))

    def _left(self, count: int = 1, *_: int) -> None:
        self._move(column=self._pen.column - max(count, 1))

    def _up_to_begin(self, count: int = 1, *_: int) -> None:
        self._up(count)
        self._move(column=0)

    def _down_to_begin(self, count: int = 1, *_: int) -> None:
        self._down(count)
        self._move(column=0)

    def _to_column(self, column: int = 1, *_: int) -> None:
        self._move(column=column - 1)

    def _to_row(self, row: int = 1, *_: int) -> None:
        self._move(row=row - 1)

    def _to(self, row: int = 1, column: int = 1, *_: int) -> None:
        self._move(row=row - 1, column=column - 1)

    def _tabulate(self, count: int = 1, *_: int) -> None:
        for _number_of_tab in range(min(max(count, 1), self._grid.columns)):
            column, last = self._pen.column, self._grid.columns - 1
            self._pen.column = min((tab for tab in self._tabs if tab > column), default=last)

    def _tabulate_back(self, count: int = 1, *_: int) -> None:
        for _number_of_tab in range(min(max(count, 1), self._grid.columns)):
            column = self._pen.column
            self._move(column=max((tab for tab in self._tabs if tab < column), default=0))

    def _clear_tabs(self, which: int = 0, *_: int) -> None:
        if which == 3:
            self._tabs.clear()
        else:
            self._tabs.discard(self._pen.column)

    def _line_feed(self, *, up: bool = False) -> None:
        """Go down, or up; at the margin, the rows within the margins move instead."""
        pen = self._pen
        pen.wraps = False
        if pen.row == (self._top if up else self._bottom):
            self._grid.scroll(self._top, self._bottom, -1 if up else 1, erased(pen.style))
        else:
            self._move(row=pen.row + (-1 if up else 1))

    # Erasing, inserting, scrolling.

    def _erase_in_display(self, which: int = 0, *_: int) -> None:
        self._erase_in_line(which)
        row, rows = self._pen.row, self._grid.rows
        for other in {0: range(row + 1, rows), 1: range(row), 2: range(rows)}.get(which, ()):
            self._grid.erase(other, 0, self._grid.columns, erased(self._pen.style))

    def _erase_in_line(self, which: int = 0, *_: int) -> None:
        pen, columns = self._pen, self._grid.columns
        parts = {0: (pen.column, columns), 1: (0, pen.column + 1), 2: (0, columns)}
        if which in parts:
            self._grid.erase(pen.row, *parts[which], erased(pen.style))
        pen.wraps = False

    def _erase_characters(self, count: int = 1, *_: int) -> None:
        pen = self._pen
        self._grid.erase(pen.row, pen.column, min(pen.column + max(count, 1), self._grid.columns), erased(pen.style))
        pen.wraps = False

    def _insert_characters(self, count: int = 1, *_: int) -> None:
        self._grid.insert(self._pen.row, self._pen.column, max(count, 1), erased(self._pen.style))
        self._pen.wraps = False

    def _delete_characters(self, count: int = 1, *_: int) -> None:
        self._grid.delete(self._pen.row, self._pen.column, max(count, 1), erased(self._pen.style))
        self._pen.wraps = False

    def _insert_lines(self, count: int = 1, *_: int) -> None:
        self._scroll_from_cursor(-max(count, 1))

    def _delete_lines(self, count: int = 1, *_: int) -> None:
        self._scroll_from_cursor(max(count, 1))

    def _scroll_from_cursor(self, count: int) -> None:
        if self._top <= self._pen.row <= self._bottom:
            self._grid.scroll(self._pen.row, self._bottom, count, erased(self._pen.style))
            self._move(column=0)

    def _scroll_up(self, count: int = 1, *_: int) -> None:
        self._grid.scroll(self._top, self._bottom, max(count, 1), erased(self._pen.style))

    def _scroll_down(self, count: int = 1, *rest: int) -> None:
        if not rest:  # with more parameters it asks for tracking of the mouse
            self._grid.scroll(self._top, self._bottom, -max(count, 1), erased(self._pen.style))

    def _set_margins(self, top: int = 1, bottom: int = 0, *_: int) -> None:
        top, bottom = max(top, 1) - 1, min(bottom or self._grid.rows, self._grid.rows) - 1
        if top < bottom:
            self._top, self._bottom = top, bottom
            self._move(row=0, column=0)

    # Modes.

    def _set_private(self, *modes: int) -> None:
        for mode in modes:
            self._modes.add(mode)
            if mode == _ALTERNATE or mode in _OTHER_ALTERNATES:
                self._show_alternate()

    def _reset_private(self, *modes: int) -> None:
        for mode in modes:
            self._modes.discard(mode)
            if mode == _ALTERNATE or mode in _OTHER_ALTERNATES:
                self._show_main(restore=mode == _ALTERNATE)

    def _show_alternate(self) -> None:
        if self._main is None:
            self._saved_on_main = replace(self._pen)
            self._main, self._grid = self._grid, Grid(self._grid.columns, self._grid.rows)

    def _show_main(self, *, restore: bool) -> None:
        if self._main is not None:
            self._grid, self._main = self._main, None
            self._grid.dirty = set(range(self._grid.rows))
            if restore:
                self._restore(self._saved_on_main)

    def _restore(self, saved: _Pen) -> None:
        self._pen = replace(saved)

    def _insert_mode(self, *modes: int) -> None:
        self._inserts = self._inserts or 4 in modes

    def _replace_mode(self, *modes: int) -> None:
        self._inserts = self._inserts and 4 not in modes

    def _soft_reset(self, *_: int) -> None:
        self._top, self._bottom = 0, self._grid.rows - 1
        self._modes |= _AT_FIRST
        self._modes.discard(_APPLICATION_CURSOR)
        self._inserts = False
        self._pen.style, self._pen.lines, self._pen.shifted = PLAIN, (False, False), 0
        self._saved = _Pen()


_ACTS: Mapping[str, Callable[..., None]] = {
    "@": Screen._insert_characters,
    "A": Screen._up,
    "B": Screen._down,
    "C": Screen._right,
    "D": Screen._left,
    "E": Screen._down_to_begin,
    "F": Screen._up_to_begin,
    "G": Screen._to_column,
    "H": Screen._to,
    "I": Screen._tabulate,
    "J": Screen._erase_in_display,
    "K": Screen._erase_in_line,
    "L": Screen._insert_lines,
    "M": Screen._delete_lines,
    "P": Screen._delete_characters,
    "S": Screen._scroll_up,
    "T": Screen._scroll_down,
    "X": Screen._erase_characters,
    "Z": Screen._tabulate_back,
    "`": Screen._to_column,
    "a": Screen._right,
    "b": Screen._repeat,
    "d": Screen._to_row,
    "e": Screen._down,
    "f": Screen._to,
    "g": Screen._clear_tabs,
    "h": Screen._insert_mode,
    "l": Screen._replace_mode,
    "r": Screen._set_margins,
    "?h": Screen._set_private,
    "?l": Screen._reset_private,
    "!p": Screen._soft_reset,
}


def _number(parameter: str) -> int:
    return min(int(parameter), _MOST) if parameter.isdecimal() and len(parameter) < 20 else 0
