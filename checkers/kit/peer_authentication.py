"""What Istio's PeerAuthentications make of a Pod: whether it has to be spoken to with mutual TLS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from checkers.api import Observer
from checkers.kit.mesh import ROOT, SECURITY, Object, oldest_first, selector, selects

STRICT, PERMISSIVE = "STRICT", "PERMISSIVE"

Level = Literal["mesh", "namespace", "workload", "port"]

_UNSET = "UNSET"


@dataclass(frozen=True, slots=True)
class Decision:
    """The mode that holds, and where it was set; PERMISSIVE by no policy where none sets any."""

    mode: str
    policy: Object | None = None
    level: Level | None = None

    @property
    def name(self) -> str:
        """Of the policy, with its namespace."""
        metadata = self.policy["metadata"] if self.policy else {}
        return f"{metadata['namespace']}/{metadata['name']}" if metadata else "-"


def policies(cluster: Observer) -> Sequence[Object]:
    """All PeerAuthentications, as they are now."""
    return cluster.list("PeerAuthentication", version=SECURITY)


def decision(known: Sequence[Object], namespace: str, labels: Mapping[str, str], port: int | None = None) -> Decision:
    """What holds for a Pod: the narrowest policy that sets a mode, and of each level only the oldest one counts.

    Args:
        known: all policies.
        port: of the Pod; None for one that no policy names.
    """
    found = Decision(PERMISSIVE)
    for level, candidates in _levels(known, namespace, labels):
        for policy in oldest_first(candidates)[:1]:
            spec = policy.get("spec") or {}
            if (mode := _mode(spec.get("mtls"))) != _UNSET:
                found = Decision(mode, policy, level)
            ports = spec.get("portLevelMtls") or {}
            if level == "workload" and port is not None and (mode := _mode(ports.get(str(port)))) != _UNSET:
                found = Decision(mode, policy, "port")
    return found


def _levels(
    known: Sequence[Object], namespace: str, labels: Mapping[str, str]
) -> Sequence[tuple[Level, Sequence[Object]]]:
    """From the widest to the narrowest."""
    mesh = [policy for policy in known if policy["metadata"]["namespace"] == ROOT and not selector(policy)]
    here = [policy for policy in known if policy["metadata"]["namespace"] == namespace != ROOT]
    whole = [policy for policy in here if not selector(policy)]
    workload = [policy for policy in here if selector(policy) and selects(policy, labels)]
    return (("mesh", mesh), ("namespace", whole), ("workload", workload))


def _mode(mtls: Object | None) -> str:
    return str((mtls or {}).get("mode") or _UNSET)
