"""What kubeadm is told on machines that are nobody's node yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from lab.cluster.machines import kubelet, patience
from lab.cluster.machines.kubelet import KUBELET, HostFacts


@dataclass(frozen=True, slots=True)
class Addressing:
    """Which addresses a cluster's Pods and Services have. Unless said otherwise, those that kind gives them.

    Attributes:
        mtu: the largest packet of the network that the nodes are in; 0 for an ordinary one.
    """

    pods: str = "10.244.0.0/16"
    services: str = "10.96.0.0/16"
    mtu: int = 0


USUAL = Addressing()
"""On every engine that can, so that what is learnt on one holds on the other."""

_API = "kubeadm.k8s.io/v1beta4"
_LOOPBACK = ["localhost", "127.0.0.1"]
"""The lab's own computer reaches a contained API server by a port that is handed on."""
_CONTAINED: Mapping[str, Any] = {
    "cgroupRoot": "/kubelet",  # the entrypoint of kind's image makes it
    "failSwapOn": False,
    # The disk is the host's, and so is the room on it.
    "imageGCHighThresholdPercent": 100,
    "evictionHard": {"imagefs.available": "0%", "nodefs.available": "0%", "nodefs.inodesFree": "0%"},
}
"""Settings of a kubelet in a container, as kind has them."""
# Bounds, not delays: an emulated processor takes minutes for what others do in seconds.
_TIMEOUTS = dict.fromkeys(
    ("controlPlaneComponentHealthCheck", "kubeletHealthCheck", "kubernetesAPICall", "discovery", "tlsBootstrap"),
    "15m0s",
)


def init_configuration(
    name: str,
    address: str,
    version: str,
    *,
    alone: bool,
    emulated: bool = False,
    addressing: Addressing = USUAL,
    contained: HostFacts | None = None,
) -> bytes:
    """For the control plane.

    Args:
        alone: it is the only node, so that Pods must run there.
        emulated: its processor is, which makes it slow. `patience.patches()` lie in `patience.PATCHES` then.
        contained: the nodes are containers, on such a host. They know the control plane by its name.
    """
    taints: dict[str, Any] = {"taints": []} if alone else {}
    patched: dict[str, Any] = {"patches": {"directory": patience.PATCHES}} if emulated else {}
    leaders = dict.fromkeys(("controllerManager", "scheduler"), patience.LEADER) if emulated else {}
    return _documents(
        {
            "apiVersion": _API,
            "kind": "InitConfiguration",
            "localAPIEndpoint": {"advertiseAddress": address},
            "nodeRegistration": {**_registration(name, address), **taints},
            "timeouts": _TIMEOUTS,
            **patched,
            **_skipped(contained),
        },
        {
            "apiVersion": _API,
            "kind": "ClusterConfiguration",
            "kubernetesVersion": version,
            "networking": {"podSubnet": addressing.pods, "serviceSubnet": addressing.services},
            **({"controlPlaneEndpoint": f"{name}:6443", "apiServer": {"certSANs": _LOOPBACK}} if contained else {}),
            **leaders,
        },
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "cgroupDriver": "systemd",
            **({**_CONTAINED, **kubelet.settings(contained)} if contained else KUBELET),
        },
        *([_proxy(contained)] if contained else []),
    )


def join_configuration(
    name: str, address: str, discovery: str, token: str, contained: HostFacts | None = None
) -> bytes:
    """For a worker.

    Args:
        discovery: a file on the worker, a kubeconfig that says where the cluster is and what to know it by.
        contained: as for the control plane.
    """
    return _documents(
        {
            "apiVersion": _API,
            "kind": "JoinConfiguration",
            "discovery": {"file": {"kubeConfigPath": discovery}, "tlsBootstrapToken": token},
            "nodeRegistration": _registration(name, address),
            "timeouts": _TIMEOUTS,
            **_skipped(contained),
        }
    )


def _skipped(contained: HostFacts | None) -> dict[str, Any]:
    """What preflight would examine of a container is the host's."""
    return {"skipPhases": ["preflight"]} if contained else {}


def _proxy(contained: HostFacts) -> dict[str, Any]:
    """kube-proxy's settings in a container, which may not size the host's table of connections."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "conntrack": {"maxPerCore": 0},
        **kubelet.proxy_settings(contained),
    }


def _registration(name: str, address: str) -> dict[str, Any]:
    """A node that calls itself as tasks do. Its first address is not the one that the other machines reach it by."""
    return {
        "name": name,
        "criSocket": "unix:///run/containerd/containerd.sock",
        "kubeletExtraArgs": [{"name": "node-ip", "value": address}],
    }


def _documents(*documents: Mapping[str, Any]) -> bytes:
    return yaml.safe_dump_all(documents, sort_keys=False).encode()
