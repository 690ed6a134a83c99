"""Breaks text into lines by the cells it takes on a terminal: a Chinese character takes two, and may end a line."""

from __future__ import annotations

import re
import unicodedata

_PIECE = re.compile(r"\s+|[^\s\u2e80-\uffff]+|.", re.DOTALL)
"""What stays on one line: a space, a word, or one of the characters that need no space between them."""
_NEVER_FIRST = "，。；：？！、）》」』"


def cells(text: str) -> int:
    """How many columns the text takes."""
    return sum(_cells_of(char) for char in text)


def wrap(text: str, width: int, indent: str = "") -> list[str]:
    """Lines of at most `width` columns; those after the first are indented. A word longer than a line stays whole.

    What is a line of its own in the text stays one.
    """
    first, *others = text.split("\n")
    lines = _wrapped(first, width, indent)
    for line in others:
        lines += _wrapped(indent + line, width, indent)
    return lines


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    lines: list[str] = []
    line = ""
    for piece in _PIECE.findall(text):
        fits = cells(line + piece.rstrip()) <= width or piece in _NEVER_FIRST
        if fits or not line.strip():
            line += piece
        else:
            lines.append(line.rstrip())
            line = indent + piece.lstrip()
    return [*lines, line.rstrip()]


def _cells_of(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
