"""Examining the machine and the lab before anyone has to wait for what will not work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lab import i18n, paths
from lab.cluster import open_lab, record
from lab.cluster.engine import Engine, Node, State
from lab.cluster.host import containers
from lab.cluster.host import facts as host
from lab.cluster.host.containers import Containers
from lab.cluster.image import addon, addons
from lab.cluster.image import node_image as image
from lab.cluster.machines import capabilities
from lab.cluster.pods import hosts, manifest, rights
from lab.cluster.pods.engine import host_of
from lab.cluster.pods.hosting import HostCluster, Object
from lab.cluster.vagrant import hypervisor
from lab.cluster.vagrant.hypervisor import Facts
from lab.errors import LabError

_GIBIBYTE = 2**30
_DISK_LOW = 5 * _GIBIBYTE
_MEMORY_LOW = 3 * _GIBIBYTE
_BESIDE_MACHINES = _GIBIBYTE
_SERVICES = ("containerd", "kubelet")
_AMD64 = ("x86_64", "amd64")


Judgement = Literal["ok", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Examined:
    """One thing that was looked at, in the user's language."""

    name: str
    state: Judgement
    says: str
    next_step: str = ""


def examine(lab: str, engine: str = "", kubeconfig: str = "", context: str = "") -> list[Examined]:
    """Look at everything that a lab depends on, and at the lab itself.

    Args:
        engine: the one that is asked about; empty for the lab's own. Where no runtime is there, virtual machines are
            the other way, and what they need is told as well.
        kubeconfig: of a host cluster that Pods are to run on, as `context`; empty for that of the lab, or kubectl's.
    """
    memory = record.load(lab)
    asked = engine or (memory.engine if memory else "")
    if asked == "external":
        return [_disk(), *_lab(lab)]
    if asked == "pods":
        of_lab = memory if memory and memory.engine == asked else record.Record(asked)
        named = record.Record(asked, kubeconfig=kubeconfig, context=context)
        return [
            *_host_cluster(lab, host_of(named if kubeconfig or context else of_lab)),
            *(_lab(lab) if memory else ()),
            _said("pods-security", "note", "says", "next"),
        ]
    if asked == "vagrant":
        return [*_virtual_machines(hypervisor.facts()), _disk(), *(_lab(lab) if memory else ())]
    return _examine_kind(lab, memory or record.Record())


def _examine_kind(lab: str, memory: record.Record) -> list[Examined]:
    found = [*_host(), *_memory(), _disk()]
    try:
        runtime = containers.find(memory.runtime)
    except LabError as error:
        return [_trouble("runtime", error), *found, *_virtual_machines(hypervisor.facts())]
    found.insert(0, _said("runtime", "ok", "ok", runtime=runtime.runtime))
    return [*found, *_image(runtime, memory), *_addons(), *_lab(lab), _said("security", "note", "says", advice="next")]


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


def _host_cluster(lab: str, host_cluster: HostCluster) -> Iterator[Examined]:
    """What a lab of Pods needs of the cluster that they run on."""
    yield _unless("kubectl", not host.has_program("kubectl"), "missing")
    try:
        yield _host_nodes(host_cluster.context, host_cluster.items("/api/v1/nodes"))
        lacking = rights.missing(host_cluster, lab)
        yield _unless("rights", bool(lacking), "lacking", rights=", ".join(lacking))
        refusal = rights.refusal(host_cluster, lab)
        yield _unless("privileged", bool(refusal), "refused", said=refusal)
    except LabError as error:
        yield _trouble("host-cluster", error)


def _host_nodes(context: str, nodes: Sequence[Object]) -> Examined:
    """Those that seats may be on."""
    places = hosts.for_seats(nodes)
    facts = {"context": context, "count": str(len(places)), "memory": manifest.TOTAL_MEMORY, "label": manifest.SEATS}
    if not places:
        return _said("host-cluster", "problem", "no-nodes", "no-nodes-next", **facts)
    if hosts.are_reserved(nodes):
        return _said("host-cluster", "ok", "reserved", **facts)
    return _said("host-cluster", "note", "shared", "shared-next", **facts)


def _virtual_machines(facts: Facts) -> Iterator[Examined]:
    """What a lab of virtual machines needs. A missing part is a problem of that lab, not of the machine."""
    here = facts.has_vagrant
    yield _said("vagrant", "ok" if here else "problem", "ok" if here else "missing", "" if here else "missing-next")
    yield _provider(facts)
    yield _processor(facts)
    low = facts.memory < facts.wanted + _BESIDE_MACHINES
    figures = {"wanted": _gibibytes(facts.wanted), "memory": _gibibytes(facts.memory)}
    yield _said("machines", "problem" if low else "ok", "says", advice="next" if low else "", **figures)


def _provider(facts: Facts) -> Examined:
    if facts.provider is None:
        return _said("provider", "problem", "missing", advice="missing-next")
    if facts.provider == "libvirt" and facts.libvirt_said:
        return _said("provider", "problem", "stopped", advice="stopped-next", said=facts.libvirt_said)
    return _said("provider", "ok", facts.provider)


def _processor(facts: Facts) -> Examined:
    """The worst of what is to be said: who has a foreign processor is not helped by its virtualisation."""
    if facts.processor.lower() not in _AMD64:
        return _said("processor", "problem", "foreign", advice="foreign-next", processor=facts.processor)
    if facts.in_windows:
        return _said("processor", "problem", "windows", advice="windows-next")
    if facts.accelerates is None:
        return _said("processor", "note", "untold")
    if facts.accelerates:
        return _said("processor", "ok", "ok")
    # QEMU starts machines even so, only slowly.
    return _said("processor", "note" if facts.provider == "libvirt" else "problem", "none", advice="none-next")


def _image(runtime: Containers, memory: record.Record) -> Iterator[Examined]:
    name = memory.made_from or image.current()
    if not runtime.has_image(name):
        yield _said("image", "note", "missing", advice="next")
        return
    origin = image.origin(runtime, name)
    yield _said("image", "ok", origin or "foreign", image=name)
    if origin == "build":
        yield _said("stand-ins", "note", "says", images=", ".join(image.versions()["stand-ins"]))


def _addons() -> Iterator[Examined]:
    """Each add-on with the memory that it takes, and whether one that is built here still has to be."""
    building = addons.is_building()
    for name in addon.names():
        it = addon.find(name)
        key = "built" if addons.is_built(name) else "building" if building else "later"
        judgement: Judgement = "ok" if key == "built" else "note"
        figures = {"addon": it.name, "version": it.version, "memory": str(it.memory), "minutes": str(it.minutes)}
        yield _said("addons", judgement, key, **figures)


def _lab(lab: str) -> Iterator[Examined]:
    name = i18n.text("doctor.lab.name", lab=lab)
    try:
        engine = open_lab(lab)
        status = engine.status()
        says = i18n.text(f"cli.state.{status.state}", lab=lab)
        broken = status.state in (State.PARTIAL, State.UNREACHABLE, State.DEGRADED)
        yield Examined(name, "problem" if broken else "ok", f"{says}\n{status.detail}".strip())
        if status.state is State.READY:
            yield from _nodes(engine)
        if status.state in (State.UNREACHABLE, State.DEGRADED):
            yield from _services(engine)
    except LabError as error:
        yield Examined(name, "problem", f"{error.tried} {error.came_back}".strip(), error.next_step)


def _services(engine: Engine) -> Iterator[Examined]:
    """Those of each node that do not run, though all else depends on them."""
    for node in engine.nodes():
        try:
            states = node.run(["systemctl", "is-active", *_SERVICES]).text.split()
        except LabError as error:
            yield _trouble("nodes", error)
            continue
        for service, state in zip(_SERVICES, states, strict=False):
            if state != "active":
                yield _said("nodes", "problem", "service", "service-next", node=node.name, service=service, state=state)


def _nodes(engine: Engine) -> Iterator[Examined]:
    """What they are and, one by one, what they cannot do."""
    nodes = engine.nodes()
    cgroup, platform = capabilities.cgroup_version(nodes[-1]), capabilities.gvisor_platform(nodes[-1])
    key = "says" if platform else "without-gvisor"
    yield _said("nodes", "ok", key, count=len(nodes), cgroup=cgroup, platform=platform)
    yield from _inotify(nodes[-1])
    for capability, why in engine.lacks().items():
        yield _said("lacks", "note", "says", capability=capability, why=why)


def _inotify(node: Node) -> Iterator[Examined]:
    """Whether the host of a node gives its users enough; where it does, nothing is said."""
    said = node.run(["cat", "/proc/sys/fs/inotify/max_user_instances"]).text.strip()
    if said.isdigit() and int(said) < host.INOTIFY_OF_A_HOST:
        yield _said("nodes", "note", "inotify", "inotify-next", given=said, wanted=host.INOTIFY_OF_A_HOST)


def _unless(topic: str, has_trouble: bool, key: str, **params: object) -> Examined:
    """All right, unless there is trouble, of which this text tells."""
    return _said(topic, "problem", key, "next", **params) if has_trouble else _said(topic, "ok", "ok")


def _said(topic: str, verdict: Judgement, key: str, advice: str = "", **params: object) -> Examined:
    next_step = i18n.text(f"doctor.{topic}.{advice}", **params) if advice else ""
    return Examined(i18n.text(f"doctor.{topic}.name"), verdict, i18n.text(f"doctor.{topic}.{key}", **params), next_step)


def _trouble(topic: str, error: LabError) -> Examined:
    says = f"{error.tried} {error.came_back}".strip()
    return Examined(i18n.text(f"doctor.{topic}.name"), "problem", says, error.next_step)


def _gibibytes(size: int) -> str:
    return f"{size / _GIBIBYTE:.1f}"
