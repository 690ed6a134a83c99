"""Whether a cluster is ready, or back: by what it says of itself now, not by what etcd held before."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from math import inf
from typing import Any

from lab import i18n
from lab.clock import SYSTEM, Clock, wait_until
from lab.cluster.engine import Engine, Node, State, Status
from lab.cluster.host.wait import until
from lab.cluster.machines.kubectl import ADMIN, Kubectl
from lab.errors import LabError

OnDetail = Callable[[str], None]
"""Hears what is under way."""

SECONDS = 90
"""For each thing that is awaited."""
_FRESH_SECONDS = 120
SYSTEM_NAMESPACE = "kube-system"
_READY = "Ready"
_SILENT_SECONDS = 30
"""Since a kubelet's last report, of which it makes one every ten seconds."""
_MEND_SECONDS = 30
"""For a kubelet that was started to report, and for an API server to come back."""
_POLL_SECONDS = 10
_NODES = [
    *("kubectl", f"--kubeconfig={ADMIN}", f"--request-timeout={_POLL_SECONDS}s"),
    *("get", "nodes,leases", "--namespace=kube-node-lease", "--output=json"),
]
_WITH_TIME = 'date --utc +%FT%TZ; exec "$@"'
"""The time comes from the same machine, in the same call: status is asked for again and again."""
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
    await_control(nodes, began, say, clock, seconds=SECONDS)
    await_nodes(nodes, began, say, clock, seconds=SECONDS)
    await_pods(nodes, began, say, clock, seconds=SECONDS, worked_in=worked_in)


def await_control(
    nodes: Sequence[Node],
    began: str,
    say: OnDetail = lambda _: None,
    clock: Clock = SYSTEM,
    *,
    seconds: float = SECONDS,
) -> None:
    """Wait until the API server answers and the controllers work.

    Args:
        seconds: for each of these.

    Raises:
        LabError: one of these is not so in its time (`wait`).
    """
    cluster = _Cluster(nodes, began, SYSTEM_NAMESPACE)
    for what, is_there in (("api", Kubectl(nodes[0]).answers), ("control", cluster.has_control)):
        _await(what, is_there, seconds, say, clock)


def await_nodes(
    nodes: Sequence[Node],
    began: str,
    say: OnDetail = lambda _: None,
    clock: Clock = SYSTEM,
    *,
    seconds: float = SECONDS,
) -> None:
    """Wait until each node's kubelet has reported. Arguments and errors as `await_control`."""
    _await("nodes", _Cluster(nodes, began, SYSTEM_NAMESPACE).has_nodes, seconds, say, clock)


def await_pods(
    nodes: Sequence[Node],
    began: str,
    say: OnDetail = lambda _: None,
    clock: Clock = SYSTEM,
    *,
    worked_in: bool = False,
    seconds: float = SECONDS,
) -> None:
    """Wait until the Pods run. Arguments and errors as `await_healthy`."""
    cluster = _Cluster(nodes, began, SYSTEM_NAMESPACE if worked_in else "")
    _await("pods", cluster.has_pods, seconds, say, clock)


def _await(what: str, is_there: Callable[[], bool], seconds: float, say: OnDetail, clock: Clock) -> None:
    """Say what is awaited, and wait for it."""
    awaited = i18n.text(f"health.{what}")
    say(awaited)
    until(is_there, seconds=seconds, what=awaited, clock=clock)


def remove_strangers(nodes: Sequence[Node]) -> None:
    """Remove from the nodes the Pods that the API server does not have. Their kubelets would let them end in peace.

    Raises:
        LabError: the API server does not say which it has (`kubectl`).
    """
    listed = Kubectl(nodes[0]).do("get", "pods", "--all-namespaces", "--output=jsonpath={.items[*].metadata.uid}")
    wanted = set(listed.text.split())

    def remove(node: Node) -> None:
        listed = node.run(["crictl", "pods", "--output=json"])
        there = json.loads(listed.stdout)["items"] if listed.ok else []
        uids = {sandbox["id"]: sandbox["labels"]["io.kubernetes.pod.uid"] for sandbox in there}
        if gone := [sandbox for sandbox, uid in uids.items() if _is_of_api_server(uid) and uid not in wanted]:
            node.run(["crictl", "--timeout=20s", "rmp", "--force", *gone], timeout=40)

    with ThreadPoolExecutor() as pool:
        list(pool.map(remove, nodes))


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


def seen(status: Status, control_plane: Node, pace: float = 1) -> Status:
    """The status of a lab whose machines run, with what its API server says.

    It is ready when the API server answers and every node is: the node's own condition, and that its kubelet has
    reported of late, since the API server notices only after most of a minute that it does not.
    """
    try:
        answer = control_plane.run(["sh", "-c", _WITH_TIME, "sh", *_NODES], timeout=_POLL_SECONDS + 5)
    except LabError as gone:
        return replace(status, state=State.UNREACHABLE, detail=gone.tried)
    if not answer.ok:
        return replace(status, state=State.UNREACHABLE, detail=answer.error)
    now, _, listed = answer.text.partition("\n")
    items = json.loads(listed)["items"]
    reported = {
        item["metadata"]["name"]: item["spec"].get("renewTime", "") for item in items if item["kind"] == "Lease"
    }
    nodes = {item["metadata"]["name"]: item for item in items if item["kind"] == "Node"}
    silent = {name for name in nodes if _seconds_between(reported.get(name, ""), now) > _SILENT_SECONDS * pace}
    conditions = {name: _condition(node, is_silent=name in silent) for name, node in nodes.items()}
    version = next((node["status"]["nodeInfo"]["kubeletVersion"] for node in nodes.values()), "")
    return replace(
        status,
        state=status.state if set(conditions.values()) == {_READY} else State.DEGRADED,
        kubernetes=version,
        nodes={**status.nodes, **conditions},
        detail="\n".join(
            _trouble(name, node, is_silent=name in silent) for name, node in nodes.items() if conditions[name] != _READY
        ),
    )


def _seconds_between(earlier: str, later: str) -> float:
    """Between two times as the API server writes them; infinite where the first is not there."""
    if not earlier:
        return inf
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def start_services(engine: Engine, clock: Clock = SYSTEM) -> None:
    """Start containerd and the kubelet where they do not run, and wait a while for the lab to be ready.

    Raises:
        LabError: it does not get ready by that (`lab.unwell`): a reset helps, which a learner has to want.
    """
    for node in engine.nodes():
        with suppress(LabError):
            node.run(["systemctl", "start", "containerd", "kubelet"], timeout=_MEND_SECONDS)
    status = Status(engine.name, engine.lab, State.UNREACHABLE)

    def is_ready() -> bool:
        nonlocal status
        status = engine.status()
        return status.state is State.READY

    if not wait_until(is_ready, clock, bound=_MEND_SECONDS):
        raise LabError("lab.unwell", status.detail, lab=engine.lab)


@contextmanager
def advising_reset(engine: Engine) -> Iterator[None]:
    """Where machines were started and the cluster does not come back in time, say what helps (`lab.unwell`)."""
    try:
        yield
    except LabError as late:
        if late.key != "wait":
            raise
        raise LabError("lab.unwell", late.tried, lab=engine.lab) from late


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
        with ThreadPoolExecutor() as pool:
            running = pool.map(lambda node: _running(node, self._namespace), self._nodes)
            pods = [pod for pod in self._list("pods", self._namespace) if not _is_static(pod)]
            reported = [_reported(pods, node.name) for node in self._nodes]
            return {_kind(pod) for pod in pods} == {_kind(pod) for pod in pods if _is_ready(pod)} and (
                list(running) == reported
            )

    def _alive(self, namespace: str) -> set[str]:
        """Who has renewed a lease since."""
        leases = self._list("leases", namespace)
        return {lease["metadata"]["name"] for lease in leases if lease["spec"].get("renewTime", "") > self._began}

    def _list(self, kind: str, namespace: str) -> list[dict[str, Any]]:
        place = f"--namespace={namespace}" if namespace else "--all-namespaces"
        listed = self._kubectl.poll("get", kind, place, "--output=json")
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
    return {uid: containers for uid, containers in running.items() if _is_of_api_server(uid)}


def _is_of_api_server(uid: str) -> bool:
    """Whether a Pod's uid is of the API server's making, and not of a kubelet's, as those of static Pods are."""
    return "-" in uid


def _reported(pods: Sequence[dict[str, Any]], node: str) -> dict[str, set[str]]:
    """The same as the API server has it. What it holds of containers from before is not the same."""
    return {
        pod["metadata"]["uid"]: {
            status.get("containerID", "").removeprefix("containerd://")
            for status in pod["status"].get("containerStatuses", ())
        }
        for pod in pods
        if pod["spec"].get("nodeName") == node
    }


def _kind(pod: dict[str, Any]) -> tuple[str, str]:
    """The node of a Pod and what it is one of."""
    owner = next(iter(pod["metadata"].get("ownerReferences", ())), pod["metadata"])
    return pod["spec"].get("nodeName", ""), owner["uid"]


def _condition(node: Mapping[str, Any], *, is_silent: bool) -> str:
    """A node's condition in a word, as `kubectl get nodes` has it, or will have it when the kubelet stays silent."""
    ready = _ready_condition(node).get("status", "")
    if ready == "True":
        return "Unknown" if is_silent else _READY
    return "NotReady" if ready == "False" else "Unknown"


def _trouble(name: str, node: Mapping[str, Any], *, is_silent: bool) -> str:
    """What is wrong with a node that is not ready."""
    if is_silent:
        return i18n.text("health.silent", node=name)
    return f"{name}: {_ready_condition(node).get('message', '')}"


def _ready_condition(node: Mapping[str, Any]) -> Mapping[str, Any]:
    conditions = node["status"]["conditions"]
    return next((condition for condition in conditions if condition["type"] == "Ready"), {})


def _is_static(pod: dict[str, Any]) -> bool:
    return "kubernetes.io/config.mirror" in pod["metadata"].get("annotations", {})


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
