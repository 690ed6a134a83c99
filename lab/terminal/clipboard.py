"""What a program copies to the clipboard, by the sequence that terminals have for it (OSC 52)."""

from __future__ import annotations

import base64
import binascii
import re

LIMIT = 100_000
"""Bytes of a sequence that is listened to. What is longer is not copied at all: half of a text would mislead."""

_BEGIN = b"\x1b]52;"
_END = re.compile(rb"\x07|\x1b\\")


class Copies:
    """Listens to a program's output, in which a sequence may be cut in pieces.

    It only hears what is copied. A program that asks for what is in the clipboard gets no answer.
    """

    def __init__(self) -> None:
        self._heard = bytearray()

    def feed(self, output: bytes) -> list[str]:
        """Take output of the program. Returns the texts that it copies."""
        self._heard += output
        texts: list[str] = []
        while (begin := self._heard.find(_BEGIN)) >= 0:
            del self._heard[:begin]
            end = _END.search(self._heard, len(_BEGIN))
            if end is None:
                if len(self._heard) > LIMIT:
                    self._heard.clear()
                return texts
            if end.start() <= LIMIT:
                texts += _texts(bytes(self._heard[len(_BEGIN) : end.start()]))
            del self._heard[: end.end()]
        # Perhaps the beginning of a beginning.
        del self._heard[: -len(_BEGIN) + 1]
        return texts


def _texts(content: bytes) -> list[str]:
    """The text in a sequence: `CLIPBOARDS;BASE64`. None in one that asks (`?`), clears, or is damaged."""
    _, _, encoded = content.partition(b";")
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return []
    return [text] if text else []
