"""Programs, which no baseline holds, since every machine of the lab has the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lab.cluster.engine import Node

_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Program:
    """A program that a machine has lost, or that became another: its path, its size in bytes, its mode."""

    path: str
    size: int
    mode: int


def lost(error: str) -> list[Program]:
    """The programs among the lines by which the baseline's script says what stands in the way."""
    return list(_parse(error))


def bring_back(machines: Sequence[Node], losses: Mapping[str, Sequence[Program]]) -> None:
    """Copy what was lost from another machine that has it. What none has stays lost.

    Args:
        losses: name of a machine -> what it has lost.
    """
    for machine in machines:
        for program in losses.get(machine.name, ()):
            _bring_back(machine, program, [other for other in machines if other.name != machine.name])


def _parse(error: str) -> Iterator[Program]:
    for line in error.splitlines():
        match line.split("\t"):
            case ["program", path, size, mode]:
                yield Program(path, int(size), int(mode, 8))


def _bring_back(machine: Node, program: Program, others: Sequence[Node]) -> None:
    for other in others:
        read = other.run(["cat", "--", program.path], timeout=_SECONDS)
        if read.ok and len(read.stdout) == program.size:
            # A program that runs cannot be written to, but it can be replaced.
            machine.run(["rm", "--recursive", "--force", "--", program.path])
            machine.write(program.path, read.stdout, mode=program.mode)
            return
