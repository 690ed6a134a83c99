"""What the rest of the lab knows of a cluster: protocols only. `kind.py` and its neighbours implement them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from lab.errors import LabError
from lab.progress import OnProgress

Role = Literal["control-plane", "worker", "base"]


class Capability(StrEnum):
    """Something that an exercise may require and an engine may lack."""

    GVISOR = "gvisor"
    NODE_SHELL = "node-shell"
    ETCD = "etcd"
    NETWORK_POLICY = "network-policy"
    INTERNET = "internet"
    APPARMOR = "apparmor"
    WORKER = "worker"
    BASELINE = "baseline"
    """The whole cluster may be taken back to what it was, with whatever else was made of it since."""


class State(StrEnum):
    """What there is of a lab."""

    ABSENT = "absent"
    """Nothing. `up` makes it."""
    PARTIAL = "partial"
    """An interrupted `up` or `down` left something. `up` mends it, `down` removes it."""
    STOPPED = "stopped"
    """Its machines exist but do not run. `up` starts them."""
    UNREACHABLE = "unreachable"
    """Its machines run but the API server does not answer."""
    DEGRADED = "degraded"
    """The API server answers, but not every node is ready."""
    READY = "ready"
    """The API server answers, and every node is ready: exercises can be started and graded."""
    REPLAY = "replay"
    """There never is any: what is graded was recorded on another lab."""


@dataclass(frozen=True, slots=True)
class Completed:
    """A command that has ended."""

    argv: Sequence[str]
    code: int
    stdout: bytes
    stderr: bytes

    @property
    def ok(self) -> bool:
        """Whether it succeeded."""
        return self.code == 0

    @property
    def text(self) -> str:
        """Standard output as text; bytes that are no UTF-8 are shown as such."""
        return self.stdout.decode("utf-8", "backslashreplace")

    @property
    def error(self) -> str:
        """Standard error as text."""
        return self.stderr.decode("utf-8", "backslashreplace").strip()


class Node(Protocol):
    """A machine of the lab: a node of the cluster, or `base`."""

    @property
    def name(self) -> str:
        """As tasks and `ssh` on base call it: `kube-control-plane`, `kube-worker-1`, `base`."""

    @property
    def role(self) -> Role:
        """What it is for."""

    def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30) -> Completed:
        """Run a command as root. Never a shell line: an argv list.

        Raises:
            LabError: the node is gone (`node.gone`), or the command did not end in `timeout` seconds (`node.timeout`).
        """

    def read(self, path: str) -> bytes:
        """The content of a file.

        Raises:
            FileNotFoundError: there is no such file.
        """

    def write(self, path: str, content: bytes, *, mode: int = 0o644) -> None:
        """Put a file in place, with the directories above it."""


@dataclass(frozen=True, slots=True)
class Status:
    """What `ckslab status` shows."""

    engine: str
    lab: str
    state: State
    kubernetes: str = ""
    nodes: Mapping[str, str] = field(default_factory=dict)
    """Name of each machine -> its condition in a word, such as `Ready`."""
    detail: str = ""


@runtime_checkable
class Powered(Protocol):
    """An engine that made its machines, and can start those that do not run."""

    def power_on(self) -> bool:
        """Start them; whether there were any."""

    def runs(self) -> bool:
        """Whether every machine of the lab runs; found out in a moment, and by no command on a machine."""

    def addresses(self) -> Mapping[str, str]:
        """The name of each machine -> its address, by which the other machines know it."""


@runtime_checkable
class Stoppable(Protocol):
    """An engine that can stop its machines, with all that is in them kept. `up` starts them again."""

    def power_off(self) -> None:
        """Stop every machine that runs."""


@runtime_checkable
class Joinable(Powered, Protocol):
    """An engine whose labs can be connected: the base of one reaches the machines of another."""

    def join(self, other: str) -> None:
        """Let base into the network of the other lab of this name. Done already, nothing changes."""

    def leave(self, other: str) -> None:
        """Take it out again. It is no error if it is not there."""


@runtime_checkable
class Rescuer(Protocol):
    """An engine that can do more where going back to the baseline fails: start machines anew, or from snapshots."""

    def can_rescue(self, failure: LabError) -> bool:
        """Whether that is of use after this failure."""

    def rescue(self) -> None:
        """Do it, so that going back may be tried once more."""


class Engine(Protocol):
    """What provides the cluster of one lab."""

    @property
    def name(self) -> str:
        """`kind`, `vagrant`, `external` or `pods`."""

    @property
    def lab(self) -> str:
        """The lab's name; several labs may live on one machine."""

    @property
    def pace(self) -> float:
        """How many times longer than others its machines take. Commands on them have that much more time as it is."""

    @property
    def kubeconfig(self) -> Path:
        """Credentials of this lab's administrator, valid on the host. The user's own kubeconfig is never touched."""

    def up(self, progress: OnProgress) -> None:
        """Make the lab ready, from whatever state it is in. Does nothing when it is ready."""

    def down(self, progress: OnProgress) -> None:
        """Remove everything of this lab, and nothing else."""

    def status(self) -> Status:
        """What there is, found out by looking; takes seconds at most."""

    def nodes(self) -> Sequence[Node]:
        """The nodes of the cluster, control plane first."""

    def base(self) -> Node:
        """The learner's workstation."""

    def shell_argv(self, *command: str, tty: bool = True) -> list[str]:
        """The command, for the host, that is the learner's shell on base, or runs `command` there as the learner."""

    def lacks(self) -> Mapping[Capability, str]:
        """Capabilities this lab does not have -> why, in the learner's language. What is not named, it has."""
