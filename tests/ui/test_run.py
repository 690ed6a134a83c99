"""The way into the app and out of it, as the command line takes it, in a terminal of its own."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from lab.terminal.screen import Screen
from lab.ui import crash

SECONDS = 60
"""As long as a slow machine may take to draw something."""

APP = """
import sys, threading
from pathlib import Path
from lab import i18n
from lab.ui import run
from lab.cluster.engine import State
from lab.settings import Settings
from tests.ui.fakes import FakeEngine, FakeSession
from tests.unit.support.desks import catalog

def prepare(progress):
    threading.Event().wait()

i18n.use("en")
run.GRACE = 0.2
engine = FakeEngine(State.ABSENT)
sys.exit(run.run(FakeSession(catalog(Path(sys.argv[1])), engine), prepare, Settings()))
"""


def run_until(shown: str, tmp_path: Path) -> tuple[int, int]:
    """Start the app and wait until it has drawn this; its process and its terminal."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", COLUMNS="80", LINES="24")
        os.execv(sys.executable, [sys.executable, "-c", APP, str(tmp_path / "exercises")])  # noqa: S606
    read_until(shown, terminal)
    return child, terminal


def read_until(shown: str, terminal: int) -> None:
    screen, end = b"", time.monotonic() + SECONDS  # the app draws its clock for as long as one looks
    while shown.encode() not in screen:
        ready, _, _ = select.select([terminal], [], [], end - time.monotonic())
        assert ready, f"waited for {shown!r}, saw {screen[-2000:]!r}"
        screen += os.read(terminal, 65536)


def exit_code(child: int) -> int:
    """Of a process that ends; one that does not is killed."""
    killer = threading.Timer(SECONDS, os.kill, (child, signal.SIGKILL))
    killer.start()
    try:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        killer.cancel()


@pytest.mark.parametrize("told", [signal.SIGHUP])
def test_the_app_leaves_in_good_order_when_it_is_told_to_end(tmp_path: Path, told: signal.Signals) -> None:
    child, terminal = run_until("Preparing the lab", tmp_path)
    os.kill(child, told)
    read_until("The lab is half made.", terminal)
    assert exit_code(child) == 0


def test_quitting_does_not_wait_for_work_that_never_ends(tmp_path: Path) -> None:
    child, terminal = run_until("Preparing the lab", tmp_path)
    os.write(terminal, b"q")
    read_until("The lab is half made.", terminal)
    assert exit_code(child) == 0


def test_a_window_that_is_closed_is_no_fault_of_the_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    child, terminal = run_until("Preparing the lab", tmp_path)
    os.close(terminal)
    assert exit_code(child) in (0, crash.EXIT_CODE)  # by itself: neither killed here nor by its bound
    assert not list((tmp_path / "state").rglob("crash*"))


CRASH = """
secret = "hunter2"
class Faulty(Exception):
    def __rich__(self):
        return secret
def fail(*args, **named):
    local_secret = secret
    raise Faulty("the first line\\nwhat must stay " + secret)
import asyncio, threading
from textual.widget import Widget
from lab.ui.app import LabApp
from lab.ui.screens.home import HomeScreen
"""
FAULTS = {
    "when a widget is drawn": "HomeScreen.render_lines = fail",
    "when a message is handled": "LabApp.on_mount = fail",
    "in a thread": """
mounted = LabApp.on_mount
def on_mount(self):
    mounted(self)
    threading.Thread(target=fail).start()
LabApp.on_mount = on_mount
""",
    "at the start": "LabApp.__init__ = fail",
}


@pytest.mark.parametrize("where", FAULTS)
def test_a_fault_of_the_app_leaves_a_clean_terminal_one_sentence_and_a_file(tmp_path: Path, where: str) -> None:
    program = APP.replace("i18n.use", CRASH + FAULTS[where] + "\ni18n.use")
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", COLUMNS="80", LINES="24", XDG_STATE_HOME=str(tmp_path / "state"))
        os.execv(sys.executable, [sys.executable, "-c", program, str(tmp_path / "exercises")])  # noqa: S606
    screen = Screen(80, 24)
    output = read_all(terminal)
    screen.feed(output)
    assert exit_code(child) == 1
    shown = "".join(run.text for row in range(24) for run in screen.line(row)).strip()
    file = tmp_path / "state/ckslab/crash.log"
    assert shown == (
        "CKS Lab stopped by a fault of its own. "
        f"Your shell and the lab go on; `ckslab` brings you back. Details: {file}"
    )
    assert b"\x1b[?1049h" not in output or b"\x1b[?1049l" in output
    assert b"hunter2" not in output
    assert screen.cursor.visible
    assert not screen.modes.mouse
    assert file.stat().st_mode & 0o777 == 0o600
    details = file.read_text()
    assert "in fail" in details
    assert "Faulty: the first line" in details
    assert "hunter2" not in details


def read_all(terminal: int) -> bytes:
    output, end = b"", time.monotonic() + SECONDS
    while select.select([terminal], [], [], max(0, end - time.monotonic()))[0]:
        try:
            output += os.read(terminal, 65536)
        except OSError:  # nobody has the other end any more
            return output
    raise AssertionError(output[-2000:])
