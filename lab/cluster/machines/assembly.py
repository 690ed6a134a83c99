"""Making machines that have kubeadm into a cluster."""

from __future__ import annotations

from collections.abc import Sequence

from lab.cluster.host.processes import OnLine
from lab.cluster.machines import kubeadm, patience
from lab.cluster.machines.kubectl import Kubectl
from lab.cluster.machines.machine import refused
from lab.cluster.machines.ssh import SshNode

_CONFIGURATION = "/etc/kubernetes/kubeadm.yaml"
_DISCOVERY = "/etc/kubernetes/discovery.conf"
_SECONDS = 300.0


def assemble(
    nodes: Sequence[SshNode], addresses: Sequence[str], version: str, on_line: OnLine, *, emulated: bool
) -> None:
    """Make a cluster of these nodes, control plane first. What an interrupted attempt left of one is cleared away.

    Args:
        addresses: by which the nodes know one another, in the same order.
        emulated: their processors are.

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
        control_plane.name, addresses[0], version, alone=not workers, emulated=emulated
    )
    control_plane.write(_CONFIGURATION, configuration, mode=0o600)
    _kubeadm(control_plane, on_line, "init", f"--config={_CONFIGURATION}")
    for worker, address in zip(workers, addresses[1:], strict=True):
        _join(worker, address, control_plane, on_line)


def _join(worker: SshNode, address: str, control_plane: SshNode, on_line: OnLine) -> None:
    where = ["--namespace=kube-public", "--output=jsonpath={.data.kubeconfig}"]
    discovery = Kubectl(control_plane).do("get", "configmap", "cluster-info", *where).stdout
    token = _must(control_plane, "token", "create", "--ttl=1h")
    worker.write(_DISCOVERY, discovery, mode=0o600)
    configuration = kubeadm.join_configuration(worker.name, address, _DISCOVERY, token)
    worker.write(_CONFIGURATION, configuration, mode=0o600)
    _kubeadm(worker, on_line, "join", f"--config={_CONFIGURATION}")


def _kubeadm(node: SshNode, on_line: OnLine, *words: str) -> None:
    """Run it, line by line."""
    done = node.watch(["kubeadm", *words], on_line, timeout=_SECONDS)
    if not done.ok:
        raise refused(f"{node.name}: kubeadm {words[0]}", done)


def _must(node: SshNode, *words: str) -> str:
    done = node.run(["kubeadm", *words])
    if not done.ok:
        raise refused(f"{node.name}: kubeadm {words[0]}", done)
    return done.text.strip()
