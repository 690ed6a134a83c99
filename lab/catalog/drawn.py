"""Values that each start draws anew, and the places in a scenario's files where they come in.

A file of the scenario has `DRAWN(NAME)` where a value belongs. `draw` in `exercise.yaml` says what a name stands for:
`word`, eighteen random letters, or a list, whose items are dealt out in random order as `DRAWN(NAME.1)`,
`DRAWN(NAME.2)` and so on. No file of the exercise holds what came out.
"""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Iterator, Mapping

Draw = Mapping[str, tuple[str, ...]]
"""Name -> what is dealt out; nothing: it is a word."""

WORD = "word"
_LETTERS = 18
"""A multiple of three: in base64 nothing that comes after the word is mixed with it, so that it can be masked."""
_PLACE = re.compile(rb"DRAWN\(([^()\s]*)\)")


def names(draw: Draw) -> Iterator[str]:
    """What the values are called."""
    for name, items in draw.items():
        yield from (f"{name}.{number}" for number, _ in enumerate(items, start=1)) if items else (name,)


def values(draw: Draw) -> dict[str, str]:
    """Draw them."""
    chance = secrets.SystemRandom()
    drawn: dict[str, str] = {}
    for name, items in draw.items():
        if items:
            dealt = chance.sample(items, len(items))
            drawn |= {f"{name}.{number}": item for number, item in enumerate(dealt, start=1)}
        else:
            drawn[name] = "".join(chance.choice(string.ascii_lowercase) for _ in range(_LETTERS))
    return drawn


def named(content: bytes) -> set[str]:
    """The names of the values that come into a file."""
    return {found.decode("utf-8", "replace") for found in _PLACE.findall(content)}


def filled(content: bytes, drawn: Mapping[str, str]) -> bytes:
    """The file with the values in their places."""
    return _PLACE.sub(lambda place: drawn[place[1].decode()].encode(), content)
