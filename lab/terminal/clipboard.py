"""What a program copies to the clipboard, by the sequence that terminals have for it (OSC 52)."""

from __future__ import annotations

import base64
import binascii
import re

LIMIT = 100_000
"""Bytes of a sequence. A longer one is not copied at all: half of a text would mislead."""

_BEGIN = b"\x1b]52;"
_END = re.compile(rb"\x07|\x1b\\")


class Copies:
    """Finds what a program copies in its output, in which a sequence may be cut in pieces.

    A program that asks for what is in the clipboard gets no answer.
    """

    def __init__(self) -> None:
        self._unread = bytearray()

    def feed(self, output: bytes) -> list[str]:
        """Take output of the program. Returns the texts that it copies."""
        self._unread += output
        texts: list[str] = []
        while (begin := self._unread.find(_BEGIN)) >= 0:
            del self._unread[:begin]
            end = _END.search(self._unread, len(_BEGIN))
            if end is None:
                if len(self._unread) > LIMIT:
                    self._unread.clear()
                return texts
            if end.start() <= LIMIT:
                texts += _texts(bytes(self._unread[len(_BEGIN) : end.start()]))
            del self._unread[: end.end()]
        # Perhaps the beginning of a beginning.
        del self._unread[: -len(_BEGIN) + 1]
        return texts


def _texts(content: bytes) -> list[str]:
    """The text in a sequence: `CLIPBOARDS;BASE64`. None in one that asks (`?`), clears, or is damaged."""
    _, _, encoded = content.partition(b";")
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return []
    return [text] if text else []
