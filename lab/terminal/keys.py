"""What a terminal sends for a key, in the encoding that xterm made common."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from enum import IntEnum

_ESCAPE = "\x1b"

# Keys that have a byte of their own.
_SINGLE: Mapping[str, str] = {
    "enter": "\r",
    "tab": "\t",
    "escape": _ESCAPE,
    "backspace": "\x7f",
    "space": " ",
    "shift+tab": f"{_ESCAPE}[Z",
    "ctrl+space": "\x00",
    "ctrl+@": "\x00",
    "ctrl+backslash": "\x1c",
    "ctrl+right_square_bracket": "\x1d",
    "ctrl+circumflex_accent": "\x1e",
    "ctrl+underscore": "\x1f",
    "ctrl+slash": "\x1f",
    "ctrl+backspace": "\x08",
}

# `ESC [ X`, or `ESC O X` in application mode; with modifiers `ESC [ 1 ; M X`.
_LETTERS: Mapping[str, str] = {"up": "A", "down": "B", "right": "C", "left": "D", "home": "H", "end": "F"}
# `ESC O X`; with modifiers `ESC [ 1 ; M X`.
_FIRST_FUNCTIONS: Mapping[str, str] = {"f1": "P", "f2": "Q", "f3": "R", "f4": "S"}
# `ESC [ N ~`; with modifiers `ESC [ N ; M ~`.
_NUMBERS: Mapping[str, int] = {
    "insert": 2,
    "delete": 3,
    "pageup": 5,
    "pagedown": 6,
    "f5": 15,
    "f6": 17,
    "f7": 18,
    "f8": 19,
    "f9": 20,
    "f10": 21,
    "f11": 23,
    "f12": 24,
}
_MODIFIERS: Mapping[str, int] = {"shift": 1, "alt": 2, "ctrl": 4}


def encode(key: str, character: str | None = None, *, application: bool = False) -> str:
    """What to send for a key; empty where a terminal sends nothing.

    Args:
        key: its name with its modifiers, as Textual has it: `a`, `ctrl+a`, `alt+left`, `shift+f5`.
        character: what it types, if it types something.
        application: the program has asked for the cursor keys' application mode.
    """
    if key in _SINGLE:
        return _SINGLE[key]
    *modifiers, name = key.split("+") if key != "+" else [key]
    if special := _special(name, sum(_MODIFIERS.get(modifier, 0) for modifier in modifiers), application=application):
        return special
    if "alt" in modifiers:
        others = "+".join([*(modifier for modifier in modifiers if modifier != "alt"), name])
        meant = encode(others, character, application=application)
        return _ESCAPE + meant if meant else ""
    if "ctrl" in modifiers:
        return chr(ord(name.upper()) - ord("@")) if len(name) == 1 and name.isalpha() and name.isascii() else ""
    return character or _typed(name)


def _typed(name: str) -> str:
    """The character that a key is named after, such as `full_stop`."""
    if len(name) == 1:
        return name
    try:
        return unicodedata.lookup(name.replace("_", " "))
    except KeyError:
        return ""


def paste(text: str, *, bracketed: bool) -> str:
    """What to send for pasted text; bracketed, a shell does not run its lines."""
    typed = text.replace("\r\n", "\r").replace("\n", "\r")
    if not bracketed:
        return typed
    # A text that ends the bracket itself could run what follows.
    return f"{_ESCAPE}[200~{typed.replace(f'{_ESCAPE}[201~', '')}{_ESCAPE}[201~"


class Mouse(IntEnum):
    """What the mouse does, by the number that terminals send for it."""

    LEFT = 0
    MIDDLE = 1
    RIGHT = 2
    DRAG = 32
    """To be added to the button that is held down."""
    WHEEL_UP = 64
    WHEEL_DOWN = 65


def mouse(what: int, column: int, row: int, *, released: bool = False) -> str:
    """What to send when the mouse does something over a cell, counted from 0."""
    return f"{_ESCAPE}[<{what};{column + 1};{row + 1}{'m' if released else 'M'}"


def _special(name: str, modifiers: int, *, application: bool) -> str:
    """The sequence of a key that types nothing; empty if it is none."""
    if letter := _LETTERS.get(name):
        if modifiers:
            return f"{_ESCAPE}[1;{modifiers + 1}{letter}"
        return f"{_ESCAPE}{'O' if application else '['}{letter}"
    if letter := _FIRST_FUNCTIONS.get(name):
        return f"{_ESCAPE}[1;{modifiers + 1}{letter}" if modifiers else f"{_ESCAPE}O{letter}"
    if number := _NUMBERS.get(name):
        return f"{_ESCAPE}[{number};{modifiers + 1}~" if modifiers else f"{_ESCAPE}[{number}~"
    return ""
