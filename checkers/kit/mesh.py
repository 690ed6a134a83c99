"""A service mesh of Istio: which Pods are in it, what its policies apply to, and how long a change of them may take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from checkers.api import Observer
from checkers.kit.pod import Pod

ROOT = "istio-system"
"""What is said in this namespace is said for the whole mesh."""
SECURITY, NETWORKING = "security.istio.io/v1", "networking.istio.io/v1"
PAST_THE_PROXY = ("setpriv", "--reuid=1337", "--regid=1337", "--clear-groups")
"""What a Pod's proxy sends is not led into the proxy again: it leaves the Pod as it is, without a certificate."""

Object = Mapping[str, Any]
Seen = TypeVar("Seen")

_PROXY = "istio-proxy"
_KINDS = (("PeerAuthentication", SECURITY), ("AuthorizationPolicy", SECURITY), ("DestinationRule", NETWORKING))
_SETTLED, _PATIENCE, _AT_LEAST = 3.0, 20.0, 2.0
"""Seconds that the proxies have after a change before they are asked; at most; and where nothing tells of a change."""


def has_proxy(pod: Pod) -> bool:
    """Whether the proxy runs in the Pod."""
    return any(container.name == _PROXY for container in pod.running)


def is_injected(cluster: Observer, namespace: str) -> bool:
    """Whether the labels of a namespace ask for the proxy in its new Pods."""
    labels = ((cluster.get("Namespace", namespace) or {}).get("metadata") or {}).get("labels") or {}
    if "istio-injection" in labels:
        return bool(labels["istio-injection"] == "enabled")
    return "istio.io/rev" in labels


def selects(policy: Object, labels: Mapping[str, str]) -> bool:
    """Whether a policy applies to a Pod with these labels in its namespace; without a selector, to every one."""
    return all(labels.get(name) == value for name, value in selector(policy).items())


def selector(policy: Object) -> Mapping[str, str]:
    """The labels that a policy selects Pods by; none where it is for all of its namespace."""
    return ((policy.get("spec") or {}).get("selector") or {}).get("matchLabels") or {}


def oldest_first(policies: Iterable[Object]) -> list[Object]:
    """As Istio has it: of two that contradict each other, the older one counts."""
    return sorted(policies, key=lambda policy: (policy["metadata"]["creationTimestamp"], policy["metadata"]["name"]))


def in_time(cluster: Observer, ask: Callable[[], Seen], is_right: Callable[[Seen], bool]) -> Seen:
    """What is seen once it is right, or will not become so: proxies take a change up a moment after it was made.

    What was deleted does not tell when, so everything has a moment. However long it takes to ask, it is asked again at
    least once where it is not right.
    """
    age = _age_of_newest(cluster)
    if age < _SETTLED:
        cluster.wait(_SETTLED - age)
    began, patience = cluster.now(), max(_AT_LEAST, _PATIENCE - age)
    seen = ask()
    is_last = False
    while not is_right(seen) and not is_last:
        is_last = (cluster.now() - began).total_seconds() >= patience
        cluster.wait(1)
        seen = ask()
    return seen


def _age_of_newest(cluster: Observer) -> float:
    """The seconds since a policy of the mesh was made or changed."""
    times = [time for kind, version in _KINDS for time in _times(cluster.list(kind, version=version))]
    if not times:
        return _PATIENCE
    return max(0.0, (cluster.now() - datetime.fromisoformat(max(times))).total_seconds())


def _times(policies: Sequence[Object]) -> Iterator[str]:
    for policy in policies:
        yield str(policy["metadata"]["creationTimestamp"])
        yield from (each["time"] for each in policy["metadata"].get("managedFields") or () if "time" in each)
