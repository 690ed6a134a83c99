"""The baseline: the pristine state of a lab, kept on its machines, and the way back to it from whatever was made of it.

It is what etcd holds, and the files that exercises have learners change. Everything else stays as it is: the learner's
own files at home, images they pulled.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from lab import i18n
from lab.clock import SYSTEM, Clock, wait_until
from lab.cluster.base import HOME
from lab.cluster.engine import Completed, Engine, Node
from lab.cluster.kubectl import Kubectl
from lab.errors import LabError

OnDetail = Callable[[str], None]
"""Hears what is under way."""

COVERED = (
    "/etc/kubernetes",
    "/etc/containerd",
    "/etc/cni/net.d",
    "/etc/systemd/system",
    "/etc/default",
    "/etc/crictl.yaml",
    "/etc/ssh",
    "/var/lib/kubelet/config.yaml",
    "/var/lib/kubelet/instance-config.yaml",
    "/var/lib/kubelet/kubeadm-flags.env",
    "/var/lib/kubelet/pki",
    "/var/lib/kubelet/seccomp",
)
"""Files and directories of a node."""
COVERED_ON_BASE = (f"{HOME}/.kube", f"{HOME}/.ssh", "/opt/lab")
"""The learner's ways into the cluster, and what the lab put at hand."""

_SCRIPT = Path(__file__).with_suffix(".sh")
_MACHINE_SECONDS = 120
_HEALTHY_SECONDS = 90
_MISSING = 66
"""The exit code of the script where a machine has no baseline."""
_LEADERS = ("kube-controller-manager", "kube-scheduler")


def save(engine: Engine) -> None:
    """Keep the state of a lab that is healthy and that nobody has worked in.

    Raises:
        LabError: a machine refused (`baseline.save`).
    """
    for machine, done in _on_each_machine(engine, "save"):
        if not done.ok:
            raise LabError("baseline.save", done.error, machine=machine.name)


def restore(engine: Engine, say: OnDetail = lambda _: None, clock: Clock = SYSTEM) -> None:
    """Go back to the baseline, from whatever state, and wait until the cluster is healthy.

    Raises:
        LabError: there is none (`baseline.missing`) or it does not help (`baseline.failed`): the lab must be made anew.
    """
    began = engine.nodes()[0].run(["date", "--utc", "+%FT%T"]).text.strip()
    say(i18n.text("baseline.machines"))
    for machine, done in _on_each_machine(engine, "restore"):
        if done.code == _MISSING:
            raise LabError("baseline.missing", machine=machine.name, lab=engine.lab)
        if not done.ok:
            raise LabError("baseline.failed", f"{machine.name}: {done.error}", lab=engine.lab)
    cluster = _Cluster(engine.nodes(), began)
    for what, is_there in (
        ("api", Kubectl(engine.nodes()[0]).answers),
        ("control", cluster.has_control),
        ("nodes", cluster.has_nodes),
        ("pods", cluster.has_pods),
    ):
        awaited = i18n.text(f"baseline.{what}")
        say(awaited)
        if not wait_until(is_there, clock, bound=_HEALTHY_SECONDS):
            late = LabError("wait", what=awaited, seconds=_HEALTHY_SECONDS)
            raise LabError("baseline.failed", late.tried, lab=engine.lab)


def _on_each_machine(engine: Engine, verb: str) -> Iterator[tuple[Node, Completed]]:
    """Run the script on all machines at once."""

    def run(machine: Node) -> Completed:
        covered = COVERED_ON_BASE if machine.role == "base" else COVERED
        argv = ["bash", "-s", verb, machine.role, *covered]
        return machine.run(argv, stdin=_SCRIPT.read_bytes(), timeout=_MACHINE_SECONDS)

    machines = (*engine.nodes(), engine.base())
    with ThreadPoolExecutor() as pool:
        yield from zip(machines, pool.map(run, machines), strict=True)


class _Cluster:
    """What a cluster says of itself that has just gone back. What etcd held at the baseline proves nothing now.

    Args:
        began: when the restore did, by the control plane's clock.
    """

    def __init__(self, nodes: Sequence[Node], began: str) -> None:
        self._nodes = nodes
        self._began = began
        self._kubectl = Kubectl(nodes[0])

    def has_control(self) -> bool:
        """Controllers and scheduler work: each has taken its lease."""
        return set(_LEADERS) <= self._alive("kube-system")

    def has_nodes(self) -> bool:
        """Each node's kubelet has reported."""
        return {node.name for node in self._nodes} <= self._alive("kube-node-lease")

    def has_pods(self) -> bool:
        """Each node runs the Pods that the API server has for it and no other, and of each kind one is ready there.

        Two of a kind need not be: a kubelet that has just started takes up to ten seconds for its first probes.
        """
        pods = [pod for pod in self._list("pods") if not _is_static(pod)]
        return {_kind(pod) for pod in pods} == {_kind(pod) for pod in pods if _is_ready(pod)} and all(
            _running(node) == _reported(pods, node.name) for node in self._nodes
        )

    def _alive(self, namespace: str) -> set[str]:
        """Who has renewed a lease since."""
        leases = self._list("leases", f"--namespace={namespace}")
        return {own["metadata"]["name"] for own in leases if own["spec"].get("renewTime", "") > self._began}

    def _list(self, kind: str, place: str = "--all-namespaces") -> list[dict[str, Any]]:
        listed = self._kubectl.ask("get", kind, place, "--output=json", timeout=15)
        items: list[dict[str, Any]] = json.loads(listed.stdout)["items"] if listed.ok else []
        return items


def _running(node: Node) -> dict[str, set[str]]:
    """Uid of each Pod -> its containers that run on a node; without static Pods, whose uids are the kubelet's own."""
    listed = node.run(["crictl", "ps", "--output=json"])
    running: dict[str, set[str]] = {}
    for container in json.loads(listed.stdout)["containers"] if listed.ok else []:
        running.setdefault(container["labels"]["io.kubernetes.pod.uid"], set()).add(container["id"])
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


def _is_static(pod: dict[str, Any]) -> bool:
    return "kubernetes.io/config.mirror" in pod["metadata"].get("annotations", {})


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(own["type"] == "Ready" and own["status"] == "True" for own in conditions)
