"""Whether a cluster is ready, or back: by what it says of itself now, not by what etcd held before."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lab import i18n
from lab.clock import SYSTEM, Clock
from lab.cluster.engine import Node, State, Status
from lab.cluster.kubectl import Kubectl
from lab.cluster.wait import until

OnDetail = Callable[[str], None]
"""Hears what is under way."""

_SECONDS = 90
_FRESH_SECONDS = 120
SYSTEM_NAMESPACE = "kube-system"
_LEADERS = ("kube-controller-manager", "kube-scheduler")


def now(nodes: Sequence[Node]) -> str:
    """The time by the control plane's clock, as the API server writes it."""
    return nodes[0].run(["date", "--utc", "+%FT%T"]).text.strip()


def await_healthy(
    nodes: Sequence[Node],
    began: str,
    say: OnDetail = lambda _: None,
    clock: Clock = SYSTEM,
    *,
    worked_in: bool = False,
) -> None:
    """Wait until the API server answers, the controllers and each node's kubelet work, and the Pods run.

    Args:
        began: `now` when the cluster came back; what it said of itself before proves nothing.
        worked_in: learners' Pods may be there, in whatever state: only the system's must run.

    Raises:
        LabError: one of these is not so in its time (`wait`).
    """
    cluster = _Cluster(nodes, began, SYSTEM_NAMESPACE if worked_in else "")
    for what, is_there in (
        ("api", Kubectl(nodes[0]).answers),
        ("control", cluster.has_control),
        ("nodes", cluster.has_nodes),
        ("pods", cluster.has_pods),
    ):
        awaited = i18n.text(f"health.{what}")
        say(awaited)
        until(is_there, seconds=_SECONDS, what=awaited, clock=clock)


def await_ready(nodes: Sequence[Node], pace: float = 1) -> None:
    """Wait until a cluster that was just made can be worked in.

    Args:
        pace: how many times longer than others these nodes may take.

    Raises:
        LabError: something of it is not ready in time (`kubectl`).
    """
    kubectl, bound = Kubectl(nodes[0]), f"--timeout={_FRESH_SECONDS * pace:.0f}s"
    system = ["--namespace", "kube-system", "rollout", "status", bound]
    for argv in (
        ["wait", "--for=condition=Ready", "nodes", "--all", bound],
        [*system, "daemonset/kube-router"],
        [*system, "deployment/coredns"],
        ["wait", "--for=create", "serviceaccount/default", bound],
    ):
        kubectl.do(*argv, timeout=_FRESH_SECONDS + 5)


def seen(status: Status, control_plane: Node) -> Status:
    """The status of a lab whose machines run, with what its API server says."""
    answer = Kubectl(control_plane).look("get", "nodes", "--output", "json")
    if not answer.ok:
        return replace(status, state=State.UNREACHABLE, detail=answer.error)
    nodes = json.loads(answer.stdout)["items"]
    version = nodes[0]["status"]["nodeInfo"]["kubeletVersion"] if nodes else ""
    conditions = {node["metadata"]["name"]: _condition(node) for node in nodes}
    return replace(status, kubernetes=version, nodes={**status.nodes, **conditions})


class _Cluster:
    """What a cluster says of itself since it came back.

    Args:
        namespace: of the Pods that count; empty for all.
    """

    def __init__(self, nodes: Sequence[Node], began: str, namespace: str) -> None:
        self._nodes = nodes
        self._began = began
        self._namespace = namespace
        self._kubectl = Kubectl(nodes[0])

    def has_control(self) -> bool:
        """Controllers and scheduler work: each has taken its lease."""
        return set(_LEADERS) <= self._alive(SYSTEM_NAMESPACE)

    def has_nodes(self) -> bool:
        """Each node's kubelet has reported."""
        return {node.name for node in self._nodes} <= self._alive("kube-node-lease")

    def has_pods(self) -> bool:
        """Each node runs the Pods that the API server has for it and no other, and of each kind one is ready there.

        Two of a kind need not be: a kubelet that has just started takes up to ten seconds for its first probes.
        """
        pods = [pod for pod in self._list("pods", self._namespace) if not _is_static(pod)]
        return {_kind(pod) for pod in pods} == {_kind(pod) for pod in pods if _is_ready(pod)} and all(
            _running(node, self._namespace) == _reported(pods, node.name) for node in self._nodes
        )

    def _alive(self, namespace: str) -> set[str]:
        """Who has renewed a lease since."""
        leases = self._list("leases", namespace)
        return {own["metadata"]["name"] for own in leases if own["spec"].get("renewTime", "") > self._began}

    def _list(self, kind: str, namespace: str) -> list[dict[str, Any]]:
        place = f"--namespace={namespace}" if namespace else "--all-namespaces"
        listed = self._kubectl.look("get", kind, place, "--output=json")
        items: list[dict[str, Any]] = json.loads(listed.stdout)["items"] if listed.ok else []
        return items


def _running(node: Node, namespace: str) -> dict[str, set[str]]:
    """Uid of each Pod -> its containers that run on a node; without static Pods, whose uids are the kubelet's own."""
    listed = node.run(["crictl", "ps", "--output=json"])
    running: dict[str, set[str]] = {}
    for container in json.loads(listed.stdout)["containers"] if listed.ok else []:
        labels = container["labels"]
        if not namespace or labels["io.kubernetes.pod.namespace"] == namespace:
            running.setdefault(labels["io.kubernetes.pod.uid"], set()).add(container["id"])
    return {uid: containers for uid, containers in running.items() if "-" in uid}


def _reported(pods: Sequence[dict[str, Any]], node: str) -> dict[str, set[str]]:
    """The same as the API server has it. What it holds of containers from before is not the same."""
    return {
        pod["metadata"]["uid"]: {
            own.get("containerID", "").removeprefix("containerd://")
            for own in pod["status"].get("containerStatuses", ())
        }
        for pod in pods
        if pod["spec"].get("nodeName") == node
    }


def _kind(pod: dict[str, Any]) -> tuple[str, str]:
    """The node of a Pod and what it is one of."""
    owner = next(iter(pod["metadata"].get("ownerReferences", ())), pod["metadata"])
    return pod["spec"].get("nodeName", ""), owner["uid"]


def _condition(node: Mapping[str, Any]) -> str:
    """A node's condition in a word, as `kubectl get nodes` has it."""
    ready = next((it["status"] for it in node["status"]["conditions"] if it["type"] == "Ready"), "Unknown")
    return {"True": "Ready", "False": "NotReady"}.get(ready, "Unknown")


def _is_static(pod: dict[str, Any]) -> bool:
    return "kubernetes.io/config.mirror" in pod["metadata"].get("annotations", {})


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(own["type"] == "Ready" and own["status"] == "True" for own in conditions)
