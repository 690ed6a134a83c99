"""A grid of cells, each with a character and a style."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from lab.terminal.style import PLAIN, Style

_JOINED = (("\u1160", "\u11ff"), ("\ud7b0", "\ud7fb"))
"""Hangul vowels and final consonants, which are drawn into the cells of the consonant before."""
_SOFT_HYPHEN = "\xad"
_MOST_COMBINED = 8
"""Characters in one cell. A program could pile up accents without end."""


@lru_cache(maxsize=8192)
def width(character: str) -> int:
    """How many cells a character takes: 0, 1 or 2, as the C library has it, which tmux asks."""
    if unicodedata.category(character) in ("Mn", "Me", "Cf") and character != _SOFT_HYPHEN:
        return 0
    if any(first <= character <= last for first, last in _JOINED):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring cells of one style. A wide character takes two cells and stands once in the text."""

    text: str
    style: Style
    cells: int


class Grid:
    """Cells in rows and columns, both counted from 0. `dirty` are the rows that have changed; whoever draws clears it.

    The second cell of a wide character has no text. A wide character of which one cell is overwritten or moved
    leaves a blank in the other, as on other terminals.
    """

    def __init__(self, columns: int, rows: int) -> None:
        self.columns = columns
        self.rows = rows
        self.dirty = set(range(rows))
        self._texts: list[list[str]] = [[" "] * columns for _ in range(rows)]
        self._styles: list[list[Style]] = [[PLAIN] * columns for _ in range(rows)]

    def write(self, row: int, column: int, cells: Sequence[str], style: Style) -> None:
        """Put characters into cells, of which there must be enough."""
        end = column + len(cells)
        self._blank_halves(row, column)
        self._blank_halves(row, end)
        self._texts[row][column:end] = cells
        self._styles[row][column:end] = [style] * len(cells)
        self.dirty.add(row)

    def combine(self, row: int, column: int, character: str) -> None:
        """Put a character of no width to the one that stands in this cell, or ends in it."""
        texts = self._texts[row]
        if not texts[column] and column:
            column -= 1
        if len(texts[column]) < _MOST_COMBINED:
            texts[column] += character
            self.dirty.add(row)

    def text_at(self, row: int, column: int) -> str:
        """The character whose first cell this is; empty in the second one of a wide character."""
        return self._texts[row][column]

    def erase(self, row: int, start: int, end: int, style: Style) -> None:
        """Blank a part of a row. A wide character that begins before it stays whole, as tmux leaves it in its pane."""
        if start and not self._texts[row][start]:
            start += 1
        self.write(row, start, [" "] * (end - start), style)

    def insert(self, row: int, column: int, count: int, style: Style) -> None:
        """Put blanks into a row. What is pushed over its end is lost."""
        count = min(count, self.columns - column)
        self._blank_halves(row, column)
        self._blank_halves(row, self.columns - count)
        texts, styles = self._texts[row], self._styles[row]
        del texts[self.columns - count :], styles[self.columns - count :]
        texts[column:column] = [" "] * count
        styles[column:column] = [style] * count
        self.dirty.add(row)

    def delete(self, row: int, column: int, count: int, style: Style) -> None:
        """Take cells out of a row; blanks come in at its end."""
        count = min(count, self.columns - column)
        self._blank_halves(row, column)
        self._blank_halves(row, column + count)
        texts, styles = self._texts[row], self._styles[row]
        del texts[column : column + count], styles[column : column + count]
        texts += [" "] * count
        styles += [style] * count
        self.dirty.add(row)

    def scroll(self, top: int, bottom: int, count: int, style: Style) -> None:
        """Move the rows from `top` to `bottom`, both included, up by `count`, or down by `-count`."""
        here, height = slice(top, bottom + 1), bottom + 1 - top
        new = min(abs(count), height)
        texts, styles = self._texts[here], self._styles[here]
        blank_texts = [[" "] * self.columns for _ in range(new)]
        blank_styles = [[style] * self.columns for _ in range(new)]
        if count > 0:
            texts, styles = texts[new:] + blank_texts, styles[new:] + blank_styles
        else:
            texts, styles = blank_texts + texts[: height - new], blank_styles + styles[: height - new]
        self._texts[here], self._styles[here] = texts, styles
        self.dirty.update(range(top, bottom + 1))

    def resize(self, columns: int, rows: int, dropped: int) -> None:
        """Change the size. What goes, goes at the right, `dropped` rows at the top, and at the bottom."""
        for row in range(self.rows):
            if columns < self.columns:
                self._blank_halves(row, columns)
            del self._texts[row][columns:], self._styles[row][columns:]
            self._texts[row] += [" "] * (columns - self.columns)
            self._styles[row] += [PLAIN] * (columns - self.columns)
        self._texts = self._texts[dropped : dropped + rows]
        self._styles = self._styles[dropped : dropped + rows]
        self._texts += [[" "] * columns for _ in range(rows - len(self._texts))]
        self._styles += [[PLAIN] * columns for _ in range(rows - len(self._styles))]
        self.columns, self.rows = columns, rows
        self.dirty = set(range(rows))

    def runs(self, row: int) -> Sequence[Run]:
        """What is in a row."""
        texts, styles = self._texts[row], self._styles[row]
        runs, start = [], 0
        for end in range(1, self.columns + 1):
            if end == self.columns or styles[end] is not styles[start]:
                runs.append(Run("".join(texts[start:end]), styles[start], end - start))
                start = end
        return tuple(runs)

    def _blank_halves(self, row: int, column: int) -> None:
        """A wide character that stands on both sides of this column's left border becomes two blanks."""
        if 0 < column < self.columns and not self._texts[row][column]:
            self._texts[row][column - 1 : column + 1] = [" ", " "]
            self._styles[row][column - 1 : column + 1] = [PLAIN, PLAIN]
