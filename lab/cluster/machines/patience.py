"""Patience with an emulated processor, where an answer takes seconds: what is slow must not be taken for dead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

PATCHES = "/etc/kubernetes/patches"
"""Where kubeadm finds `patches()` on the control plane."""

# A leader exits when it cannot renew its lease in time: ten seconds, unless it is given other settings.
LEADER = {
    "extraArgs": [
        {"name": "leader-elect-lease-duration", "value": "60s"},
        {"name": "leader-elect-renew-deadline", "value": "50s"},
        {"name": "leader-elect-retry-period", "value": "5s"},
    ]
}
"""What kubeadm tells the controller manager and the scheduler."""

_STATIC_PODS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
_LIVENESS: Mapping[str, Any] = {"timeoutSeconds": 15, "failureThreshold": 30}
_READINESS: Mapping[str, Any] = {"timeoutSeconds": 15}


def patches() -> dict[str, bytes]:
    """What kubeadm changes in the manifests of the static Pods, by name of the file that it takes it from."""
    return {f"{name}.yaml": yaml.safe_dump(_patch(name)).encode() for name in _STATIC_PODS}


def softened(manifest: bytes) -> bytes:
    """A manifest whose containers may take their time to answer the kubelet."""
    documents = list(yaml.load_all(manifest, Loader=yaml.CSafeLoader))
    for container in _containers(documents):
        for probe, patience in (("livenessProbe", _LIVENESS), ("readinessProbe", _READINESS)):
            if probe in container:
                container[probe] |= patience
    return yaml.dump_all(documents, Dumper=yaml.CSafeDumper, sort_keys=False).encode()


def _patch(name: str) -> dict[str, Any]:
    # The time to start in is kubeadm's to tell, from its own timeouts.
    return {"spec": {"containers": [{"name": name, "livenessProbe": dict(_LIVENESS)}]}}


def _containers(documents: list[Any]) -> Iterator[dict[str, Any]]:
    """Of each object that has a template of Pods."""
    for document in documents:
        spec = ((document or {}).get("spec") or {}).get("template", {}).get("spec", {})
        yield from spec.get("containers", [])
