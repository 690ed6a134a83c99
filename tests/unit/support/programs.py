"""Another `ckslab`, which is at work on a lab."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_HOLDING = """
import sys
from lab.cluster.host.lock import hold

with hold(sys.argv[1], only_looking=sys.argv[2] == "True"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def at_work(lab: str, *, only_looking: bool = False) -> Iterator[subprocess.Popen[str]]:
    """While inside, it holds the lab."""
    argv = [sys.executable, "-c", _HOLDING, lab, str(only_looking)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "held\n"
        yield program
        program.communicate()
