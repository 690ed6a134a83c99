"""Text on a terminal: how many cells it takes, padding, cutting and breaking it, and the glyph of each verdict."""

from __future__ import annotations

import re
import unicodedata

from checkers.api import Verdict

GLYPHS = {Verdict.PASS: "✓", Verdict.FAIL: "✗", Verdict.BROKEN: "!", Verdict.UNSEEN: "?"}
"""As the command line and the app show a verdict."""

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_PIECE = r"\s+|[^\s\u2e80-\uffff]+|."
"""What stays on one line: a space, a word, or one of the characters that need no space between them."""
_NEVER_FIRST = "，。；：？！、）》」』"


def cells(text: str) -> int:
    """How many cells of a terminal a text takes: a Chinese character takes two."""
    return sum(map(_cells_of, text))


def pad(text: str, width: int) -> str:
    """The text, with spaces behind it up to so many cells."""
    return text + " " * (width - cells(text))


def cut(line: str, width: int) -> str:
    """As much of the line as fits in so many cells; `…` where something is left out."""
    if cells(line) <= width:
        return line
    shown, room = "", width - 1
    for character in line:
        room -= _cells_of(character)
        if room < 0:
            break
        shown += character
    return f"{shown}…"


def wrap(text: str, width: int, indent: str = "") -> list[str]:
    """Lines of at most `width` cells; those after the first are indented. A word longer than a line stays whole.

    What is a line of its own in the text stays one.
    """
    first, *others = text.split("\n")
    lines = _wrapped(first, width, indent)
    for line in others:
        lines += _wrapped(indent + line, width, indent)
    return lines


def printable(text: str) -> str:
    """Output of a foreign program without its colours and control characters."""
    return "".join(character for character in _ESCAPE.sub("", text) if character.isprintable())


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    lines: list[str] = []
    line = ""
    for piece in re.findall(_PIECE, text, re.DOTALL):
        fits = cells(line + piece.rstrip()) <= width or piece in _NEVER_FIRST
        if fits or not line.strip():
            line += piece
        else:
            lines.append(line.rstrip())
            line = indent + piece.lstrip()
    return [*lines, line.rstrip()]


def _cells_of(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
