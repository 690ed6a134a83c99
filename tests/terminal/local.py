"""A real tmux of this machine, begun as the app begins the lab's, on the app's screen."""

from __future__ import annotations

import os
import re
import select
import shlex
import shutil
import subprocess
import time
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from lab import paths
from lab.cluster.engine import Engine
from lab.terminal import keys
from lab.terminal.grid import Run
from lab.terminal.pty import Pty
from lab.terminal.screen import Screen
from lab.terminal.style import PLAIN
from lab.ui.shell import embedded_argv

NEEDED = ("tmux", "vim", "less", "top", "git")
MISSING = [program for program in NEEDED if shutil.which(program) is None]
BOUND = 8.0
"""Seconds after which the screen and tmux will not agree any more."""
LOOKS = 20
"""How often they are compared at least: of a machine that stood still, seconds say nothing."""
PATIENCE = 60.0
"""Seconds within which tmux answers a command, however busy the machine is."""
QUIET = 0.03
"""Seconds without output, after which the screen is compared."""
ANSWER = 1.0
"""Seconds within which what is typed is answered, on a busy machine too."""
PREFIX_PAUSE = 0.02
"""Seconds between keys. What comes within a millisecond of tmux's prefix, it takes for pasted."""
PROFILE = "PS1='$ '; unset PROMPT_COMMAND; export HISTFILE= PAGER=less LESS=-R EDITOR=vim; cd ~\n"


class ThisMachine:
    """Stands for an engine whose base is this machine."""

    def shell_argv(self, *command: str, tty: bool = True) -> list[str]:
        return list(command)


def at(socket: str, argv: list[str]) -> list[str]:
    """A shell's command with another server, and the configuration's own place, which is the lab's file."""
    argv = list(argv)
    argv[argv.index("-L") + 1] = socket
    argv[argv.index("-f") + 1] = str(paths.data("node") / "rootfs/etc/tmux.conf")
    return argv


def tmux_argv(socket: str) -> list[str]:
    """The shell of the app."""
    return at(socket, embedded_argv(cast("Engine", ThisMachine())))


@dataclass(frozen=True)
class Pane:
    """A part of tmux's window."""

    id: str
    left: int
    top: int
    columns: int
    rows: int
    active: bool
    mode: str
    scrolled: int
    cursor: tuple[int, int]
    cursor_shown: bool


class DifferentError(AssertionError):
    """The screen does not show what tmux has."""


class Asker:
    """A second client of a tmux that draws nothing and has no size: through it a command costs no process."""

    def __init__(self, socket: str, environment: dict[str, str]) -> None:
        argv = ["tmux", "-L", socket, "-u", "-C", "attach-session", "-f", "ignore-size,no-output"]
        self._process = subprocess.Popen(argv, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._unread = b""

    def ask(self, *command: str) -> str:
        """A command of tmux; what it prints.

        Raises:
            RuntimeError: tmux has refused it, or has ended.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(f"{shlex.join(command)}\n".encode())
        self._process.stdin.flush()
        printed: list[str] = []
        begun = ""
        while True:
            line = self._line()
            kind, _, number = line.partition(" ")
            if begun and number == begun and kind in ("%end", "%error"):
                if kind == "%error":
                    raise RuntimeError(f"{command}: {printed}")
                return "".join(f"{text}\n" for text in printed)
            if begun:
                printed.append(line)
            elif kind == "%begin" and number.endswith(" 1"):  # not that of attaching itself
                begun = number

    def close(self) -> None:
        """Leave."""
        self._process.communicate()

    def _line(self) -> str:
        assert self._process.stdout is not None
        while b"\n" not in self._unread:
            if not select.select([self._process.stdout], [], [], PATIENCE)[0]:
                raise RuntimeError("tmux does not answer")
            if not (output := os.read(self._process.stdout.fileno(), 65536)):
                raise RuntimeError("tmux has ended")
            self._unread += output
        line, _, self._unread = self._unread.partition(b"\n")
        return line.decode()


class Local:
    """A shell in a tmux on a screen, as in the app, without the app around it."""

    def __init__(self, home: Path, columns: int, rows: int) -> None:
        (home / ".bash_profile").write_text(PROFILE)
        self._socket = f"ckslab-truth-{os.getpid()}-{home.name}"
        inherited = {name: os.environ[name] for name in ("PATH", "TERMINFO") if name in os.environ}
        self._environment = {
            **inherited,
            "HOME": str(home),
            "SHELL": "/bin/bash",
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
        }
        self.screen = Screen(columns, rows)
        self.tape: list[bytes | tuple[int, int]] = [(columns, rows)]
        self.knows_copy_mode = False
        self._asker: Asker | None = None
        self._pty = Pty(tmux_argv(self._socket), self._environment, columns, rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        argv = ["tmux", "-L", self._socket, "kill-server"]
        subprocess.run(argv, env=self._environment, capture_output=True, check=False, timeout=PATIENCE)
        if self._asker is not None:
            self._asker.close()
        self._pty.close()

    def type(self, text: str) -> None:
        """Press keys."""
        self._pty.write(text)

    def paste(self, text: str) -> None:
        """As the app pastes."""
        self.type(keys.paste(text, bracketed=self.screen.modes.bracketed_paste))

    def resize(self, columns: int, rows: int) -> None:
        """In the order of the app: the screen first."""
        self.knows_copy_mode = False
        self.tape.append((columns, rows))
        self.screen.resize(columns, rows)
        self._pty.resize(columns, rows)

    def let_pass(self, seconds: float) -> None:
        """Take the output for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._take(left)

    def is_answered(self) -> None:
        """Take what comes next, whenever it comes; a program that answers nothing is waited for a moment."""
        self._take(ANSWER)

    def enters_copy_mode(self) -> None:
        """Of what copy mode shows, tmux tells nothing: it is a copy, the same as the pane until the size changes."""
        self.settle()
        self.knows_copy_mode = True

    def settle(self) -> None:
        """Take the output until there is none for a moment."""
        end = time.monotonic() + BOUND
        while self._take(QUIET) and time.monotonic() < end:
            pass

    def shows(self, text: str) -> bool:
        """Until this is on the screen; not for ever. Returns whether it is."""
        end = time.monotonic() + BOUND
        while text not in "".join(f"{self.text(row).rstrip()}\n" for row in range(self.screen.rows)):
            if time.monotonic() > end:
                return False
            self._take(0.05)
        return True

    def comes_to_prompt(self) -> None:
        """Until the cursor stands behind a prompt; not for ever, for a prompt may be drawn over or wrapped."""
        end = time.monotonic() + BOUND
        while not self.text(self.screen.cursor.row)[: self.screen.cursor.column].endswith("$ "):
            if time.monotonic() > end:
                return
            self._take(0.05)

    def text(self, row: int) -> str:
        """What is in a row."""
        return "".join(run.text for run in self.screen.line(row))

    def compare(self, *, styles: bool = False) -> None:
        """Hold every row against what tmux has.

        Raises:
            DifferentError: they are different and stay so.
        """
        end, times = time.monotonic() + BOUND, 0
        while True:
            self.settle()
            found = self._differences(styles=styles)
            if not found:
                return
            times += 1
            if time.monotonic() > end and times > LOOKS:
                raise DifferentError("\n".join(found))

    def _differences(self, *, styles: bool) -> list[str]:
        found = []
        for pane in self._panes():
            if pane.mode and not self.knows_copy_mode:
                continue
            true, known = self._true(pane)
            for row in range(pane.rows):
                at = pane.top + row
                if at >= self.screen.rows:
                    return [f"the screen has {self.screen.rows} rows, {pane} more"]
                shown = _cut(self.screen.line(at), pane.left, pane.columns)
                expected = _cut(true.line(row), 0, pane.columns)
                if pane.mode:  # a `$` there marks a cursor at the end of its line
                    shown, expected = shown[:-1], expected[:-1]
                if pane.mode and row == 0:  # copy mode tells there where it is
                    shown, expected = shown[: pane.columns // 3], expected[: pane.columns // 3]
                compared = known[row] if styles and not pane.mode else 0
                found_cells, true_cells = _without_styles(shown, compared), _without_styles(expected, compared)
                if found_cells != true_cells and found_cells != _half_written_over(true_cells, found_cells):
                    found.append(f"{pane.id} row {row}: shown {_joined(shown)!r}\n{' ' * 14}true {_joined(expected)!r}")
                    found += [
                        f"   cell {x}: {_short(a)} {_short(b)}"
                        for x, (a, b) in enumerate(zip(found_cells, true_cells, strict=False))
                        if a != b
                    ][:3]
            if pane.active and not pane.mode:
                found += self._cursor_differs(pane)
        return found

    def _cursor_differs(self, pane: Pane) -> list[str]:
        cursor = self.screen.cursor
        if pane.cursor[0] > pane.columns:  # left outside by a change of the size, and hidden
            return []
        if cursor.visible != pane.cursor_shown:
            return [f"cursor shown: {cursor.visible}, true: {pane.cursor_shown}"]
        column, row = pane.left + min(pane.cursor[0], pane.columns - 1), pane.top + pane.cursor[1]
        stands = (cursor.row, range(cursor.column, cursor.column + cursor.width))
        if cursor.visible and not (stands[0] == row and column in stands[1]):
            return [f"cursor at {cursor}, true: {column}, {row}"]
        return []

    def _panes(self) -> list[Pane]:
        names = (
            *("pane_id", "pane_left", "pane_top", "pane_width", "pane_height", "pane_active", "window_zoomed_flag"),
            *("pane_mode", "scroll_position", "cursor_x", "cursor_y", "cursor_flag"),
        )
        printed = self.tmux("list-panes", "-F", "\t".join(f"#{{{name}}}" for name in names))
        panes = []
        for line in printed.splitlines():
            id_, left, top, columns, rows, active, zoomed, mode, scrolled, x, y, shown = line.split("\t")
            if zoomed == "1" and active == "0":
                continue
            numbers = (int(left), int(top), int(columns), int(rows))
            panes.append(Pane(id_, *numbers, active == "1", mode, int(scrolled or 0), (int(x), int(y)), shown == "1"))
        return panes

    def _true(self, pane: Pane) -> tuple[Screen, list[int]]:
        """What tmux has in a pane, on another screen, and of how many cells of each row the styles are known."""
        if pane.mode:
            first, last = -pane.scrolled, pane.rows - 1 - pane.scrolled
            captured = self.tmux("capture-pane", "-e", "-p", "-N", "-t", pane.id, "-S", f"{first}", "-E", f"{last}")
        else:
            captured = self.tmux("capture-pane", "-e", "-p", "-N", "-t", pane.id)
        # After a change of the size half of a wide character may hang over the end of a row.
        screen = Screen(pane.columns + 1, pane.rows)
        screen.feed(b"\x1b[?7l\x1b)0")
        known = []
        for row, line in enumerate(captured.split("\n")[: pane.rows]):
            screen.feed(f"\x1b[{row + 1}H{line}".encode())
            known.append(min(screen.cursor.column, pane.columns))
            if _cut(screen.line(row), pane.columns, 1)[0][0] == "":
                screen.feed(f"\x1b[{row + 1};{pane.columns}H\x1b[K".encode())
        return screen, known + [0] * (pane.rows - len(known))

    def tmux(self, *command: str) -> str:
        """A command of tmux, once it shows something; what it prints."""
        if self._asker is None:
            self._asker = Asker(self._socket, self._environment)
        return self._asker.ask(*command)

    def _take(self, seconds: float) -> bool:
        """Whether there was output within this time."""
        if not select.select([self._pty.fd], [], [], max(0, seconds))[0]:
            return False
        output = self._pty.read()
        if output is None:
            raise RuntimeError("tmux has ended:\n" + "\n".join(self.text(row) for row in range(self.screen.rows)))
        self.tape.append(output)
        self.screen.feed(output)
        return True


def _cut(line: tuple[Run, ...] | object, left: int, columns: int) -> list[tuple[str, object]]:
    """The cells of a part of a row."""
    cells: list[tuple[str, object]] = []
    for run in cast("tuple[Run, ...]", line):
        characters: list[str] = []
        for character in run.text:
            if unicodedata.combining(character) and characters:
                characters[-1] += character
            else:
                characters.append(character)
        for character in characters:
            cells.append((character, run.style))
            if unicodedata.east_asian_width(character[0]) in "WF":
                cells.append(("", run.style))
    return cells[left : left + columns]


def _half_written_over(true: list[tuple[str, object]], shown: list[tuple[str, object]]) -> list[tuple[str, object]]:
    """What is true, with the first wide character gone that the screen has a blank for.

    tmux 3.3a leaves a wide character in its pane when its second half is written over, and captures it as if it were
    whole; what follows would then stand one cell further right than tmux itself has it (seed 169). One in a row, so
    that a screen which draws no wide characters is found.
    """
    for x, (text, style) in enumerate(true):
        if unicodedata.east_asian_width(text[:1] or " ") in "WF" and shown[x] == (" ", style):
            return [*true[:x], (" ", style), *true[x + 2 :], (" ", PLAIN)]
    return true


def _without_styles(cells: list[tuple[str, object]], start: int) -> list[tuple[str, object]]:
    """From a cell on, only what it holds."""
    return [*cells[:start], *((text, PLAIN) for text, _ in cells[start:])]


def _joined(cells: list[tuple[str, object]]) -> str:
    return "".join(text for text, _ in cells).rstrip()


def _short(cell: tuple[str, object]) -> str:
    """Without what is as usual."""
    return re.sub(r" ?[a-z]+=(False|'default'),?", "", repr(cell))
