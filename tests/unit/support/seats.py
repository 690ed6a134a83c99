"""Seats that are not there: they work, or not, as a test says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.cluster.engine import State, Status
from lab.progress import OnProgress
from tests.unit.support.engines import HandMadeNode

WORKING = {"kube-control-plane": "running", "base": "running"}


@dataclass
class FakeSeat:
    """A seat on an engine that makes its machines."""

    lab: str
    state: State = State.READY
    name: str = "kind"
    pace: float = 1.0
    machines: Mapping[str, str] = field(default_factory=lambda: WORKING)
    detail: str = ""
    error: Exception | None = None
    """What comes of every question."""
    ups: int = 0
    when_asked: Callable[[], None] = lambda: None

    def runs(self) -> bool:
        self.when_asked()
        if self.error is not None:
            raise self.error
        return set(self.machines) == {"kube-control-plane", "base"} and set(self.machines.values()) == {"running"}

    def power_on(self) -> bool:
        raise NotImplementedError

    def addresses(self) -> Mapping[str, str]:
        raise NotImplementedError

    def status(self) -> Status:
        return Status(self.name, self.lab, self.state, nodes=self.machines, detail=self.detail)

    def up(self, progress: OnProgress) -> None:
        self.ups += 1
        if self.error is not None:
            raise self.error
        self.state = State.READY

    def nodes(self) -> Sequence[HandMadeNode]:
        return [HandMadeNode("kube-control-plane")]

    def base(self) -> HandMadeNode:
        return HandMadeNode("base")

    def shell_argv(self, *command: str, tty: bool = True) -> Sequence[str]:
        return ["true"]

    def die(self) -> None:
        self.state, self.machines = State.STOPPED, {"kube-control-plane": "running", "base": "exited"}


class FakeSeats:
    """All seats of a class."""

    def __init__(self) -> None:
        self.seats: dict[str, FakeSeat] = {}

    def open(self, name: str) -> Any:
        return self.seats.setdefault(name, FakeSeat(name))

    def __getitem__(self, name: str) -> FakeSeat:
        return self.seats.setdefault(name, FakeSeat(name))
