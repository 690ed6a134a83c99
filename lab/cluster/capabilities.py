"""What the nodes of a lab can do, found out by trying on each."""

from __future__ import annotations

from collections.abc import Sequence

from lab.cluster.engine import Node

_REGISTRY = "https://registry-1.docker.io/v2/"
_APPARMOR = "grep -q Y /sys/module/apparmor/parameters/enabled && apparmor_parser --version"
_GVISOR = "runsc --version && containerd config dump | grep -q 'containerd.runtimes.runsc\\]'"
_ETCD = "type etcdctl && test -e /etc/kubernetes/pki/etcd/server.key"


def has_internet(node: Node) -> bool:
    """Whether a container registry answers there."""
    return node.run(["curl", "--silent", "--max-time", "2", _REGISTRY]).ok


def missing(nodes: Sequence[Node]) -> dict[str, str]:
    """Capabilities that not every node has -> the key of the text that says why.

    Of etcd, the control plane alone is asked. What takes a learner's way to a node is not looked at here.
    """
    looks = {
        "apparmor": ("capability.no-apparmor", nodes, _APPARMOR),
        "gvisor": ("capability.no-runsc", nodes, _GVISOR),
        "etcd": ("capability.no-etcd", nodes[:1], _ETCD),
    }
    lacks = {
        name: why
        for name, (why, where, script) in looks.items()
        if not all(node.run(["sh", "-c", script]).ok for node in where)
    }
    if not has_internet(nodes[-1]):
        lacks["internet"] = "capability.no-internet"
    if len(nodes) < 2:
        lacks["worker"] = "capability.no-worker"
    return lacks
