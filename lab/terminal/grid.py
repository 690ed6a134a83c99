"""A grid of cells, each with a character and a look. It knows where characters stand, and nothing of programs."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from lab.terminal.look import PLAIN, Look

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
    """Neighbouring cells of one look. A wide character takes two cells and stands once in the text."""

    text: str
    look: Look
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
        self._looks: list[list[Look]] = [[PLAIN] * columns for _ in range(rows)]

    def write(self, row: int, column: int, cells: Sequence[str], look: Look) -> None:
        """Put characters into cells, of which there must be enough."""
        end = column + len(cells)
        self._part(row, column)
        self._part(row, end)
        self._texts[row][column:end] = cells
        self._looks[row][column:end] = [look] * len(cells)
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

    def erase(self, row: int, start: int, end: int, look: Look) -> None:
        """Blank a part of a row."""
        self.write(row, start, [" "] * (end - start), look)

    def insert(self, row: int, column: int, count: int, look: Look) -> None:
        """Put blanks into a row. What is pushed over its end is lost."""
        count = min(count, self.columns - column)
        self._part(row, column)
        self._part(row, self.columns - count)
        texts, looks = self._texts[row], self._looks[row]
        del texts[self.columns - count :], looks[self.columns - count :]
        texts[column:column] = [" "] * count
        looks[column:column] = [look] * count
        self.dirty.add(row)

    def delete(self, row: int, column: int, count: int, look: Look) -> None:
        """Take cells out of a row; blanks come in at its end."""
        count = min(count, self.columns - column)
        self._part(row, column)
        self._part(row, column + count)
        texts, looks = self._texts[row], self._looks[row]
        del texts[column : column + count], looks[column : column + count]
        texts += [" "] * count
        looks += [look] * count
        self.dirty.add(row)

    def scroll(self, top: int, bottom: int, count: int, look: Look) -> None:
        """Move the rows from `top` to `bottom`, both included, up by `count`, or down by `-count`."""
        here, height = slice(top, bottom + 1), bottom + 1 - top
        new = min(abs(count), height)
        texts, looks = self._texts[here], self._looks[here]
        blank_texts = [[" "] * self.columns for _ in range(new)]
        blank_looks = [[look] * self.columns for _ in range(new)]
        if count > 0:
            texts, looks = texts[new:] + blank_texts, looks[new:] + blank_looks
        else:
            texts, looks = blank_texts + texts[: height - new], blank_looks + looks[: height - new]
        self._texts[here], self._looks[here] = texts, looks
        self.dirty.update(range(top, bottom + 1))

    def resize(self, columns: int, rows: int, dropped: int) -> None:
        """Change the size. What goes, goes at the right, `dropped` rows at the top, and at the bottom."""
        for row in range(self.rows):
            if columns < self.columns:
                self._part(row, columns)
            del self._texts[row][columns:], self._looks[row][columns:]
            self._texts[row] += [" "] * (columns - self.columns)
            self._looks[row] += [PLAIN] * (columns - self.columns)
        self._texts = self._texts[dropped : dropped + rows]
        self._looks = self._looks[dropped : dropped + rows]
        self._texts += [[" "] * columns for _ in range(rows - len(self._texts))]
        self._looks += [[PLAIN] * columns for _ in range(rows - len(self._looks))]
        self.columns, self.rows = columns, rows
        self.dirty = set(range(rows))

    def runs(self, row: int) -> Sequence[Run]:
        """What is in a row."""
        texts, looks = self._texts[row], self._looks[row]
        runs, start = [], 0
        for end in range(1, self.columns + 1):
            if end == self.columns or looks[end] is not looks[start]:
                runs.append(Run("".join(texts[start:end]), looks[start], end - start))
                start = end
        return tuple(runs)

    def _part(self, row: int, column: int) -> None:
        """Leave no wide character across the border before this column: both of its cells become blanks."""
        if 0 < column < self.columns and not self._texts[row][column]:
            self._texts[row][column - 1 : column + 1] = [" ", " "]
            self._looks[row][column - 1 : column + 1] = [PLAIN, PLAIN]
