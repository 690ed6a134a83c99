"""The machines of a lab on virtual machines, as vagrant/machines.yaml has them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from lab import paths
from lab.cluster.engine import Role


@dataclass(frozen=True, slots=True)
class Machine:
    """A row of the table. `memory` is in MiB."""

    name: str
    role: Role
    address: str
    cpus: int
    memory: int


def machines() -> tuple[Machine, ...]:
    """Every row, control plane first."""
    return _read(paths.data("vagrant") / "machines.yaml")


@cache
def _read(file: Path) -> tuple[Machine, ...]:
    table = yaml.safe_load(file.read_text(encoding="utf-8"))
    return tuple(Machine(**row) for row in table["machines"])
