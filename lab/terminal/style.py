"""The style of cells: the colours and attributes that a program sets by `CSI ... m` (SGR)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import Any

_EIGHT = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_SIXTEEN = (*_EIGHT, *(f"bright_{colour}" for colour in _EIGHT))
_LEVELS = (0, 95, 135, 175, 215, 255)
"""Of red, green and blue in xterm's cube of 216 colours."""


@dataclass(frozen=True, slots=True)
class Style:
    """How cells are drawn. A colour is a name (`red`, `bright_red`), `#rrggbb`, or `default`."""

    foreground: str = "default"
    background: str = "default"
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    blink: bool = False
    reverse: bool = False
    conceal: bool = False
    strike: bool = False


PLAIN = Style()
_CHANGES: dict[int, dict[str, Any]] = {
    1: {"bold": True},
    2: {"dim": True},
    3: {"italic": True},
    4: {"underline": True},
    5: {"blink": True},
    6: {"blink": True},
    7: {"reverse": True},
    8: {"conceal": True},
    9: {"strike": True},
    21: {"underline": True},  # twice; one line is all that the app draws
    22: {"bold": False, "dim": False},
    23: {"italic": False},
    24: {"underline": False},
    25: {"blink": False},
    27: {"reverse": False},
    28: {"conceal": False},
    29: {"strike": False},
    39: {"foreground": "default"},
    49: {"background": "default"},
    **{30 + number: {"foreground": name} for number, name in enumerate(_EIGHT)},
    **{40 + number: {"background": name} for number, name in enumerate(_EIGHT)},
    **{90 + number: {"foreground": name} for number, name in enumerate(_SIXTEEN[8:])},
    **{100 + number: {"background": name} for number, name in enumerate(_SIXTEEN[8:])},
}
_COLOURED = {38: "foreground", 48: "background", 58: ""}
"""These are followed by a colour. That of the underline (58) is read and not used."""


@lru_cache(maxsize=4096)
def changed(style: Style, parameters: str) -> Style:
    """The style after `CSI PARAMETERS m`. Unknown numbers change nothing."""
    codes = iter(parameters.split(";"))
    for code in codes:
        first, *parts = (_number(part) for part in code.split(":"))
        if first == 0:
            style = PLAIN
        elif first in _COLOURED:
            # `38:2::1:2:3` is whole in itself; of `38;2;1;2;3` the rest follows.
            colour = _colour(parts or _following(codes))
            if colour and _COLOURED[first]:
                style = _with(style, {_COLOURED[first]: colour})
        elif first == 4 and parts:  # `4:3` is a curly underline, `4:0` none
            style = replace(style, underline=parts[0] != 0)
        else:
            style = _with(style, _CHANGES.get(first, {}))
    return _known.setdefault(style, style)


_known: dict[Style, Style] = {}
"""One object for each style, so that neighbouring cells are compared by identity."""


@lru_cache(maxsize=256)
def erased(style: Style) -> Style:
    """The style of cells that are erased, or come into being, while this one is set: its background, nothing else.

    That is what terminfo calls `bce`, and declares for xterm.
    """
    return PLAIN if style.background == "default" else Style(background=style.background)


def _with(style: Style, change: dict[str, Any]) -> Style:
    return replace(style, **change)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _following(codes: Iterator[str]) -> list[int]:
    """The numbers of a colour that are parameters of their own."""
    kind = _number(next(codes, ""))
    return [kind, *(_number(code) for code in islice(codes, {5: 1, 2: 3}.get(kind, 0)))]


def _colour(numbers: Sequence[int]) -> str:
    """The colour that these numbers stand for: `5 N` one of 256, `2 R G B` a true one. Empty if they name none."""
    match numbers:
        case [5, number]:
            return _one_of_256(number)
        case [2, red, green, blue] | [2, _, red, green, blue, *_]:  # a colour space may stand before the colour
            return "#" + "".join(f"{min(value, 255):02x}" for value in (red, green, blue))
        case _:
            return ""


def _one_of_256(number: int) -> str:
    if number < 16:
        return _SIXTEEN[number]
    if number < 232:
        red, rest = divmod(number - 16, 36)
        return "#" + "".join(f"{_LEVELS[level]:02x}" for level in (red, *divmod(rest, 6)))
    return "#" + f"{8 + 10 * (min(number, 255) - 232):02x}" * 3
