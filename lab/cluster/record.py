"""What is remembered of a lab between two runs of the program: what was chosen for it, and how far it came."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from lab import i18n, paths
from lab.cluster.containers import Runtime
from lab.cluster.engine import Capability

_FILE = "lab.json"


@dataclass(frozen=True, slots=True)
class Record:
    """The memory of one lab.

    Attributes:
        engine: `kind`.
        runtime: the container engine; None until one was chosen or found.
        image: what the user chose: `auto`, `pull`, `build` or a name.
        made_from: the image its nodes were made from.
        ready: `up` came to its end at least once.
        lacks: capability -> the key of the text that says why.
    """

    engine: str = "kind"
    runtime: Runtime | None = None
    image: str = "auto"
    made_from: str = ""
    ready: bool = False
    lacks: dict[str, str] = field(default_factory=dict)

    def lacking(self) -> dict[Capability, str]:
        """The capabilities it lacks -> why, in the language in use."""
        return {Capability(name): i18n.text(key) for name, key in self.lacks.items()}


def load(lab: str) -> Record | None:
    """The record of a lab; None where there is none."""
    try:
        return Record(**json.loads((paths.lab(lab) / _FILE).read_text()))
    except FileNotFoundError:
        return None


def save(lab: str, record: Record) -> None:
    """Remember."""
    file = paths.private(paths.lab(lab)) / _FILE
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(record), indent=2))
    fresh.replace(file)
