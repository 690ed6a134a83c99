"""Engines: what provides the cluster. `create_lab` and `open_lab` are the ways in; they touch nothing yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.cluster.containers import Runtime
    from lab.cluster.engine import Engine


def open_lab(name: str) -> Engine:
    """The lab of this name, with what was chosen for it when it was made."""
    from lab.cluster.kind import KindEngine

    return KindEngine(name)


def create_lab(name: str, *, engine: str = "kind", runtime: Runtime | None = None, image: str = "auto") -> Engine:
    """The lab of this name, made as chosen here. One that exists keeps what was chosen for it.

    Raises:
        UsageError: it exists and was made otherwise (`lab.chosen`).
    """
    from lab.cluster import record
    from lab.cluster.kind import KindEngine
    from lab.errors import UsageError

    existing = record.load(name)
    if existing is None:
        return KindEngine(name, record.Record(engine, runtime, image))
    if runtime not in (None, existing.runtime) or image not in ("auto", existing.image, existing.made_from):
        raise UsageError("lab.chosen", lab=name, runtime=existing.runtime, image=existing.image)
    return KindEngine(name)
