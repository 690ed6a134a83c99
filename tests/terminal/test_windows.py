"""The shell in several windows of this machine's tmux: who has it, and how one comes back from the whole terminal."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest

from lab.cluster.engine import Engine
from lab.terminal.pty import Pty
from lab.terminal.screen import Screen
from lab.ui.shell import (
    CHECK,
    TAKEN,
    banner_argv,
    embedded_argv,
    follow_argv,
    full_screen_argv,
    tell_argv,
    unfollow_argv,
)
from tests.terminal.local import BOUND, MISSING, PREFIX_PAUSE, PROFILE, ThisMachine, at

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not on this machine: {', '.join(MISSING)}")
F1, F4, F5, F12 = "\x1bOP", "\x1bOS", "\x1b[15~", "\x1b[24~"
RETURNS = "F4 back · F5 grade"
ENGINE = cast("Engine", ThisMachine())


class Window:
    """A terminal with a shell in it."""

    closed = False

    def __init__(self, argv: list[str], home: Path) -> None:
        self._screen = Screen(70, 12)
        variables = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "xterm-256color"}
        self._pty = Pty(argv, {**variables, "SHELL": "/bin/bash"}, 70, 12)

    @property
    def rows(self) -> list[str]:
        return ["".join(run.text for run in self._screen.line(row)).rstrip() for row in range(12)]

    def press(self, *keys: str) -> None:
        for key in keys:
            self._pty.write(key)
            time.sleep(PREFIX_PAUSE)

    def until(self, holds: Callable[[list[str]], bool]) -> None:
        end = time.monotonic() + BOUND
        while not holds(self.rows):
            assert time.monotonic() < end, "\n".join(self.rows)
            assert self._take(), "\n".join(self.rows)

    def code(self) -> int | None:
        """Its exit code, once it ends."""
        end = time.monotonic() + BOUND
        while self._take():
            assert time.monotonic() < end, "\n".join(self.rows)
        self.closed = True
        return self._pty.close()

    def close(self) -> None:
        """By its button, if it is still there."""
        if not self.closed:
            self._pty.close()

    def _take(self) -> bool:
        output = self._pty.read()
        if not output:
            time.sleep(0.01)
        else:
            self._screen.feed(output)
        return output is not None


Open = Callable[[list[str]], Window]
Run = Callable[[list[str]], None]


@pytest.fixture
def socket(tmp_path: Path) -> str:
    """Of a tmux that only this test has."""
    return f"ckslab-windows-{tmp_path.name}"


@pytest.fixture
def run(socket: str) -> Run:
    """Runs a command beside the shell."""

    def run(argv: list[str]) -> None:
        subprocess.run(at(socket, argv), check=True, timeout=BOUND)

    return run


@pytest.fixture
def open_window(tmp_path: Path, socket: str) -> Iterator[Open]:
    """Opens a shell."""
    (tmp_path / ".bash_profile").write_text(PROFILE)
    windows: list[Window] = []

    def open_(argv: list[str]) -> Window:
        windows.append(Window(at(socket, argv), tmp_path))
        return windows[-1]

    try:
        yield open_
    finally:
        for window in windows:
            window.close()
        subprocess.run(["tmux", "-L", socket, "kill-server"], check=False, capture_output=True)


def at_prompt(rows: list[str]) -> bool:
    return "$" in rows


def test_who_opens_the_shell_takes_it_from_another_window(open_window: Open) -> None:
    first = open_window(embedded_argv(ENGINE))
    first.until(at_prompt)
    second = open_window(embedded_argv(ENGINE))
    second.until(at_prompt)
    assert first.code() == TAKEN


def test_a_shell_says_that_it_is_in_tmux_and_a_further_window_of_it_does_not(open_window: Open) -> None:
    window = open_window(embedded_argv(ENGINE))
    window.until(lambda rows: rows[:2] == ["tmux: Ctrl-b % splits, Ctrl-b o switches, Ctrl-b c opens a window", "$"])
    window.press("\x02", "c")
    window.until(lambda rows: rows[0] == "$")


def test_a_shell_that_is_left_ends_without_a_fault(open_window: Open) -> None:
    window = open_window(embedded_argv(ENGINE))
    window.until(at_prompt)
    window.press("exit\r")
    assert window.code() == 0


def test_there_is_a_status_line_as_soon_as_there_are_two_windows(open_window: Open) -> None:
    window = open_window(embedded_argv(ENGINE))
    window.until(at_prompt)
    window.press("\x02", "c")
    window.until(lambda rows: "1:bash*" in rows[-1])
    window.press("exit\r")
    window.until(lambda rows: rows[-1] == "")


@pytest.mark.parametrize(("key", "code"), [(F4, 0), (F5, CHECK)])
def test_in_the_whole_terminal_a_status_line_says_how_one_comes_back_and_so_one_does(
    open_window: Open, key: str, code: int
) -> None:
    window = open_window(full_screen_argv(ENGINE, RETURNS))
    window.until(lambda rows: RETURNS in rows[-1])
    window.press(key)
    assert window.code() == code


def test_in_the_whole_terminal_the_other_function_keys_do_nothing(open_window: Open) -> None:
    window = open_window(full_screen_argv(ENGINE, RETURNS))
    window.until(at_prompt)
    window.press(F1, F12, "echo [", F1, "done]\r")
    window.until(lambda rows: "[done]" in rows)


def test_back_in_the_app_the_function_keys_are_the_programs_again(open_window: Open) -> None:
    full = open_window(full_screen_argv(ENGINE, RETURNS))
    full.until(at_prompt)
    window = open_window(embedded_argv(ENGINE))
    window.until(lambda rows: "$" in rows and rows[-1] == "")
    window.press("cat -v\r", F1, F4, F12, "\r")
    window.until(lambda rows: rows.count("^[OP^[OS^[[24~") == 2)


def test_who_follows_sees_the_shell_and_cannot_type(open_window: Open) -> None:
    learner = open_window(embedded_argv(ENGINE))
    learner.until(at_prompt)
    follower = open_window(follow_argv(ENGINE))
    follower.until(at_prompt)
    follower.press("echo from the follower\r", "\x02", "c", F4)
    learner.press("echo $((6*7))\r")
    follower.until(lambda rows: "42" in rows)
    assert not any("from the follower" in row for row in learner.rows)
    assert learner.rows[-1] == ""  # a second window would be told of there


def test_who_follows_comes_again_when_the_learner_comes_by_another_window(open_window: Open) -> None:
    open_window(embedded_argv(ENGINE)).until(at_prompt)
    follower = open_window(follow_argv(ENGINE))
    follower.until(at_prompt)
    learner = open_window(full_screen_argv(ENGINE, RETURNS))
    learner.until(at_prompt)
    assert follower.code() == TAKEN
    again = open_window(follow_argv(ENGINE))
    again.until(at_prompt)
    learner.press("echo $((6*7))\r")
    again.until(lambda rows: "42" in rows)


def test_a_line_above_the_shell_is_there_in_whatever_window_until_it_is_taken_away(open_window: Open, run: Run) -> None:
    learner = open_window(embedded_argv(ENGINE))
    learner.until(at_prompt)
    run(banner_argv(ENGINE, "Somebody sees #1"))
    learner.until(lambda rows: "Somebody sees #1" in rows[0])
    learner.press("\x02", "c")
    learner.until(lambda rows: "Somebody sees #1" in rows[0] and "1:bash*" in rows[-1])
    run(banner_argv(ENGINE, ""))
    learner.until(lambda rows: rows[0] == "$")


def test_who_only_sees_the_shell_is_sent_away_and_its_learner_stays(open_window: Open, run: Run) -> None:
    learner = open_window(embedded_argv(ENGINE))
    learner.until(at_prompt)
    follower = open_window(follow_argv(ENGINE))
    follower.until(at_prompt)
    run(unfollow_argv(ENGINE))
    assert follower.code() == 0
    learner.press("echo $((6*7))\r")
    learner.until(lambda rows: "42" in rows)


def test_who_has_the_shell_in_the_whole_terminal_is_told_something_there(open_window: Open, run: Run) -> None:
    learner = open_window(full_screen_argv(ENGINE, RETURNS))
    learner.until(at_prompt)
    run(tell_argv(ENGINE, "May I see #1?"))
    learner.until(lambda rows: "May I see #1?" in rows[-1])
