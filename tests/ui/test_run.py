"""The way into the app and out of it, as the command line takes it, in a terminal of its own."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import time
from pathlib import Path

import pytest

SECONDS = 60
"""As long as a slow machine may take to draw something."""

APP = """
import sys, threading
from pathlib import Path
from lab import i18n, ui
from lab.cluster.engine import State
from lab.settings import Settings
from tests.ui.fakes import FakeEngine, FakeSession, catalog

def prepare(progress):
    threading.Event().wait()

i18n.use("en")
ui.GRACE = 0.2
engine = FakeEngine(State.ABSENT)
sys.exit(ui.run(FakeSession(catalog(Path(sys.argv[1])), engine), prepare, Settings()))
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


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_app_leaves_in_good_order_when_it_is_told_to_end(tmp_path: Path, told: signal.Signals) -> None:
    child, terminal = run_until("Preparing the lab", tmp_path)
    os.kill(child, told)
    read_until("The lab is half made.", terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_quitting_does_not_wait_for_work_that_never_ends(tmp_path: Path) -> None:
    child, terminal = run_until("Preparing the lab", tmp_path)
    os.write(terminal, b"q")
    read_until("The lab is half made.", terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
