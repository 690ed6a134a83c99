"""The nodes of the host cluster: which of them seats may be on, and which are dead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from math import inf

from lab.clock import SYSTEM, Clock, wait_until
from lab.cluster.pods.hosting import HostCluster, Object
from lab.cluster.pods.manifest import SEATS
from lab.errors import LabError

_REPORT_SECONDS = 12
"""Since a kubelet's last report, of which it makes one every ten seconds."""
_UNANSWERED_SECONDS = 10
"""For which a kubelet that has not answered is taken not to answer: its node has many seats, and each is looked at."""
_unanswered: dict[tuple[HostCluster, str], float] = {}
"""When a node's kubelet has not answered."""


def are_reserved(nodes: Sequence[Object]) -> bool:
    """Whether the host has nodes that are for seats."""
    return any(map(_is_reserved, nodes))


def for_seats(nodes: Sequence[Object]) -> list[Object]:
    """Those that a seat may be put on: nodes for seats where there are any, else all that take Pods."""
    return _taking([node for node in nodes if _is_reserved(node)] or nodes)


def for_others(nodes: Sequence[Object]) -> list[Object]:
    """Those that take Pods and are not for seats."""
    return _taking([node for node in nodes if not _is_reserved(node)])


def dead(host: HostCluster, pods: Iterable[Object], clock: Clock = SYSTEM) -> set[str]:
    """The names of the nodes of these Pods that are dead. The host says of their Pods for minutes that they run.

    A node is dead whose kubelet neither answers nor reports. Who may not see that hears of it from the host's API
    server, most of a minute later.

    Raises:
        LabError: the host cluster cannot be asked.
    """
    pod_on = {node: pod for pod in pods if (node := pod["spec"].get("nodeName"))}
    return {node for node, pod in pod_on.items() if _is_dead(host, node, pod, clock)}


def _is_dead(host: HostCluster, node: str, pod: Object, clock: Clock) -> bool:
    answers = _answers(host, node, pod, clock)
    if answers:
        return False
    if answers is False and (lease := _lease(host, node)):
        return _stays_silent(host, node, lease, clock)
    found = host.items(f"/api/v1/nodes?fieldSelector=metadata.name%3D{node}")
    return not any(map(_says_whether_ready, found))


def _answers(host: HostCluster, node: str, pod: Object, clock: Clock) -> bool | None:
    """Whether a node's kubelet answers. One that did not a moment ago is not waited for again."""
    if clock.seconds() - _unanswered.get((host, node), -inf) < _UNANSWERED_SECONDS:
        return False
    answers = host.kubelet_answers(pod)
    if answers is False:
        _unanswered[host, node] = clock.seconds()
    return answers


def _stays_silent(host: HostCluster, node: str, lease: str, clock: Clock) -> bool:
    """Whether a node has not reported for longer than it may. Its next report is waited for until it is late.

    Args:
        lease: when it has reported last.
    """
    silent_for = host.now().timestamp() - datetime.fromisoformat(lease).timestamp()
    reported = wait_until(lambda: _lease(host, node) != lease, clock, bound=_REPORT_SECONDS - silent_for, every=1)
    return not reported


def _lease(host: HostCluster, node: str) -> str:
    """When a node has reported last; empty where this user may not see that."""
    try:
        found = host.get(f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{node}") or {"spec": {}}
    except LabError as refused:
        if refused.key != "pods.refused":
            raise
        return ""
    return str(found["spec"].get("renewTime", ""))


def _says_whether_ready(node: Object) -> bool:
    """Whether its kubelet reports to the host's API server, which takes most of a minute to notice that it does not."""
    conditions = node["status"].get("conditions") or ()
    return not any(each["type"] == "Ready" and each["status"] == "Unknown" for each in conditions)


def _taking(nodes: Sequence[Object]) -> list[Object]:
    return [node for node in nodes if not node["spec"].get("unschedulable") and not _repels(node)]


def _is_reserved(node: Object) -> bool:
    return (node["metadata"].get("labels") or {}).get(SEATS) == "true"


def _repels(node: Object) -> bool:
    """Whether it has a taint that a seat does not tolerate."""
    taints = node["spec"].get("taints") or ()
    return any(taint["effect"] != "PreferNoSchedule" and taint["key"] != SEATS for taint in taints)
