"""What every engine's kubelets are told, and what kubelets and proxies are told besides in containers of a host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.cluster.host.facts import may_raise_limits

# A Secret that changes is seen in a Pod that mounts it at the next look: within a minute and a half unless said
# otherwise, which Gatekeeper, waiting for its certificates, and a learner, waiting for it, would spend idle.
KUBELET: Mapping[str, Any] = {"syncFrequency": "10s"}
"""Settings of every kubelet."""

EXAMINATION = "cat /proc/self/status; test -e /sys/fs/cgroup/cgroup.controllers && echo cgroup:v2"
"""A shell script for a privileged container. `HostFacts.seen` reads what it prints."""


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What a privileged container finds on the host, as far as it matters.

    Attributes:
        cgroup_v1: the old cgroups, which Kubernetes and gVisor's systemd support no longer take.
        may_raise_limits: it has CAP_SYS_RESOURCE, so that OOM scores can be lowered.
    """

    cgroup_v1: bool
    may_raise_limits: bool

    @classmethod
    def seen(cls, found: str) -> HostFacts:
        """The facts, out of what `EXAMINATION` has printed."""
        return cls(cgroup_v1="cgroup:v2" not in found, may_raise_limits=may_raise_limits(found))


def settings(facts: HostFacts) -> Mapping[str, Any]:
    """Settings of a kubelet on such a host."""
    told: dict[str, Any] = dict(KUBELET)
    if facts.cgroup_v1:
        told |= {"failCgroupV1": False, "cgroupDriver": "cgroupfs"}
    if not facts.may_raise_limits:
        told |= {"oomScoreAdj": 0}
    return told


def proxy_settings(facts: HostFacts) -> Mapping[str, Any]:
    """Settings of a kube-proxy there."""
    return {} if facts.may_raise_limits else {"oomScoreAdj": 0}
