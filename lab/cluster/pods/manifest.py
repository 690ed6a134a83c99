"""What a seat is in its host cluster: a Namespace, and in it the Pods, with what names, bounds and fences them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.cluster.engine import Role

LABEL = "dev.ckslab.lab"
"""On everything of a seat, with the lab's name."""
OWNER = "dev.ckslab.owner"
"""On the Namespace, with a word that only the lab's record knows: two people may give their labs the same name."""
SEATS = "dev.ckslab.seats"
"""A label of host nodes that are for seats, and the taint that keeps other Pods from there."""
CONTAINER = "node"
"""The container of each Pod that is the machine."""
MACHINES: Mapping[str, Role] = {"kube-control-plane": "control-plane", "kube-worker-1": "worker", "base": "base"}
"""The Pods of a seat, by the names that tasks give them."""
API_PORT = 6443
TOTAL_MEMORY = "3328Mi"
"""What is kept for a seat."""

TAKES_PRIVILEGED = {f"pod-security.kubernetes.io/{mode}": "privileged" for mode in ("enforce", "audit", "warn")}
"""Labels of a Namespace that tell Pod Security that its Pods are meant to be privileged."""

_SUBDOMAIN = "nodes"
_DOMAIN = "cluster.local"
"""Of the host's Services, nearly always. A machine whose container was started again has lost what the lab had written
into its /etc/hosts; by this it knows the others all the same, at whatever addresses they are."""
_MEMORY: Mapping[Role, str] = {"control-plane": "1536Mi", "worker": "1536Mi", "base": "256Mi"}
_CPU: Mapping[Role, str] = {"control-plane": "200m", "worker": "200m", "base": "50m"}
_ENTRY = Path(__file__).parent / "entry.sh"
_OF_NODES = ("etc", "home", "kind", "opt", "var")
_KEPT: Mapping[Role, Sequence[str]] = {
    "control-plane": _OF_NODES,
    "worker": _OF_NODES,
    "base": ("etc", "home", "opt", "var/lib/ckslab"),  # no images: they are most of what a node has to copy
}
"""What of a machine outlives its container. A volume hides what the image has there, so that is copied first."""
_COPY = """
for directory; do
  [ -e "/disk/$directory" ] && continue
  mkdir --parents "/$directory" "/disk/$(dirname "$directory")"
  rm --recursive --force "/disk/$directory.copying"
  cp --archive "/$directory" "/disk/$directory.copying"
  mv "/disk/$directory.copying" "/disk/$directory"
done
"""
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_METADATA = "169.254.0.0/16"
"""Where machines of a cloud find out who they are, with credentials."""


@dataclass(frozen=True, slots=True)
class Seat:
    """What is to be made.

    Attributes:
        image: what the Pods are made from.
        pulled: a registry has it; elsewhere the host's nodes have been given it.
        reserved: the host has nodes for seats alone.
        inside: the ranges of Pods and Services of the cluster in the seat.
        outside: what of the host cluster no machine of a seat is to reach: its nodes, its Services, other Pods.
        avoided: host nodes that are known to be dead, before the host's scheduler knows it.
    """

    lab: str
    owner: str
    image: str
    pulled: bool
    reserved: bool
    inside: Sequence[str]
    outside: Sequence[str]
    avoided: Sequence[str] = ()


def namespace_of(lab: str) -> str:
    """The name of its Namespace."""
    return f"ckslab-{lab}"


def namespace(seat: Seat) -> dict[str, Any]:
    """Nodes are privileged containers, and Pod Security is told that they are meant to be."""
    labels = {LABEL: seat.lab, OWNER: seat.owner, **TAKES_PRIVILEGED}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace_of(seat.lab), "labels": labels}}


def furnishings(seat: Seat) -> list[dict[str, Any]]:
    """What is there before the Pods are: none of them is ever without its fence and its bounds."""
    return [_quota(seat), _fence(seat), _names(seat)]


def pods(seat: Seat) -> list[dict[str, Any]]:
    """The machines."""
    return [_pod(seat, name, role) for name, role in MACHINES.items()]


def _quota(seat: Seat) -> dict[str, Any]:
    hard = {
        "pods": str(len(MACHINES)),
        "requests.memory": TOTAL_MEMORY,
        "limits.memory": TOTAL_MEMORY,
        "services.nodeports": "0",
        "services.loadbalancers": "0",
    }
    return _object(seat, "v1", "ResourceQuota", "seat", {"hard": hard})


def _fence(seat: Seat) -> dict[str, Any]:
    """From outside nothing reaches a machine. It reaches the others of its seat, names, and the world beyond the host.

    The Pods in a seat are known by addresses of their own to the Pods on its other node, so these count as the seat's.
    """
    ours = [{"podSelector": {}}, *({"ipBlock": {"cidr": cidr}} for cidr in seat.inside)]
    world = {"ipBlock": {"cidr": "0.0.0.0/0", "except": sorted({*seat.outside, _METADATA})}}
    resolver = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    names = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
    spec = {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": ours}],
        "egress": [{"to": [*ours, world]}, {"to": [resolver], "ports": names}],
    }
    return _object(seat, "networking.k8s.io/v1", "NetworkPolicy", "seat", spec)


def _names(seat: Seat) -> dict[str, Any]:
    """`kube-worker-1.nodes` in the seat's Namespace, from the moment that the Pod has an address."""
    spec = {"clusterIP": "None", "publishNotReadyAddresses": True, "selector": {LABEL: seat.lab}}
    return _object(seat, "v1", "Service", _SUBDOMAIN, spec)


def _pod(seat: Seat, name: str, role: Role) -> dict[str, Any]:
    spec = {
        "hostname": name,
        "subdomain": _SUBDOMAIN,
        "dnsConfig": {"searches": [f"{_SUBDOMAIN}.{namespace_of(seat.lab)}.svc.{_DOMAIN}"]},
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 1,
        # A machine that is switched off is switched on again.
        "restartPolicy": "Always",
        "nodeSelector": {SEATS: "true"} if seat.reserved else {},
        "tolerations": [{"key": SEATS, "operator": "Exists"}],
        "affinity": {"podAffinity": {_REQUIRED: [_together(seat)]}, **_elsewhere(seat)},
        "initContainers": [_disk(seat, role)],
        "containers": [_machine(seat, role)],
        "volumes": [{"name": "disk", "emptyDir": {}}],
    }
    return _object(seat, "v1", "Pod", name, spec)


def _together(seat: Seat) -> dict[str, Any]:
    """A seat is on one node of the host: a node that dies takes whole seats, and leaves whole ones."""
    return {"labelSelector": {"matchLabels": {LABEL: seat.lab}}, "topologyKey": "kubernetes.io/hostname"}


def _elsewhere(seat: Seat) -> dict[str, Any]:
    """Not on the nodes that it avoids."""
    if not seat.avoided:
        return {}
    others = {"key": "metadata.name", "operator": "NotIn", "values": list(seat.avoided)}
    return {"nodeAffinity": {_REQUIRED: {"nodeSelectorTerms": [{"matchFields": [others]}]}}}


def _disk(seat: Seat, role: Role) -> dict[str, Any]:
    return {
        "name": "disk",
        **_image(seat),
        "command": ["bash", "-euc", _COPY, "copy", *_KEPT[role]],
        "resources": _resources(role),
        "volumeMounts": [{"name": "disk", "mountPath": "/disk"}],
    }


def _machine(seat: Seat, role: Role) -> dict[str, Any]:
    is_node = role != "base"
    command = ["unshare", "--cgroup", "bash", "-c", _ENTRY.read_text()] if is_node else ["/usr/local/bin/ckslab-base"]
    return {
        "name": CONTAINER,
        **_image(seat),
        "command": command,
        "securityContext": {"privileged": is_node},
        "resources": _resources(role),
        # systemd finds out by it that it is in a container. Which runtime it says does not matter.
        "env": [{"name": "container", "value": "podman"}] if is_node else [],
        "volumeMounts": [{"name": "disk", "mountPath": f"/{kept}", "subPath": kept} for kept in _KEPT[role]],
    }


def _image(seat: Seat) -> dict[str, str]:
    return {"image": seat.image, "imagePullPolicy": "IfNotPresent" if seat.pulled else "Never"}


def _resources(role: Role) -> dict[str, Any]:
    """As much memory is kept for a machine as it may take: a seat neither starves others nor is starved."""
    memory = _MEMORY[role]
    return {"requests": {"cpu": _CPU[role], "memory": memory}, "limits": {"memory": memory}}


def _object(seat: Seat, version: str, kind: str, name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace_of(seat.lab), "labels": {LABEL: seat.lab}}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": dict(spec)}
