"""A program's screen in our terminal, and nobody to type into it."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lab.terminal.pty import Pty

ENVIRONMENT = {"PATH": os.environ["PATH"], "TERM": "xterm-256color"}
BOUND = 30
SHOW = "import os, sys; from lab.terminal.show import show; print('code', show(sys.argv[1:], os.environ, {goes_on}))"
NOT_ALLOWED = "lambda: False"
ECHO = ("sh", "-c", "echo begun; while read line; do echo got $line; done")


@contextmanager
def shown(*argv: str, goes_on: str = "lambda: True") -> Iterator[Pty]:
    pty = Pty([sys.executable, "-c", SHOW.format(goes_on=goes_on), *argv], ENVIRONMENT, 80, 24)
    try:
        yield pty
    finally:
        pty.close()


def read_until(pty: Pty, expected: str) -> str:
    seen = b""
    while expected.encode() not in seen:
        ready, _, _ = select.select([pty.fd], [], [], BOUND)
        piece = pty.read() if ready else None
        assert piece is not None, f"waited for {expected!r}, saw {seen!r}"
        seen += piece
    return seen.decode()


def test_what_is_typed_does_not_reach_the_program() -> None:
    with shown(*ECHO) as pty:
        read_until(pty, "begun")
        pty.write("ls\r")
        pty.write("quit\r")
        pty.resize(70, 20)
        pty.write("q")
        assert "got" not in read_until(pty, "code None")


@pytest.mark.parametrize("key", ["q", "\x03", "\x04"])
def test_a_key_ends_it_and_the_terminal_is_as_before(key: str) -> None:
    with shown("sh", "-c", r"printf '\033[?1049h\033[?1002hbegun'; exec cat") as pty:
        read_until(pty, "begun")
        pty.write(key)
        assert "\x1b[?1049l\x1b[?1000;1002;" in read_until(pty, "code None")


def test_it_ends_with_the_program_and_by_its_code() -> None:
    with shown("sh", "-c", "echo begun; exit 75") as pty:
        assert "begun" in read_until(pty, "code 75")


def test_the_program_has_the_size_of_the_window() -> None:
    program = "trap 'stty size; exit' WINCH; stty size; while :; do sleep 0.1; done"
    with shown("sh", "-c", program) as pty:
        read_until(pty, "24 80")
        pty.resize(33, 7)
        read_until(pty, "7 33")


def test_what_may_not_go_on_is_not_shown() -> None:
    with shown(*ECHO, goes_on=NOT_ALLOWED) as pty:
        assert "begun" not in read_until(pty, "code None")
