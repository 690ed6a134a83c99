"""What the nodes of a lab can do, found out by trying on each."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from functools import partial

from lab.cluster.engine import Node

_REGISTRY = "https://registry-1.docker.io/v2/"
_APPARMOR = "grep -q Y /sys/module/apparmor/parameters/enabled && apparmor_parser --version"
_GVISOR_PLATFORM = "systrap"
"""Where its settings name none."""
_ETCD = "type etcdctl && test -e /etc/kubernetes/pki/etcd/server.key"


def has_internet(node: Node) -> bool:
    """Whether a container registry answers there."""
    return node.run(["curl", "--silent", "--max-time", "2", _REGISTRY]).ok


def missing(nodes: Sequence[Node]) -> dict[str, str]:
    """Capabilities that not every node has -> the key of the text that says why.

    Of etcd, the control plane alone is asked. The learner's ssh access is checked by the engine.
    """
    tries: dict[str, tuple[str, Sequence[Node], Callable[[Node], bool]]] = {
        "apparmor": ("capability.no-apparmor", nodes, partial(_does, _APPARMOR)),
        "gvisor": ("capability.no-runsc", nodes, _has_gvisor),
        "etcd": ("capability.no-etcd", nodes[:1], partial(_does, _ETCD)),
        "internet": ("capability.no-internet", nodes[-1:], has_internet),
    }
    lacks = {name: why for name, (why, where, has) in tries.items() if not all(map(has, where))}
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


def _does(script: str, node: Node) -> bool:
    return node.run(["sh", "-c", script]).ok


def _has_gvisor(node: Node) -> bool:
    return _does("runsc --version", node) and bool(gvisor_platform(node))


def _platform(node: Node, file: str) -> str:
    """As a file with gVisor's settings has it; one that is not there, or is none, keeps containers from starting."""
    try:
        settings = tomllib.loads(node.read(file).decode()) if file else {}
    except (FileNotFoundError, tomllib.TOMLDecodeError):
        return ""
    return str(settings.get("runsc_config", {}).get("platform", _GVISOR_PLATFORM))
