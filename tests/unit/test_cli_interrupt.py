"""Ctrl-C while a command of the learner runs is that command's to answer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

PROGRAM = "import sys; from lab.foreground import foreground; sys.exit(foreground([sys.executable, '-c', sys.argv[1]]))"
WAITS = "import time; print('waits', flush=True); time.sleep(60)"
ANSWERS = f"""
import signal, sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(5))
{WAITS}
"""


@pytest.mark.parametrize(("command", "code"), [(f"import signal; signal.signal(2, 0); {WAITS}", 130), (ANSWERS, 5)])
def test_its_exit_code_comes_back(command: str, code: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"waits\n"
    os.killpg(process.pid, signal.SIGINT)
    _, complaints = process.communicate(timeout=30)
    assert (process.returncode, complaints) == (code, b"")
