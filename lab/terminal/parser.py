"""Takes a program's output apart: text to draw, control characters, and escape sequences.

Every sequence is taken whole, known or not, so nothing of it is ever drawn as text; ECMA-48 says where each ends.
"""

from __future__ import annotations

import re
from typing import Protocol

_ESCAPE = "\x1b"
_LONGEST = 1000
"""Characters of a sequence that are stored until its end arrives. No sequence that is understood is as long."""
_TEXT = re.compile(r"[^\x00-\x1f\x7f-\x9f]+")
_WITHIN = r"\x00-\x17\x19\x1c-\x1f\x7f"
"""Control characters that act in the middle of a sequence, which then goes on. The other three end it."""
_CSI = re.compile(rf"\x1b([{_WITHIN}]*)\[([{_WITHIN} -?]*)([@-~])")
_SHORT = re.compile(rf"\x1b([{_WITHIN} -/]*)([0-~])")
_BEGUN = re.compile(rf"\x1b[{_WITHIN}]*(?:\[[{_WITHIN} -?]*|[{_WITHIN} -/]*)")
_CONTROL = re.compile(rf"[{_WITHIN}]")
_IN_ORDER = re.compile(r"([<=>?]?)([0-;]*)([ -/]*)")
_BEGINS_STRING = re.compile(rf"\x1b([{_WITHIN}]*)[]PX^_k]")
"""OSC, DCS, SOS, PM, APC, and the title of GNU screen. What follows is for others than the screen."""
_ENDS_STRING = re.compile(r"[\x07\x18\x1a\x1b]")


class Listener(Protocol):
    """What acts on the output."""

    def draw(self, text: str) -> None:
        """Text without control characters."""

    def control(self, character: str) -> None:
        """One control character of ASCII."""

    def escape(self, name: str) -> None:
        """`ESC NAME`, such as `7` or `(0`."""

    def csi(self, name: str, parameters: str) -> None:
        """`CSI PARAMETERS NAME`. A private marker and intermediates are part of the name: `?h`, ` q`."""


class Parser:
    """Calls a listener for each part of the output, which may be cut anywhere between one piece and the next."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._rest = ""
        self._in_string = False

    def feed(self, output: str) -> None:
        """Take a piece of output."""
        output, at = self._rest + output, 0
        self._rest = ""
        while at < len(output):
            if self._in_string:
                at = self._skip_string(output, at)
            elif text := _TEXT.match(output, at):
                self._listener.draw(text.group())
                at = text.end()
            elif output[at] == _ESCAPE:
                at = self._take_sequence(output, at)
            else:
                if output[at] < " ":
                    self._listener.control(output[at])
                at += 1

    def _take_sequence(self, output: str, at: int) -> int:
        """Take the sequence that begins here. Returns where it ends."""
        begun = _BEGUN.match(output, at)
        if begun is None or begun.end() == len(output):
            self._rest = output[at : at + _LONGEST]
            return len(output)
        if found := _CSI.match(output, at):
            before, body, final = found.groups()
            if parts := _IN_ORDER.fullmatch(self._without_controls(before + body)):
                marker, parameters, intermediates = parts.groups()
                self._listener.csi(marker + intermediates + final, parameters)
            return found.end()
        if found := _BEGINS_STRING.match(output, at):
            self._without_controls(found[1])
            self._in_string = True
            return found.end()
        if "[" not in begun.group() and (found := _SHORT.match(output, at)):
            self._listener.escape(self._without_controls(found[1]) + found[2])
            return found.end()
        # It breaks off: at a control character that ends it, at the begin of another, or at what is no ASCII.
        return begun.end()

    def _without_controls(self, body: str) -> str:
        """A sequence without the control characters in it, for which the listener is called."""
        for control in _CONTROL.findall(body):
            self._listener.control(control)
        return _CONTROL.sub("", body)

    def _skip_string(self, output: str, at: int) -> int:
        """Skip a string. Returns where what follows begins: an escape within ends it, whatever comes after."""
        end = _ENDS_STRING.search(output, at)
        if end is None:
            return len(output)
        self._in_string = False
        return end.start() if end.group() == _ESCAPE else end.end()
