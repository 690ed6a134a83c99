"""A program in a terminal of its own, as the app drives it."""

from __future__ import annotations

import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lab.terminal.pty import Pty

ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "TERM": "xterm-256color"}
BOUND = 20


@contextmanager
def program(*argv: str, columns: int = 80, rows: int = 24) -> Iterator[Pty]:
    pty = Pty(argv, ENVIRONMENT, columns, rows)
    try:
        yield pty
    finally:
        pty.close()


def read_until(pty: Pty, expected: str) -> str:
    """What it writes until this comes, or all of it if it ends before."""
    seen = b""
    while expected.encode() not in seen:
        ready, _, _ = select.select([pty.fd], [], [], BOUND)
        assert ready, f"waited for {expected!r}, saw {seen!r}"
        piece = pty.read()
        if piece is None:
            break
        seen += piece
    return seen.decode()


def test_a_program_reads_what_is_typed() -> None:
    with program("sh", "-c", "read word; echo got $word") as pty:
        pty.write("hello\r")
        assert "got hello" in read_until(pty, "got hello")


def test_it_knows_the_size_of_its_terminal_and_is_told_of_another() -> None:
    with program("sh", "-c", "trap 'stty size; exit' WINCH; stty size; while :; do sleep 0.1; done", rows=5) as pty:
        assert "5 80" in read_until(pty, "5 80")
        pty.resize(33, 7)
        assert "7 33" in read_until(pty, "7 33")


def test_what_is_typed_faster_than_it_is_read_is_kept_until_it_is() -> None:
    text = "x" * 300_000
    with program("sh", "-c", "stty raw -echo; echo ready; head -c 300000 | wc -c; echo end") as pty:
        read_until(pty, "ready")
        sent = pty.write(text)
        assert not sent
        while not sent:
            select.select([], [pty.fd], [], BOUND)
            sent = pty.flush()
        assert "300000" in read_until(pty, "end")


def test_typing_at_a_program_that_is_gone_is_no_fault() -> None:
    with program("true") as pty:
        read_until(pty, "never written")
        assert pty.write("hello")


def test_its_exit_code_is_known_at_the_end() -> None:
    pty = Pty(["sh", "-c", "exit 3"], ENVIRONMENT, 80, 24)
    read_until(pty, "never written")
    assert pty.close() == 3


@pytest.fixture
def _ignores_hanging_up() -> Iterator[None]:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("_ignores_hanging_up")
def test_closing_hangs_up_also_where_nohup_started_the_app() -> None:
    pty = Pty(["sh", "-c", "trap 'exit 7' HUP; echo ready; while :; do sleep 0.1; done"], ENVIRONMENT, 80, 24)
    read_until(pty, "ready")
    assert pty.close() == 7


def test_what_cannot_be_begun_is_said_so() -> None:
    with pytest.raises(FileNotFoundError):
        Pty(["/nonexistent/program"], ENVIRONMENT, 80, 24)
