"""What kubeadm is told on machines that are nobody's node yet, and what every engine's nodes are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from lab.cluster.machines import patience

PODS = "10.244.0.0/16"
SERVICES = "10.96.0.0/16"
"""As kind has them, so that what is learnt on one engine holds on the other."""

# A Secret that changes is seen in a Pod that mounts it at the next look: within a minute and a half unless said
# otherwise, which Gatekeeper, waiting for its certificates, and a learner, waiting for it, would spend idle.
KUBELET: Mapping[str, Any] = {"syncFrequency": "10s"}
"""Settings of every kubelet."""

_API = "kubeadm.k8s.io/v1beta4"
# Bounds, not delays: an emulated processor takes minutes for what others do in seconds.
_TIMEOUTS = dict.fromkeys(
    ("controlPlaneComponentHealthCheck", "kubeletHealthCheck", "kubernetesAPICall", "discovery", "tlsBootstrap"),
    "15m0s",
)


def init_configuration(name: str, address: str, version: str, *, alone: bool, emulated: bool) -> bytes:
    """For the control plane.

    Args:
        alone: it is the only node, so that Pods must run there.
        emulated: its processor is, which makes it slow. `patience.patches()` lie in `patience.PATCHES` then.
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
        },
        {
            "apiVersion": _API,
            "kind": "ClusterConfiguration",
            "kubernetesVersion": version,
            "networking": {"podSubnet": PODS, "serviceSubnet": SERVICES},
            **leaders,
        },
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "cgroupDriver": "systemd",
            **KUBELET,
        },
    )


def join_configuration(name: str, address: str, discovery: str, token: str) -> bytes:
    """For a worker.

    Args:
        discovery: a file on the worker, a kubeconfig that says where the cluster is and what to know it by.
    """
    return _documents(
        {
            "apiVersion": _API,
            "kind": "JoinConfiguration",
            "discovery": {"file": {"kubeConfigPath": discovery}, "tlsBootstrapToken": token},
            "nodeRegistration": _registration(name, address),
            "timeouts": _TIMEOUTS,
        }
    )


def _registration(name: str, address: str) -> dict[str, Any]:
    """A node that calls itself as tasks do. Its first address is not the one that the other machines reach it by."""
    return {
        "name": name,
        "criSocket": "unix:///run/containerd/containerd.sock",
        "kubeletExtraArgs": [{"name": "node-ip", "value": address}],
    }


def _documents(*documents: Mapping[str, Any]) -> bytes:
    return yaml.safe_dump_all(documents, sort_keys=False).encode()
