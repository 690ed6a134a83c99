"""Vagrant's program, on the machines of one lab. It sees no other: its state lies in the lab's folder."""

from __future__ import annotations

import os
import re
import subprocess
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

import vagrant

from lab import paths
from lab.cluster.engine import Completed
from lab.cluster.host import processes
from lab.cluster.host.processes import OnLine
from lab.errors import LabError

_SECONDS = 180
_LAST = 12
_TRACE = re.compile(r"(\tfrom )?/.+:\d+:in `[^']*'$")
_PLACES = {"%!(VAGRANT_COMMA)": ",", "\\n": "\n", "\\r": "\r"}
"""How Vagrant writes what would break its lines."""


class Vagrant(vagrant.Vagrant):
    """python-vagrant, with a bound for every command and its words kept for the error.

    Args:
        settings: variables of the Vagrantfile.
        state: the folder for Vagrant's state.
    """

    def __init__(self, settings: Mapping[str, str], state: Path) -> None:
        folder = paths.data("vagrant")
        ours = {
            "VAGRANT_CWD": str(folder),
            "VAGRANT_DOTFILE_PATH": str(state),
            "VAGRANT_CHECKPOINT_DISABLE": "1",
            "VAGRANT_NO_COLOR": "1",
            **settings,
        }
        super().__init__(root=str(folder), env={**os.environ, **ours})
        self._ours = ours

    def bring_up(self, provider: str, on_line: OnLine) -> None:
        """Make, start and furnish the machines, telling each line for people.

        Raises:
            LabError: Vagrant gave up (`vagrant.refused`).
        """
        command = ["up", "--provision", f"--provider={provider}"]
        self._watch(command, on_line)

    def start(self, on_line: OnLine) -> None:
        """Start machines that exist."""
        self._watch(["up", "--no-provision"], on_line)

    def states(self) -> dict[str, str]:
        """Name of each machine that exists -> its state in Vagrant's words."""
        found = {status.name: status.state for status in self.status()}
        return {name: state for name, state in found.items() if state != self.NOT_CREATED}

    def ways(self) -> str:
        """How ssh reaches the machines, as an ssh configuration."""
        configuration: str = self.ssh_config()
        return configuration

    def remove(self, machine: str | None = None) -> None:
        """Destroy a machine, or all, with their disks; those alone that it made itself."""
        self.destroy(machine)

    def boxes(self) -> set[str]:
        """Names of the boxes that there are."""
        return {box.name for box in self.box_list()}

    def add_box(self, name: str, file: str) -> None:
        """Take a box that was made for libvirt."""
        self.box_add(name, file, provider="libvirt")

    def remove_box(self, name: str) -> None:
        """Give up a box.

        Raises:
            LabError: a machine is made from it (`vagrant.refused`).
        """
        self._call(["box", "remove", name, "--provider=libvirt"])

    def save(self, machine: str, snapshot: str) -> None:
        """Keep a machine as it is, memory and all. python-vagrant's own call takes no machine."""
        self._call(["snapshot", "save", "--force", machine, snapshot])

    def go_back(self, machine: str, snapshot: str) -> None:
        """To a snapshot."""
        self._call(["snapshot", "restore", "--no-provision", machine, snapshot])

    def has_kept(self, machine: str, snapshot: str) -> bool:
        """Whether there is a snapshot of this name."""
        return snapshot in self._call(["snapshot", "list", machine]).text.split()

    def _watch(self, command: Sequence[str], on_line: OnLine) -> None:
        # What a machine's own scripts complain of comes among the details, before Vagrant says that they failed.
        last: deque[str] = deque(maxlen=_LAST)

        def hear(line: str | None) -> None:
            words = spoken(line) if line is not None else ""
            last.extend(_without_trace(words))
            on_line(words.splitlines()[-1] if words else None)

        argv = ["vagrant", *command, "--machine-readable"]
        try:
            done = processes.watch(argv, env=self._ours, on_line=hear)
        except FileNotFoundError as missing:
            raise LabError("vagrant.missing", str(missing)) from missing
        if not done.ok:
            raise LabError("vagrant.refused", "\n".join(last), command=f"vagrant {command[0]}")

    def _call(self, command: Sequence[str]) -> Completed:
        name = f"vagrant {command[0]}"
        try:
            done = processes.run(["vagrant", *command], env=self._ours, timeout=_SECONDS)
        except FileNotFoundError as missing:
            raise LabError("vagrant.missing", str(missing)) from missing
        except subprocess.TimeoutExpired as late:
            raise LabError("vagrant.silent", command=name, seconds=_SECONDS) from late
        if not done.ok:
            raise LabError("vagrant.refused", "\n".join(_without_trace(done.error or done.text)), command=name)
        return done

    # What python-vagrant runs, it runs by these two.

    def _run_vagrant_command(self, args: Sequence[str | None]) -> str:
        return self._call([word for word in args if word]).text

    def _call_vagrant_command(self, args: Sequence[str | None]) -> None:
        self._run_vagrant_command(args)


def spoken(line: str) -> str:
    """What a line of `--machine-readable` output says to people; empty where it says nothing to them."""
    fields = line.split(",", 4)
    if len(fields) < 5 or fields[2] != "ui":
        return ""
    words = fields[4]
    for written, meant in _PLACES.items():
        words = words.replace(written, meant)
    lines = [part.removeprefix("==> ").strip().removeprefix(f"{fields[1]}:").strip() for part in words.splitlines()]
    return "\n".join(part for part in lines if part)


def _without_trace(words: str) -> list[str]:
    """The lines of it; of an exception that nobody caught, the way through Vagrant's code says nothing to its user."""
    return [line for line in words.splitlines() if not _TRACE.match(line)]
