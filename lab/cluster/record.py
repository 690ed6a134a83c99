"""What is remembered of a lab between two runs of the program: what was chosen for it, and how far it came."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from lab import i18n, paths
from lab.cluster.engine import Capability, Role

if TYPE_CHECKING:
    from lab.cluster.host.containers import Runtime

Provider = Literal["virtualbox", "libvirt"]
"""What Vagrant has virtual machines run by, under its own name for it."""

_FILE = "lab.json"
_CHOICES = ("runtime", "image", "provider", "machines", "kubeconfig", "ssh_config", "base", "baseline", "context")
"""What the user may choose, beside the engine."""


@dataclass(frozen=True, slots=True)
class Record:
    """The memory of one lab.

    Attributes:
        engine: `kind`, `vagrant`, `external` or `pods`.
        runtime: kind's; None until one was chosen or found.
        image: what the user chose: `auto`, `pull`, `build` or a name.
        made_from: the image or box its nodes were made from.
        ready: `up` came to its end at least once.
        lacks: capability -> the key of the text that says why.
        provider: what runs Vagrant's machines; None until one was chosen or found.
        boot: the folder with the kernel of a box that has no boot loader.
        machines: how many virtual machines there are.
        pace: how many times longer than others its machines take.
        kubeconfig: of a cluster of the user's own; for Pods, of the cluster that they run on.
        ssh_config: by which its machines are reached.
        base: the machine that the learner works on; empty for the control plane.
        baseline: whether such a cluster is the lab's alone, so that a reset may take it back to where it was.
        nodes: name of each of its nodes -> its role.
        has_learner: its base has the user that learners are on the lab's own machines.
        context: of that kubeconfig; the user's current one may be another tomorrow.
        owner: a word that the Namespace of a lab of Pods is labelled with, so that nobody else's is taken for it.
        addressing: which addresses Pods and Services have in a lab of Pods.
    """

    engine: str = "kind"
    runtime: Runtime | None = None
    image: str = "auto"
    made_from: str = ""
    ready: bool = False
    lacks: dict[str, str] = field(default_factory=dict)
    provider: Provider | None = None
    boot: str = ""
    machines: int = 2
    pace: float = 1
    kubeconfig: str = ""
    ssh_config: str = ""
    base: str = ""
    baseline: bool = False
    nodes: dict[str, Role] = field(default_factory=dict)
    has_learner: bool = False
    context: str = ""
    owner: str = ""
    addressing: dict[str, Any] = field(default_factory=dict)

    @property
    def is_emulated(self) -> bool:
        """Whether its machines have emulated processors: nothing else makes them slow."""
        return self.pace > 1

    def is_as_wished(self, wish: Record) -> bool:
        """Whether a wish says nothing that this lab was not made by. What it leaves out is as it is here."""
        unsaid = Record()
        return wish.engine in (unsaid.engine, self.engine) and all(
            getattr(wish, name) in (getattr(unsaid, name), getattr(self, name))
            or (name == "image" and wish.image == self.made_from)
            for name in _CHOICES
        )

    def told(self) -> str:
        """What was chosen, for people: `image auto, machines 2`."""
        return ", ".join(f"{name} {chosen}" for name in _CHOICES if (chosen := getattr(self, name)))

    def lacking(self) -> dict[Capability, str]:
        """The capabilities it lacks -> why, in the language in use."""
        return {Capability(name): i18n.text(key) for name, key in self.lacks.items()}


def wish(choices: Mapping[str, Any]) -> Record:
    """What somebody wishes of a lab, out of all that was said on a command line."""
    return Record(**{name: said for name in ("engine", *_CHOICES) if (said := choices.get(name)) is not None})


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


def labs() -> list[str]:
    """The names of all labs there is something of."""
    return sorted(file.parent.name for file in paths.lab("").glob(f"*/{_FILE}"))
