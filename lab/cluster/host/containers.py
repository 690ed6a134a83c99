"""Containers by a runtime: docker, podman or nerdctl, whichever this machine has."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from lab import paths
from lab.cluster.engine import Completed, Role
from lab.cluster.host import facts as host
from lab.cluster.host import processes
from lab.cluster.host.processes import OnLine
from lab.cluster.machines.machine import Machine, refused
from lab.errors import LabError

Runtime = Literal["docker", "podman", "nerdctl"]
RUNTIMES: tuple[Runtime, ...] = get_args(Runtime)

LABEL = "dev.ckslab.lab"
"""On every network and container of a lab, with the lab's name."""

_DAEMONS = {"docker": "dockerd", "nerdctl": "containerd"}  # podman has none
_ANSWER_SECONDS = 10
_GONE = ("no such container", "no such object", "is not running", "container state improper", "no container with name")

# Podman, where systemd does not manage this machine's cgroups or limits cannot be raised: it raises none, and uses
# what works there. Elsewhere podman keeps its own configuration.
_RESTRICTED = """\
[containers]
default_ulimits = []
[network]
network_backend = "netavark"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
"""


@dataclass(frozen=True, slots=True)
class Containers:
    """One runtime. `environment` is what its programs need besides this process's own variables."""

    runtime: Runtime
    environment: Mapping[str, str] = field(default_factory=dict)

    def call(self, *argv: str, stdin: bytes = b"", timeout: float = 60) -> Completed:
        """Run the runtime's program, such as `call("ps")`.

        Raises:
            LabError: it is not there (`runtime.vanished`), or does not answer in time (`runtime.silent`).
        """
        try:
            return processes.run([self.runtime, *argv], env=self.environment, stdin=stdin, timeout=timeout)
        except FileNotFoundError as missing:
            raise LabError("runtime.vanished", str(missing), runtime=self.runtime) from missing
        except subprocess.TimeoutExpired as late:
            command = f"{self.runtime} {argv[0]}"
            raise LabError("runtime.silent", command=command, seconds=f"{timeout:.0f}", runtime=self.runtime) from late

    def must(self, *argv: str, stdin: bytes = b"", timeout: float = 60) -> Completed:
        """The same, and it must succeed.

        Raises:
            LabError: it did not (`engine.refused`, or `disk.full`).
        """
        completed = self.call(*argv, stdin=stdin, timeout=timeout)
        if not completed.ok:
            raise refused(f"{self.runtime} {argv[0]}", completed)
        return completed

    def watch(
        self,
        argv: Sequence[str],
        on_line: OnLine,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
    ) -> Completed:
        """Run a program of the host that uses this runtime, such as kind, line by line."""
        return processes.watch(argv, env={**self.environment, **(env or {})}, on_line=on_line, stdin=stdin)

    def inspect(self, *containers: str) -> list[dict[str, Any]]:
        """What the runtime knows of those of these containers that exist."""
        return _parsed(self.call("container", "inspect", *containers))

    def network(self, name: str) -> dict[str, Any] | None:
        """What the runtime knows of a network."""
        return next(iter(_parsed(self.call("network", "inspect", name))), None)

    def has_image(self, name: str) -> bool:
        """Whether this image is here."""
        return self.call("image", "inspect", name).ok

    def argv(self, *argv: str) -> list[str]:
        """A command for the host that needs no variables of ours."""
        variables = [f"{name}={value}" for name, value in self.environment.items()]
        return [*(["env", *variables] if variables else []), self.runtime, *argv]


@dataclass(frozen=True, slots=True)
class ContainerNode(Machine):
    """A machine of the lab that is a container."""

    containers: Containers
    container: str
    name: str
    role: Role

    def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30) -> Completed:
        """Run a command as root; see `lab.cluster.engine.Node`."""
        try:
            completed = self.containers.call(
                "exec", "--interactive", "--user", "0", self.container, *argv, stdin=stdin, timeout=timeout
            )
        except LabError as silent:
            if silent.key == "runtime.silent":
                command = " ".join(argv)
                raise LabError("node.timeout", node=self.name, command=command, seconds=f"{timeout:.0f}") from silent
            raise
        if not completed.ok and any(sign in completed.error.lower() for sign in _GONE):
            raise LabError("node.gone", completed.error, node=self.name)
        return Completed(argv, completed.code, completed.stdout, completed.stderr)


def find(runtime: Runtime | None = None) -> Containers:
    """The runtime of this name, or the first one that answers.

    Raises:
        LabError: there is none (`runtime.missing`), which includes a client whose daemon was never installed;
            or it does not answer though it could be started (`runtime.not-running`).
    """
    installed = [name for name in ((runtime,) if runtime else RUNTIMES) if _installed(name)]
    if runtime and not installed:
        raise LabError("runtime.not-installed", runtime=runtime)
    answers = {}
    for name in installed:
        containers = Containers(name, _environment(name))
        complaint = _complaint(containers)
        if complaint is None:
            return containers
        answers[name] = complaint
    came_back = "\n".join(f"{name}: {words}" for name, words in answers.items())
    if runtime or any(host.has_program(_DAEMONS.get(name, name)) for name in answers):
        raise LabError("runtime.not-running", came_back, runtimes=", ".join(answers))
    raise LabError("runtime.missing", came_back)


def _complaint(containers: Containers) -> str | None:
    """What a runtime says that does not answer as it should; None where it does."""
    try:
        answer = containers.call("ps", "--quiet", timeout=_ANSWER_SECONDS)
    except LabError as silent:
        return silent.tried
    return None if answer.ok else answer.error


def _installed(name: Runtime) -> bool:
    program = shutil.which(name)
    if program is None:
        return False
    # Some distributions call podman docker; it is then found under its own name.
    return name != "docker" or "podman" not in os.path.basename(os.path.realpath(program))  # noqa: PTH119


def _environment(runtime: Runtime) -> dict[str, str]:
    free = host.may_raise_limits(host.this_process()) and host.runs_systemd()
    if runtime != "podman" or not host.is_root() or free:
        return {}
    configuration = paths.state() / "containers.conf"
    configuration.write_text(_RESTRICTED)
    return {"CONTAINERS_CONF": str(configuration)}


def _parsed(completed: Completed) -> list[dict[str, Any]]:
    """The JSON that `inspect` prints, even where it also complains of names that do not exist."""
    try:
        found: list[dict[str, Any]] = json.loads(completed.stdout or b"[]")
    except json.JSONDecodeError:
        return []
    return found
