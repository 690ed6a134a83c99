"""What the host cluster has left for seats: what its scheduler counts by, as its API server tells it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab.cluster.pods import hosts, manifest
from lab.cluster.pods.hosting import HostCluster, Object
from lab.cluster.pods.manifest import MACHINES, Seat, namespace_of
from lab.errors import LabError

_PODS = "/api/v1/pods?fieldSelector=status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed"
"""Those that have ended keep nothing any more."""


@dataclass(frozen=True, slots=True)
class Share:
    """So much of a host node: what it has, what is left, or what something requests.

    Attributes:
        memory: bytes.
        pods: how many.
    """

    memory: int
    processors: float
    pods: int

    def without(self, other: Share) -> Share:
        """What is left of it when something else has had its share."""
        return Share(self.memory - other.memory, self.processors - other.processors, self.pods - other.pods)


@dataclass(frozen=True, slots=True)
class Room:
    """Where seats can be.

    Attributes:
        left: for each node that seats may be on, what is left there when these seats are not counted.
        processors: of all these nodes together.
        made: how many of the seats have all their Pods.
    """

    left: tuple[Share, ...]
    processors: float
    made: int


def find(host: HostCluster, seats: Collection[str]) -> Room:
    """The room that there is for these seats, with two questions to the API server.

    Raises:
        LabError: it does not answer (`pods.host`), or this user may not see what others request (`pods.no-view`).
    """
    try:
        nodes, pods = hosts.for_seats(host.items("/api/v1/nodes")), host.items(_PODS)
    except LabError as refused:
        if refused.key != "pods.refused":
            raise
        raise LabError("pods.no-view", refused.came_back, context=host.context) from refused
    ours = {namespace_of(seat) for seat in seats}
    others = [pod for pod in pods if pod["metadata"]["namespace"] not in ours]
    mine = [pod["metadata"]["namespace"] for pod in pods if pod["metadata"]["namespace"] in ours]
    return Room(
        tuple(_allocatable(node).without(_sum(map(_requested, _on(node, others)))) for node in nodes),
        sum(_allocatable(node).processors for node in nodes),
        sum(mine.count(namespace) == len(MACHINES) for namespace in ours),
    )


def of_a_seat() -> Share:
    """What the Pods of a seat request."""
    seat = Seat("seat", "", "image", pulled=True, reserved=False, inside=(), outside=())
    return _sum(map(_requested, manifest.pods(seat)))


def _on(node: Object, pods: Iterable[Object]) -> list[Object]:
    return [pod for pod in pods if pod["spec"].get("nodeName") == node["metadata"]["name"]]


def _allocatable(node: Object) -> Share:
    said = node["status"]["allocatable"]
    return Share(int(_quantity(said["memory"])), _quantity(said["cpu"]), int(said["pods"]))


def _requested(pod: Object) -> Share:
    """What the scheduler keeps for a Pod: its containers together, or an init container that takes more."""
    spec = pod["spec"]
    first = [each for each in spec.get("initContainers") or () if each.get("restartPolicy") != "Always"]
    beside = [each for each in spec.get("initContainers") or () if each.get("restartPolicy") == "Always"]
    stay = [*spec["containers"], *beside]

    def kept(resource: str) -> float:
        at_first = max((_request(each, resource) for each in first), default=0)
        always = sum(_request(each, resource) for each in stay)
        return max(at_first, always) + _quantity((spec.get("overhead") or {}).get(resource, 0))

    return Share(int(kept("memory")), kept("cpu"), 1)


def _request(container: Mapping[str, Any], resource: str) -> float:
    return _quantity(((container.get("resources") or {}).get("requests") or {}).get(resource, 0))


def _quantity(text: str | int) -> float:
    """`200m`, `1536Mi`, `2`."""
    from kubernetes.utils.quantity import parse_quantity

    return float(parse_quantity(text))


def _sum(shares: Iterable[Share]) -> Share:
    all_: Sequence[Share] = list(shares)
    return Share(
        sum(each.memory for each in all_), sum(each.processors for each in all_), sum(each.pods for each in all_)
    )
