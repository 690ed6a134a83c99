"""Parts of a machine that no baseline holds, since every machine of the lab has them: programs and container images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lab.cluster.engine import Node

_SECONDS = 120
_CTR = ("ctr", "--namespace", "k8s.io", "images")


@dataclass(frozen=True, slots=True)
class Part:
    """Something that a machine has lost.

    Attributes:
        name: the path of a program, or the name of an image.
        size: of a program, in bytes.
        mode: of a program, in octal.
    """

    kind: Literal["program", "image"]
    name: str
    size: int = 0
    mode: str = "755"


def lost(said: str) -> list[Part]:
    """The parts among the lines by which the script says what stands in the way."""
    return list(_parse(said))


def bring_back(machines: Sequence[Node], losses: Mapping[str, Sequence[Part]]) -> None:
    """Copy what was lost from another machine that has it. What none has stays lost.

    Args:
        losses: name of a machine -> what it has lost.
    """
    for machine in machines:
        others = [other for other in machines if other.name != machine.name]
        for part in losses.get(machine.name, ()):
            _bring_back(machine, part, others)


def _parse(said: str) -> Iterator[Part]:
    for line in said.splitlines():
        match line.split("\t"):
            case ["program", name, size, mode]:
                yield Part("program", name, int(size), mode)
            case ["image", name]:
                yield Part("image", name)


def _bring_back(machine: Node, part: Part, others: Sequence[Node]) -> None:
    for other in others:
        if part.kind == "program":
            read = other.run(["cat", "--", part.name], timeout=_SECONDS)
            if read.ok and len(read.stdout) == part.size:
                # A program that runs cannot be written to, but it can be replaced.
                machine.run(["rm", "--recursive", "--force", "--", part.name])
                machine.write(part.name, read.stdout, mode=int(part.mode, 8))
                return
        elif other.role != "base":
            read = other.run([*_CTR, "export", "-", part.name], timeout=_SECONDS)
            if read.ok and machine.run([*_CTR, "import", "-"], stdin=read.stdout, timeout=_SECONDS).ok:
                return
