"""What the nodes of a lab can do, found out by trying on each."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence

from lab.cluster.engine import Node

_REGISTRY = "https://registry-1.docker.io/v2/"
_APPARMOR = "grep -q Y /sys/module/apparmor/parameters/enabled && apparmor_parser --version"
_GVISOR = "runsc --version && containerd config dump | grep -q 'containerd.runtimes.runsc\\]'"
_GVISOR_PLATFORM = "systrap"
"""Where its settings name none."""
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


def cgroup_version(node: Node) -> int:
    """1 or 2."""
    return 2 if node.run(["test", "-e", "/sys/fs/cgroup/cgroup.controllers"]).ok else 1


def gvisor_platform(node: Node) -> str:
    """What gVisor intercepts system calls by there: `systrap`, `kvm`. Empty where containerd cannot start it."""
    dumped = node.run(["containerd", "config", "dump"])
    plugins = tomllib.loads(dumped.text).get("plugins", {}) if dumped.ok else {}
    for plugin in plugins.values():  # the one that has runtimes is called otherwise in containerd 1
        runsc = plugin.get("containerd", {}).get("runtimes", {}).get("runsc")
        if runsc is not None:
            return _platform(node, runsc.get("options", {}).get("ConfigPath", ""))
    return ""


def _platform(node: Node, file: str) -> str:
    """As a file with gVisor's settings has it; one that is not there, or is none, keeps containers from starting."""
    try:
        settings = tomllib.loads(node.read(file).decode()) if file else {}
    except (FileNotFoundError, tomllib.TOMLDecodeError):
        return ""
    return str(settings.get("runsc_config", {}).get("platform", _GVISOR_PLATFORM))
