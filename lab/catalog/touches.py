"""What exercises take for themselves on a lab: two that touch the same cannot be prepared together.

An exercise declares in `touches` what its learner changes for everybody:

    api-server       the API server or etcd: flags, manifests, certificates, what is encrypted
    admission        what is accepted in the whole cluster: webhooks, policies, a policy engine
    node-runtime     kubelet, containerd or their settings, on any node
    kernel           what the nodes' kernels load or are set to: AppArmor profiles, modules, sysctls
    network          the network of all Pods: the CNI plugin, the router, DNS
    KIND:NAME        an object that belongs to the whole cluster; KIND is one of `OBJECTS`, in small letters
    node:NAME        a node as a whole: it is drained, upgraded, or its services are changed
    namespace:*      every namespace: what may run in it

What the scenario names is derived, and never declared: its namespaces (`namespace:NAME`), the objects that it removes
(`KIND:NAMESPACE/NAME`, `KIND:*` for all of a kind) and its files (`file:MACHINE:PATH`). A scenario that removes all new
namespaces touches none by that, since it leaves those that other exercises touch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from lab import i18n
from lab.cluster.kinds import OF_CLUSTER

if TYPE_CHECKING:
    from lab.catalog.model import Exercise, Scenario

AREAS = ("api-server", "admission", "node-runtime", "kernel", "network")
"""Parts of a lab that have no names."""
OBJECTS = tuple(kind.lower() for kind in OF_CLUSTER)
"""Kinds of objects that an exercise may declare by name."""

_CONTROL_PLANE = "node:kube-control-plane"
_EVERYWHERE = "namespace:*"


def is_touch(text: str) -> bool:
    """Whether an exercise may declare this."""
    kind, _, name = text.partition(":")
    return text in (*AREAS, _EVERYWHERE) or (kind in OBJECTS and bool(name) and not set(name) & set(":/* "))


def derived(scenario: Scenario) -> Iterator[str]:
    """What a scenario takes for itself by what it names."""
    for namespace in scenario.namespaces:
        yield f"namespace:{namespace}"
    for resource in scenario.remove:
        if resource.kind == "Namespace" and not resource.name:
            continue
        place = f"{resource.namespace}/" if resource.namespace else ""
        yield f"{resource.kind.lower()}:{place}{resource.name or '*'}"
    for file in scenario.files:
        yield f"file:{file.machine}:{file.path}"


def shared(one: Exercise, other: Exercise) -> tuple[str, ...]:
    """What two exercises both touch, each time in the narrower of their words."""
    pairs = product(sorted(one.touches), sorted(other.touches))
    found = [theirs if _holds(mine, theirs) else mine for mine, theirs in pairs if overlap(mine, theirs)]
    return tuple(dict.fromkeys(found))


def overlap(one: str, other: str) -> bool:
    """Whether two touches mean the same thing, or one is a part of the other."""
    return one == other or _holds(one, other) or _holds(other, one)


def namespaces(touches: Iterable[str]) -> Iterator[str]:
    """The names of the namespaces among them."""
    for touch in touches:
        kind, _, name = touch.partition(":")
        if kind == "namespace":
            yield name


def on_nodes(touches: Iterable[str]) -> bool:
    """Whether one of them changes files or services of nodes."""
    return any(touch in ("api-server", "node-runtime", "kernel") or touch.startswith("node:") for touch in touches)


def described(touch: str) -> str:
    """For a person, in the language in use."""
    kind, _, name = touch.partition(":")
    if kind == "file":
        machine, _, path = name.partition(":")
        return i18n.text("touches.file", machine=machine, path=path)
    if kind in (*AREAS, "namespace", "node") and touch != _EVERYWHERE:
        return i18n.text(f"touches.{kind}", name=name)
    return i18n.text("touches.all" if name == "*" else "touches.object", kind=kind, name=name)


def _holds(whole: str, part: str) -> bool:
    """Whether the second is a part of the first."""
    kind, _, name = part.partition(":")
    if whole == f"{kind}:*":
        return True
    if kind == "file":
        machine, _, path = name.partition(":")
        return whole == f"node:{machine}" or _is_above(whole, machine, path)
    if part in ("node-runtime", "kernel"):
        return whole.startswith("node:")
    if part == "api-server":
        return whole == _CONTROL_PLANE
    namespace, slash, _ = name.partition("/")
    return bool(slash) and whole in (f"namespace:{namespace}", _EVERYWHERE)


def _is_above(whole: str, machine: str, path: str) -> bool:
    """Whether the first is a directory above this file."""
    place = f"file:{machine}:"
    return whole.startswith(place) and PurePosixPath(path).is_relative_to(whole.removeprefix(place))
