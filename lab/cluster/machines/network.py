"""Connecting the Pods of a fresh cluster: interfaces by CNI plugins, routes and NetworkPolicy by kube-router."""

from __future__ import annotations

import json
from collections.abc import Sequence

from lab import paths
from lab.clock import SYSTEM, Clock
from lab.cluster.engine import Node
from lab.cluster.host.wait import until
from lab.cluster.machines.kubeadm import USUAL, Addressing
from lab.cluster.machines.kubectl import Kubectl

_CONFIGURATION = "/etc/cni/net.d/10-ckslab.conflist"
_RANGE_SECONDS = 30
_DNS_PROBE = {"name": "coredns", "readinessProbe": {"periodSeconds": 2}}
_DNS = json.dumps({"spec": {"template": {"spec": {"containers": [_DNS_PROBE]}}}})
"""A Pod that has just started may wait a whole period for its first probe: ten seconds without DNS after each reset."""


def connect(nodes: Sequence[Node], kubectl: Kubectl, clock: Clock = SYSTEM, *, addressing: Addressing = USUAL) -> None:
    """Give the cluster its router, and every node its plugins' configuration. May be repeated.

    Raises:
        LabError: no controller gives a node its range of Pod addresses in time (`wait`).
    """
    kubectl.do("apply", "--filename", "-", stdin=(paths.data("node") / "network.yaml").read_bytes())
    # It only saves seconds, so that a refusal does no harm. CoreDNS has not begun where no node has plugins yet.
    kubectl.ask("patch", "deployment", "coredns", "--namespace=kube-system", f"--patch={_DNS}")
    connect_nodes(nodes, kubectl, clock, addressing=addressing)


def connect_nodes(
    nodes: Sequence[Node], kubectl: Kubectl, clock: Clock = SYSTEM, *, addressing: Addressing = USUAL
) -> None:
    """Give nodes of a cluster that has its router the plugins' configuration. Errors as `connect`."""
    for node in nodes:
        node.write(_CONFIGURATION, plugins(pod_range(node, kubectl, clock), addressing.mtu))
        _refuse_dead_services(node, addressing.services)


def restart_router(nodes: Sequence[Node]) -> None:
    """Start kube-router anew on each node: it goes by the addresses that the nodes had when it started."""
    for node in nodes:
        pods = node.run(["crictl", "pods", "--name=kube-router", "--quiet"]).text.split()
        if pods:
            node.run(["crictl", "rmp", "--force", *pods])


def plugins(pod_range: str, mtu: int = 0) -> bytes:
    """The configuration of the CNI plugins on a node whose Pods have these addresses.

    Args:
        mtu: the largest packet that gets through; 0 for what the kernel takes for granted.
    """
    bridge = {
        "type": "bridge",
        "bridge": "kube-bridge",
        "isDefaultGateway": True,
        "hairpinMode": True,
        # A NetworkPolicy knows Pods by their addresses, so these must not be hidden on the way to another node.
        "ipMasq": False,
        **({"mtu": mtu} if mtu else {}),
        "ipam": {"type": "host-local", "ranges": [[{"subnet": pod_range}]]},
    }
    host_ports = {"type": "portmap", "capabilities": {"portMappings": True}, "snat": True}
    return json.dumps({"cniVersion": "1.0.0", "name": "ckslab", "plugins": [bridge, host_ports]}, indent=2).encode()


def pod_range(node: Node, kubectl: Kubectl, clock: Clock = SYSTEM) -> str:
    """The addresses that Pods on a node have.

    Raises:
        LabError: no controller gives it any in time (`wait`).
    """

    def known() -> str:
        return kubectl.ask("get", "node", node.name, "--output", "jsonpath={.spec.podCIDR}").text

    return until(known, seconds=_RANGE_SECONDS, what=f"the Pod addresses of {node.name}", clock=clock)


def _refuse_dead_services(node: Node, services: str) -> None:
    """A Service without endpoints is refused at once.

    kube-router's rules let a Pod's packets out before kube-proxy's would refuse them; such a packet, its Service
    address still on it, would leave the machine.
    """
    rule = ["iif", "kube-bridge", "to", services, "unreachable"]
    node.run(["ip", "rule", "delete", *rule])
    node.run(["ip", "rule", "add", *rule])
