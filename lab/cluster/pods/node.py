"""Machines that are Pods: commands run in them by kubectl.

kubectl, and not a websocket of our own: it has the plugins that clouds log in by, ends the standard input of a command
without ending the command, and hands a terminal's size on.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from lab.cluster.engine import Completed, Role
from lab.cluster.host import processes
from lab.cluster.host.processes import OnLine
from lab.cluster.host.wait import bounded
from lab.cluster.machines.machine import Machine
from lab.cluster.pods.hosting import HostCluster
from lab.cluster.pods.manifest import CONTAINER
from lab.errors import LabError

TELLING_ITS_END = ("sh", "-c", '"$@"; code=$?; printf "\\nckslab: exit code %s\\n" "$code" >&2; exit "$code"', "sh")
"""Runs the command that follows, and writes its exit code to standard error. kubectl's own is no proof that the command
succeeded: it is 0, too, where the connection was lost, as when the host node dies."""
_ENDED = re.compile(rb"\nckslab: exit code (\d+)\n(?:command terminated with exit code \d+\n?)?\Z")
"""That exit code, and the line that kubectl adds where it is not 0. Where it is missing, the command never began or its
connection was lost."""


@dataclass(frozen=True, slots=True)
class PodNode(Machine):
    """A machine of the lab that is a Pod of its name."""

    host: HostCluster
    namespace: str
    name: str
    role: Role

    def argv(self, *command: str, tty: bool = False) -> list[str]:
        """A command for this computer that runs one there."""
        options = [f"--namespace={self.namespace}", f"--container={CONTAINER}", "--stdin", *(["--tty"] if tty else [])]
        return self.host.kubectl("exec", *options, self.name, "--", *command)

    def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30) -> Completed:
        """Run a command as root; see `lab.cluster.engine.Node`."""
        try:
            done = processes.run(self.argv(*TELLING_ITS_END, *argv), env={}, stdin=stdin, timeout=timeout)
        except FileNotFoundError as missing:
            raise LabError("pods.kubectl", str(missing)) from missing
        except subprocess.TimeoutExpired as late:
            command = " ".join(argv)
            raise LabError("node.timeout", node=self.name, command=command, seconds=f"{timeout:.0f}") from late
        ended = _ENDED.search(done.stderr)
        if not ended:
            raise LabError("node.gone", done.error, node=self.name)
        return Completed(argv, int(ended[1]), done.stdout, done.stderr[: ended.start()])

    def watch(self, argv: Sequence[str], on_line: OnLine, *, timeout: float) -> Completed:
        """Run a command as root that takes its time, telling each line it prints.

        Raises:
            LabError: it did not end in its time (`wait`).
        """
        hear = bounded(on_line, seconds=timeout, what=f"{' '.join(argv)} on {self.name}")
        return processes.watch(self.argv(*argv), env={}, on_line=hear)
