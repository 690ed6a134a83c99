"""A program whose screen is shown in our terminal, and that nobody can type into."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator, Mapping, Sequence

from lab.terminal.pty import Pty

EVERY = 0.5
"""Seconds between two questions whether to go on."""
LEAVES = frozenset([b"q", b"Q", b"\x03", b"\x04", b""])
"""Keys that end it: q, Ctrl+C, Ctrl+D; and a window that was closed."""
# Another screen, mouse and pasted text: a program that is hung up on does not take back what it asked a terminal for.
_AS_BEFORE = b"\x1b[?1049l\x1b[?1000;1002;1003;1005;1006;1015;2004l\x1b[?1l\x1b>\x1b[?25h\x1b[m\r\n"


def show(argv: Sequence[str], environment: Mapping[str, str], goes_on: Callable[[], bool] = lambda: True) -> int | None:
    """Show what a program draws until it ends, a key ends it, or it may not go on.

    Returns:
        Its exit code; None where it was not the program that ended it.
    """
    keys, screen = sys.stdin.fileno(), sys.stdout.fileno()
    pty = Pty(argv, environment, *os.get_terminal_size(screen))
    with _raw(keys):
        try:
            has_ended = _show(pty, keys, screen, goes_on)
        finally:
            code = pty.close()
            _write(screen, _AS_BEFORE)
    return code if has_ended else None


def _show(pty: Pty, keys: int, screen: int, goes_on: Callable[[], bool]) -> bool:
    """Pass on what is drawn, and each change of the window's size. Whether the program has ended by itself."""
    asked, size = -EVERY, os.get_terminal_size(screen)
    while True:
        if time.monotonic() - asked >= EVERY:
            if not goes_on():
                return False
            asked = time.monotonic()
        ready, _, _ = select.select([pty.fd, keys], [], [], EVERY)
        if keys in ready and os.read(keys, 1024)[-1:] in LEAVES:
            return False
        now = os.get_terminal_size(screen)
        if now != size:
            size = now
            pty.resize(*size)
        if pty.fd in ready:
            drawn = pty.read()
            if drawn is None:
                return True
            _write(screen, drawn)


@contextlib.contextmanager
def _raw(keys: int) -> Iterator[None]:
    """Every key comes here as it is pressed, and none is echoed."""
    before = termios.tcgetattr(keys)
    try:
        tty.setraw(keys)
        yield
    finally:
        termios.tcsetattr(keys, termios.TCSAFLUSH, before)


def _write(screen: int, drawn: bytes) -> None:
    while drawn:
        drawn = drawn[os.write(screen, drawn) :]
