"""Machines that OpenSSH reaches, by a configuration file that names them: virtual machines, and hosts of the user's."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lab.cluster.engine import Completed, Role
from lab.cluster.host import processes
from lab.cluster.host.processes import OnLine
from lab.cluster.host.wait import bounded
from lab.cluster.machines.machine import Machine
from lab.errors import LabError

_CONNECT_SECONDS = 10
_SOCKET_LENGTH = 107
"""What the address of a socket may have; ssh itself adds seventeen characters while it makes one."""
_FAILED = 255
"""ssh's exit code where it did not get through; a command may end with it too."""
_AS_ROOT = '[ "$(id -u)" != 0 ] || exec "$@"; exec sudo --non-interactive -- "$@"'


@dataclass(frozen=True, slots=True)
class Ssh:
    """A way to hosts.

    Attributes:
        config: names them, as `ssh -F` takes it.
        sockets: a folder for the connections that are kept open: a virtual machine takes seconds to make one.
        pace: how many times longer than others these hosts take; every bound is so much longer.
    """

    config: Path
    sockets: Path
    pace: float = 1

    def argv(self, host: str, command: Sequence[str] = (), *, tty: bool = False) -> list[str]:
        """A command for this machine that runs a command on a host, or a shell; word by word as it was given."""
        options = {
            "BatchMode": "yes",
            "ConnectTimeout": f"{_CONNECT_SECONDS * self.pace:.0f}",
            "ServerAliveInterval": "15",
            "LogLevel": "ERROR",
            **self._sharing(host),
        }
        settings = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        # ssh hands its words to a shell on the host; quoted, they arrive there as they were given here.
        words = [shlex.join(command)] if command else []
        return ["ssh", "-F", str(self.config), *settings, "-t" if tty else "-T", host, *words]

    def call(self, host: str, command: Sequence[str], *, stdin: bytes = b"", timeout: float = 30) -> Completed:
        """Run a command on a host.

        Raises:
            LabError: this machine has no ssh (`ssh.missing`).
            subprocess.TimeoutExpired: it did not end in time.
        """
        try:
            return processes.run(self.argv(host, command), env={}, stdin=stdin, timeout=timeout * self.pace)
        except FileNotFoundError as missing:
            raise LabError("ssh.missing", str(missing)) from missing

    def close(self, host: str) -> None:
        """Give up the connection that is kept open; where there is none, nothing is lost."""
        with suppress(subprocess.TimeoutExpired):
            processes.run([*self.argv(host)[:-1], "-O", "exit", host], env={}, timeout=_CONNECT_SECONDS)

    def _sharing(self, host: str) -> dict[str, str]:
        """One connection for all commands, where its socket can have an address."""
        socket = self.sockets / host
        if len(f"{socket}.0123456789abcdef") > _SOCKET_LENGTH:
            return {}
        self.sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
        return {"ControlMaster": "auto", "ControlPath": str(socket), "ControlPersist": "600"}


@dataclass(frozen=True, slots=True)
class SshNode(Machine):
    """A machine of the lab that OpenSSH reaches under its name."""

    ssh: Ssh
    name: str
    role: Role

    def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30) -> Completed:
        """Run a command as root; see `lab.cluster.engine.Node`."""
        command = ["sh", "-c", _AS_ROOT, "root", *argv]
        try:
            completed = self.ssh.call(self.name, command, stdin=stdin, timeout=timeout)
        except subprocess.TimeoutExpired as late:
            tried = " ".join(argv)
            raise LabError("node.timeout", node=self.name, command=tried, seconds=f"{late.timeout:.0f}") from late
        if completed.code == _FAILED and not self._answers():
            raise LabError("node.gone", completed.error, node=self.name)
        return Completed(argv, completed.code, completed.stdout, completed.stderr)

    def watch(self, argv: Sequence[str], on_line: OnLine, *, timeout: float) -> Completed:
        """Run a command as root that takes its time, telling each line it prints.

        Raises:
            LabError: it did not end in its time (`wait`).
        """
        command = self.ssh.argv(self.name, ["sh", "-c", _AS_ROOT, "root", *argv])
        hear = bounded(on_line, seconds=timeout * self.ssh.pace, what=f"{' '.join(argv)} on {self.name}")
        return processes.watch(command, env={}, on_line=hear)

    def _answers(self) -> bool:
        try:
            return self.ssh.call(self.name, ["true"]).ok
        except subprocess.TimeoutExpired:
            return False
