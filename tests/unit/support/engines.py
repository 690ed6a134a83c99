"""An engine made by hand: it remembers what was run on its nodes and answers as told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lab.cluster.engine import Capability, Completed, Node, Role, State, Status
from lab.progress import OnProgress

Answering = Callable[[Sequence[str]], Completed]


def done(argv: Sequence[str] = (), code: int = 0, stdout: str = "", stderr: str = "") -> Completed:
    return Completed(argv, code, stdout.encode(), stderr.encode())


@dataclass
class HandMadeNode:
    """A node that does nothing but remember, and answers each command by the first word that is in it."""

    name: str = "kube-control-plane"
    role: Role = "control-plane"
    answers: dict[str, Completed | Exception] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    stdins: list[bytes] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30) -> Completed:
        line = " ".join(argv)
        self.ran.append(line)
        self.stdins.append(stdin)
        for words, said in self.answers.items():
            if words in line:
                if isinstance(said, Exception):
                    raise said.with_traceback(None)  # else it grows each time that it is raised
                return said
        return done(argv, stdout='{"items": []}')

    def read(self, path: str) -> bytes:
        raise FileNotFoundError(path)

    def write(self, path: str, content: bytes, *, mode: int = 0o644) -> None:
        self.files[path] = content


@dataclass
class HandMadeEngine:
    """An engine of one control plane."""

    node: HandMadeNode = field(default_factory=HandMadeNode)
    lacking: Mapping[Capability, str] = field(default_factory=dict)
    kubeconfig: Path = Path("/nowhere/kubeconfig")
    shell: list[str] = field(default_factory=lambda: ["env"])
    workstation: HandMadeNode = field(default_factory=lambda: HandMadeNode("base", "base"))
    name: str = "kind"
    lab: str = "cks"
    pace: float = 1
    state: State = State.READY

    def up(self, progress: OnProgress) -> None: ...

    def down(self, progress: OnProgress) -> None: ...

    def status(self) -> Status:
        return Status(self.name, self.lab, self.state)

    def nodes(self) -> Sequence[Node]:
        return [self.node]

    def base(self) -> Node:
        return self.workstation

    def shell_argv(self, *command: str, tty: bool = True) -> list[str]:
        assert not tty
        return [*self.shell, *command]

    def lacks(self) -> Mapping[Capability, str]:
        return self.lacking
