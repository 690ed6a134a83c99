"""Making machines that have kubeadm into a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from lab.cluster.engine import Completed, Node
from lab.cluster.host.processes import OnLine
from lab.cluster.machines import kubeadm, patience
from lab.cluster.machines.kubeadm import USUAL, Addressing
from lab.cluster.machines.kubectl import Kubectl
from lab.cluster.machines.kubelet import HostFacts
from lab.cluster.machines.machine import refused

CONFIGURATION = "/etc/kubernetes/kubeadm.yaml"
"""On each node, what kubeadm was told."""
_DISCOVERY = "/etc/kubernetes/discovery.conf"
_SECONDS = 300.0


class WatchedNode(Node, Protocol):
    """A node on which a command that takes its time can be followed."""

    def watch(self, argv: Sequence[str], on_line: OnLine, *, timeout: float) -> Completed:
        """Run a command as root, telling each line it prints.

        Raises:
            LabError: it did not end in its time (`wait`).
        """


def assemble(
    nodes: Sequence[WatchedNode],
    addresses: Sequence[str],
    version: str,
    on_line: OnLine,
    *,
    emulated: bool = False,
    addressing: Addressing = USUAL,
    contained: HostFacts | None = None,
) -> None:
    """Make a cluster of these nodes, control plane first. What an interrupted attempt left of one is cleared away.

    Args:
        addresses: by which the nodes know one another, in the same order.
        emulated: their processors are.
        contained: they are containers, on such a host.

    Raises:
        LabError: kubeadm gave up (`engine.refused`), or did not end in its time (`node.timeout`).
    """
    for node in nodes:
        if node.run(["test", "-e", "/etc/kubernetes/kubelet.conf", "-o", "-e", "/etc/kubernetes/admin.conf"]).ok:
            _kubeadm(node, on_line, "reset", "--force")
    control_plane, *workers = nodes
    if emulated:
        for name, patch in patience.patches().items():
            control_plane.write(f"{patience.PATCHES}/{name}", patch)
    configuration = kubeadm.init_configuration(
        control_plane.name,
        addresses[0],
        version,
        alone=not workers,
        emulated=emulated,
        addressing=addressing,
        contained=contained,
    )
    control_plane.write(CONFIGURATION, configuration, mode=0o600)
    _kubeadm(control_plane, on_line, "init", f"--config={CONFIGURATION}")
    for worker, address in zip(workers, addresses[1:], strict=True):
        _join(worker, address, control_plane, on_line, contained)


def _join(
    worker: WatchedNode, address: str, control_plane: WatchedNode, on_line: OnLine, contained: HostFacts | None
) -> None:
    where = ["--namespace=kube-public", "--output=jsonpath={.data.kubeconfig}"]
    discovery = Kubectl(control_plane).do("get", "configmap", "cluster-info", *where).stdout
    token = _must(control_plane, "token", "create", "--ttl=1h")
    worker.write(_DISCOVERY, discovery, mode=0o600)
    configuration = kubeadm.join_configuration(worker.name, address, _DISCOVERY, token, contained)
    worker.write(CONFIGURATION, configuration, mode=0o600)
    _kubeadm(worker, on_line, "join", f"--config={CONFIGURATION}")


def _kubeadm(node: WatchedNode, on_line: OnLine, *words: str) -> None:
    """Run it, line by line."""
    done = node.watch(["kubeadm", *words], on_line, timeout=_SECONDS)
    if not done.ok:
        raise refused(f"{node.name}: kubeadm {words[0]}", done)


def _must(node: Node, *words: str) -> str:
    done = node.run(["kubeadm", *words])
    if not done.ok:
        raise refused(f"{node.name}: kubeadm {words[0]}", done)
    return done.text.strip()
