"""An answer's script, run as the learner would type it: as user candidate, on base."""

from __future__ import annotations

import subprocess

from lab.catalog.model import Answer
from lab.cluster.engine import Completed, Engine
from lab.errors import LabError

BOUND = 180.0
"""Seconds for one script, with all that it waits for, on machines that are not slower than others."""


def run_as_learner(engine: Engine, answer: Answer) -> Completed:
    """Run the script from its standard input, so that nothing of it is left on base.

    Raises:
        LabError: it did not end in time (`start.script`).
    """
    argv, bound = engine.shell_argv("bash", "-s", tty=False), BOUND * engine.pace
    try:
        done = subprocess.run(argv, input=answer.script_text.encode(), capture_output=True, timeout=bound, check=False)
    except subprocess.TimeoutExpired as error:
        printed = (error.stderr or b"").decode("utf-8", "backslashreplace")
        raise LabError("start.script", printed, script=answer.script, seconds=f"{bound:.0f}") from error
    return Completed(argv, done.returncode, done.stdout, done.stderr)
