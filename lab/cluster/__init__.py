"""Engines: what provides the cluster. `create_lab` and `open_lab` are the ways in; they touch nothing yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.cluster.engine import Engine
    from lab.cluster.record import Record
    from lab.progress import OnProgress

ENGINES = ("kind", "vagrant", "external", "pods")


def open_lab(name: str, wish: Record | None = None) -> Engine:
    """The lab of this name, with what was chosen for it when it was made. One that was never made is as wished here."""
    from lab.cluster import record

    return _engine(name, record.load(name) or wish or record.Record())


def create_lab(name: str, wish: Record | None = None) -> Engine:
    """The lab of this name, made as wished here. One that exists stays as it was made.

    Raises:
        UsageError: it exists and was made otherwise (`lab.chosen`).
    """
    from lab.cluster import record
    from lab.errors import UsageError

    wish = wish or record.Record()
    existing = record.load(name)
    if existing is None:
        return _engine(name, wish)
    if not existing.is_as_wished(wish):
        raise UsageError("lab.chosen", lab=name, engine=existing.engine, choices=existing.told())
    return _engine(name, existing)


def set_up(name: str, progress: OnProgress, *, yes: bool) -> None:
    """Get what the lab of this name is made from, with the system packages for it, if the user consents by `yes`.

    Virtual machines and Pods get theirs in `up`, and the user's own cluster needs nothing.
    """
    from lab.cluster import record
    from lab.cluster.image import node_image as image

    memory = record.load(name) or record.Record()
    if memory.engine == "kind":
        image.setup(progress, runtime=memory.runtime, image=memory.image, yes=yes)


def _engine(name: str, memory: Record) -> Engine:
    if memory.engine == "vagrant":
        from lab.cluster.vagrant.engine import VagrantEngine

        return VagrantEngine(name, memory)
    if memory.engine == "external":
        from lab.cluster.external.engine import ExternalEngine

        return ExternalEngine(name, memory)
    if memory.engine == "pods":
        from lab.cluster.pods.engine import PodsEngine

        return PodsEngine(name, memory)
    from lab.cluster.kind.engine import KindEngine

    return KindEngine(name, memory)
