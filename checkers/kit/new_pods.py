"""Pods that a rule of admission is asked about: new ones, by hand or by a controller, and a change of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from checkers.api import DryRun, Observer

CONTROLLERS: Mapping[str, str] = {
    "ReplicaSet": "replicaset-controller",
    "StatefulSet": "statefulset-controller",
    "DaemonSet": "daemon-set-controller",
    "Job": "job-controller",
}
"""What owns a Pod -> whose account makes it. A Deployment's Pods are its ReplicaSet's."""


def new_pod(name: str, namespace: str, labels: Mapping[str, str], spec: Mapping[str, Any]) -> dict[str, Any]:
    """A Pod; without `labels` where there are none."""
    metadata: dict[str, Any] = {"name": name, "namespace": namespace}
    if labels:
        metadata["labels"] = dict(labels)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": dict(spec)}


def owned(manifest: dict[str, Any], owner: str) -> str:
    """Give a Pod an owner of this kind, with the Pod's own name; the account of the controller that would make it."""
    name = manifest["metadata"]["name"]
    version = "batch/v1" if owner == "Job" else "apps/v1"
    reference = {"apiVersion": version, "kind": owner, "name": name, "uid": name, "controller": True}
    manifest["metadata"]["ownerReferences"] = [reference]
    return f"system:serviceaccount:kube-system:{CONTROLLERS[owner]}"


def made_once(cluster: Observer, manifest: Mapping[str, Any]) -> DryRun:
    """Make a Pod for this grade, unless it is there: several checks may change the same one."""
    metadata = manifest["metadata"]
    if cluster.get("Pod", metadata["name"], metadata["namespace"]):
        return DryRun(accepted=True)
    return cluster.new_object(manifest)


def stored(cluster: Observer, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """A Pod that was made, as the API server holds it, to be changed whatever its status has become since."""
    metadata = manifest["metadata"]
    found = cluster.get("Pod", metadata["name"], metadata["namespace"]) or {**manifest}
    kept = ("name", "namespace", "labels", "annotations")
    metadata = {key: value for key, value in found["metadata"].items() if key in kept}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": found["spec"]}
