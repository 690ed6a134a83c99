"""Examining the machine and the lab before anyone has to wait for what will not work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lab import i18n, paths
from lab.cluster import containers, host, image, open_lab, record
from lab.cluster.containers import Containers
from lab.cluster.engine import State
from lab.errors import LabError

_GIBIBYTE = 2**30
_DISK_LOW = 5 * _GIBIBYTE
_MEMORY_LOW = 3 * _GIBIBYTE


@dataclass(frozen=True, slots=True)
class Examined:
    """One thing that was looked at, in the user's language."""

    name: str
    state: Literal["ok", "note", "problem"]
    says: str
    next_step: str = ""


def examine(lab: str) -> list[Examined]:
    """Look at everything that a lab depends on, and at the lab itself."""
    memory = record.load(lab) or record.Record()
    found = [*_host(), *_memory(), _disk()]
    try:
        engine = containers.find(memory.runtime)
    except LabError as error:
        return [_trouble("engine", error), *found]
    found.insert(0, _said("engine", "ok", "ok", runtime=engine.runtime))
    return [*found, *_image(engine, memory), _lab(lab), _said("security", "note", "says", advice="next")]


def _host() -> Iterator[Examined]:
    status = host.this_process()
    restrictions = [
        key
        for key, holds in (
            ("cgroup-v1", host.has_cgroup_v1()),
            ("limits", bool(status) and host.is_root() and not host.may_raise_limits(status)),
        )
        if holds
    ]
    for key in restrictions:
        yield _said("host", "note", key)
    left = host.inotify_left()
    if left < host.INOTIFY_WANTED:
        yield _said("host", "note", "inotify", advice="inotify-next", left=left, wanted=host.INOTIFY_WANTED)
    elif not restrictions:
        yield _said("host", "ok", "ordinary")


def _memory() -> Iterator[Examined]:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return
    free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    low = free < _MEMORY_LOW
    yield _said("memory", "problem" if low else "ok", "says", advice="next" if low else "", free=_gibibytes(free))


def _disk() -> Examined:
    folder = paths.cache()
    free = host.free_bytes(folder)
    low = free < _DISK_LOW
    figures = {"free": _gibibytes(free), "folder": folder}
    return _said("disk", "problem" if low else "ok", "says", advice="next" if low else "", **figures)


def _image(engine: Containers, memory: record.Record) -> Iterator[Examined]:
    name = memory.made_from or image.current()
    if not engine.has_image(name):
        yield _said("image", "note", "missing", advice="next")
        return
    origin = image.origin(engine, name)
    yield _said("image", "ok", origin or "foreign", image=name)
    if origin == "build":
        yield _said("stand-ins", "note", "says", images=", ".join(image.versions()["stand-ins"]))


def _lab(lab: str) -> Examined:
    name = i18n.text("doctor.lab.name", lab=lab)
    try:
        status = open_lab(lab).status()
    except LabError as error:
        return Examined(name, "problem", f"{error.tried} {error.came_back}".strip(), error.next_step)
    says = i18n.text(f"cli.state.{status.state}", lab=lab)
    broken = status.state in (State.PARTIAL, State.UNREACHABLE)
    return Examined(name, "problem" if broken else "ok", f"{says} {status.detail}".strip())


def _said(
    topic: str, state: Literal["ok", "note", "problem"], key: str, advice: str = "", **params: object
) -> Examined:
    next_step = i18n.text(f"doctor.{topic}.{advice}") if advice else ""
    return Examined(i18n.text(f"doctor.{topic}.name"), state, i18n.text(f"doctor.{topic}.{key}", **params), next_step)


def _trouble(topic: str, error: LabError) -> Examined:
    says = f"{error.tried} {error.came_back}".strip()
    return Examined(i18n.text(f"doctor.{topic}.name"), "problem", says, error.next_step)


def _gibibytes(size: int) -> str:
    return f"{size / _GIBIBYTE:.1f}"
