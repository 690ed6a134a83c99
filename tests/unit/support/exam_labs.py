"""Labs made by hand that an exam can be spread over, and the sessions on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lab.catalog.model import Catalog, Domain, Exercise, Localized
from lab.cluster.engine import State, Status
from lab.errors import LabError
from lab.exam.hosts import Host
from lab.practice.session import Session
from tests.unit.support.clocks import Hands
from tests.unit.support.engines import HandMadeEngine, HandMadeNode
from tests.unit.support.observations import HandMade


class Eyes(HandMade):
    """A hand-made observer that knows its API server's version."""

    def kubernetes(self) -> str:
        return "v1.36.1"

    def close(self) -> None:
        """It makes nothing."""


class Base(HandMadeNode):
    """A workstation whose files can be read."""

    def __init__(self, lab: str) -> None:
        super().__init__("base", "base")
        self.lab = lab
        self.files = {
            "/home/candidate/.ssh/id_ed25519.pub": f"key of {lab}".encode(),
            "/etc/ssh/ssh_host_ed25519_key.pub": f"host key of {lab}\n".encode(),
            "/etc/hosts": b"127.0.0.1\tlocalhost\n",
        }

    def read(self, path: str) -> bytes:
        return self.files[path]


@dataclass
class ExamLab(HandMadeEngine):
    """A lab that can be joined, and that stops when it is told.

    Attributes:
        joined: the labs whose networks its base is in.
        up_again: how often it was brought up.
        when_up: its state from then on; None: as it was.
    """

    running: bool = True
    joined: list[str] = field(default_factory=list)
    up_again: int = 0
    when_up: State | None = None

    def __post_init__(self) -> None:
        self.workstation = Base(self.lab)

    def up(self, progress: object) -> None:
        self.up_again += 1
        self.running = True
        self.state = self.when_up or self.state

    def status(self) -> Status:
        if isinstance(self.state, LabError):
            raise self.state
        return super().status()

    def power_on(self) -> bool:
        return not self.running

    def runs(self) -> bool:
        return self.running

    def addresses(self) -> Mapping[str, str]:
        return {"base": f"address of {self.lab}"}

    def join(self, other: str) -> None:
        self.joined.append(other)

    def leave(self, other: str) -> None:
        self.joined.remove(other)

    def did(self, words: str) -> list[str]:
        """What was run on its machines that has these words."""
        return [line for node in (self.workstation, self.node) for line in node.ran if words in line]


def hosts(*names: str) -> list[Host]:
    """Labs of these names, as hosts `cks1111` and so on."""
    return [Host(f"cks{n}{n}{n}{n}", session(ExamLab(lab=name), [])) for n, name in enumerate(names, 1)]


def lab_of(host: Host) -> ExamLab:
    assert isinstance(host.engine, ExamLab)
    return host.engine


def session(engine: HandMadeEngine, exercises: Sequence[Exercise], hands: Hands | None = None) -> Session:
    """A session that judges by what each criterion's check always finds."""
    catalog = Catalog((Domain("first", Localized("", ""), tuple(exercises)),))
    return Session(catalog, engine, observe=lambda *_: Eyes(), clock=(hands or Hands()).clock)
