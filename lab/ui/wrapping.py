"""Where a line of text is broken: after words, between Chinese characters, and in a path after its slashes.

Textual breaks at spaces alone (Rich's `divide_line`), which leaves half a line of Chinese empty and cuts a path in the
middle of a name. `install` puts `break_points` in its place, so that every widget of the app breaks its lines so.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from rich.cells import cell_len, chop_cells
from textual import content

_WIDE = "\u2e80-\u303f\u3041-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff01-\uff60\U00020000-\U0003ffff"
"""Characters that need no space between them."""
_HAS_WIDE = f"[{_WIDE}]"
"""Compiled when a text has such a character: that takes 3 ms, which the app's first frame need not wait for."""
NEVER_FIRST = "、。，．：；？！）」』】》〉〕｝”’…—·,.;:!?)]}%"
"""What no line begins with where it follows another character: it goes with the character before it."""
NEVER_LAST = "（「『【《〈〔｛“‘([{"
"""What no line ends with: it goes with the character after it."""
_WORD = re.compile(r"\s*\S+\s*")
_PATH_PART = re.compile(r"[^/]*/+|[^/]+")
_NAME_PART = re.compile(r"[^-_.,:=@]*[-_.,:=@]+|[^-_.,:=@]+")


def install() -> None:
    """Have Textual break its lines by `break_points`."""
    content.divide_line = break_points  # type: ignore[attr-defined]


def break_points(text: str, width: int, fold: bool = True) -> list[int]:
    """The indices at which a line of text is divided so that each part fits in `width` cells.

    Args:
        text: without line feeds.
        width: the cells of a line.
        fold: whether what does not fit on a whole line is divided anywhere.
    """
    points: list[int] = []
    used = start = 0
    for piece in _pieces(text, width) if fold else _units(text):
        if used and used + cell_len(piece.rstrip()) > width:
            points.append(start)
            used = 0
        used += cell_len(piece)
        start += len(piece)
    return points


def _pieces(text: str, width: int) -> Iterator[str]:
    """What stays on one line. What is too long is divided: at its slashes, else at its other marks, else anywhere."""
    for unit in _units(text):
        yield from _divided(unit, width, (_PATH_PART.findall, _NAME_PART.findall, lambda part: chop_cells(part, width)))


def _divided(unit: str, width: int, ways: tuple[Callable[[str], list[str]], ...]) -> Iterator[str]:
    if not ways or width < 1 or cell_len(unit.rstrip()) <= width:
        yield unit
        return
    for part in ways[0](unit):
        yield from _divided(part, width, ways[1:])


def _units(text: str) -> Iterator[str]:
    """Words with the spaces behind them; of Chinese, characters with the punctuation that belongs to them."""
    for word in _WORD.findall(text):
        if not word.isascii() and re.search(_HAS_WIDE, word):
            yield from _characters(word)
        else:
            yield word


def _characters(word: str) -> Iterator[str]:
    unit = ""
    for character in word:
        if unit and _may_break(unit[-1], character):
            yield unit
            unit = ""
        unit += character
    yield unit


def _may_break(before: str, after: str) -> bool:
    """Whether a line may end between these two characters."""
    if after.isspace() or after in NEVER_FIRST or before in NEVER_LAST or unicodedata.combining(after):
        return False
    return bool(before.isspace() or re.match(_HAS_WIDE, before) or re.match(_HAS_WIDE, after))
