"""Whether the learner may work on a machine: an exam ends on the machines themselves, whoever watches it or not."""

from __future__ import annotations

import math
from pathlib import Path

from lab.cluster.engine import Completed, Node
from lab.cluster.machines.machine import refused
from lab.errors import LabError

_SCRIPT = Path(__file__).with_suffix(".sh")
_PLACE = "/run/ckslab/access"
_NO_LEARNER = 65


def close_after(machine: Node, seconds: float) -> None:
    """Have the machine close itself in so many seconds, and stay closed. Said again, the moment moves.

    Raises:
        LabError: the machine has no learner of its own, or programs work there as the learner (`access.no_learner`).
    """
    _call(machine, "close-after", str(math.ceil(seconds)))


def close(machine: Node) -> None:
    """End what the learner runs there, also what runs by sudo, and let nobody in until it is opened again."""
    _call(machine, "close")


def reopen(machine: Node) -> None:
    """Let the learner in again. A machine that was never to close is open anyway."""
    _call(machine, "reopen")


def state(machine: Node) -> str:
    """`open`, `closed`, or `closes` with the seconds that are left."""
    return _call(machine, "state").text.strip()


def _call(machine: Node, *argv: str) -> Completed:
    machine.write(_PLACE, _SCRIPT.read_bytes(), mode=0o700)  # a machine that was started anew has lost it
    done = machine.run(["bash", _PLACE, *argv])
    if done.code == _NO_LEARNER:
        raise LabError("access.no_learner", machine=machine.name)
    if not done.ok:
        raise refused(f"{machine.name}: access {argv[0]}", done)
    return done
