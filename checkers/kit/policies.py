"""What NetworkPolicies say of a connection. Whether it comes about is asked elsewhere: this explains it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any, Literal

from checkers.api import Observer
from checkers.kit.constraint import is_met
from checkers.kit.once import ask_once
from checkers.kit.pod import Pod

Direction = Literal["Ingress", "Egress"]

VERSION = "networking.k8s.io/v1"
_PEERS: Mapping[Direction, str] = {"Ingress": "from", "Egress": "to"}
_RULES: Mapping[Direction, str] = {"Ingress": "ingress", "Egress": "egress"}

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Way:
    """A rule that lets a connection pass, and its item that the peer meets; None where it is for any peer."""

    rule: Object
    item: Object | None

    @property
    def is_for_every_port(self) -> bool:
        """It names no port."""
        return not self.rule.get("ports")


def policies(cluster: Observer, namespace: str) -> Sequence[Object]:
    """The NetworkPolicies of a namespace, as they are now."""
    return cluster.list("NetworkPolicy", namespace, version=VERSION)


def isolating(known: Sequence[Object], labels: Mapping[str, str], direction: Direction) -> list[Object]:
    """The policies that a Pod with these labels is held to in one direction: what none of them allows is refused."""
    return [
        policy
        for policy in known
        if direction in (policy["spec"].get("policyTypes") or ()) and is_met(policy["spec"].get("podSelector"), labels)
    ]


def ways(
    cluster: Observer, known: Sequence[Object], direction: Direction, pod: Pod, peer: Pod, target: tuple[Pod, int]
) -> list[Way]:
    """By which rules a Pod that is held to policies may have this connection.

    Args:
        known: the policies of the Pod's namespace.
        peer: the Pod at the other end.
        target: the one of the two that is connected to, and on which port.
    """
    found = []
    for policy in isolating(known, pod.metadata.get("labels") or {}, direction):
        for rule in policy["spec"].get(_RULES[direction]) or ():
            items = rule.get(_PEERS[direction])
            if not _has_port(rule.get("ports"), *target):
                continue
            if not items:
                found.append(Way(rule, None))
            found += [Way(rule, item) for item in items or () if _is_peer(cluster, item, pod.namespace, peer)]
    return found


def _is_peer(cluster: Observer, item: Object, namespace: str, peer: Pod) -> bool:
    if block := item.get("ipBlock"):
        return _is_in(block, str(peer.status.get("podIP") or ""))
    in_namespace = item.get("namespaceSelector")
    if in_namespace is None:
        is_there = peer.namespace == namespace
    else:
        is_there = is_met(in_namespace, _namespace_labels(cluster, peer.namespace))
    return is_there and is_met(item.get("podSelector"), peer.metadata.get("labels") or {})


def _namespace_labels(cluster: Observer, name: str) -> Mapping[str, str]:
    found = ask_once(cluster, ("Namespace", name), lambda: cluster.get("Namespace", name))
    return ((found or {}).get("metadata") or {}).get("labels") or {}


def _is_in(block: Object, address: str) -> bool:
    if not address:
        return False
    inside = ip_address(address)
    excepted = any(inside in ip_network(part, strict=False) for part in block.get("except") or ())
    return inside in ip_network(block["cidr"], strict=False) and not excepted


def _has_port(ports: Sequence[Object] | None, target: Pod, number: int) -> bool:
    if not ports:
        return True
    return any(port.get("protocol", "TCP") == "TCP" and _is_port(port, target, number) for port in ports)


def _is_port(port: Object, target: Pod, number: int) -> bool:
    named = port.get("port")
    if named is None:
        return True
    if isinstance(named, str):
        return number in _numbers(target, named)
    return int(named) <= number <= int(port.get("endPort") or named)


def _numbers(pod: Pod, name: str) -> list[int]:
    """The ports that the Pod's containers give this name."""
    ports = [port for container in pod.containers for port in container.spec.get("ports") or ()]
    return [int(port["containerPort"]) for port in ports if port.get("name") == name]
