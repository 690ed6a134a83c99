"""What kind is told to make: one control plane, one worker, and what a restricted host needs besides."""

from __future__ import annotations

from typing import Any

import yaml

from lab.cluster.machines import kubelet
from lab.cluster.machines.kubelet import HostFacts

CONTROL_PLANE = "kube-control-plane"
WORKER = "kube-worker-1"

# How containerd's plugin for Kubernetes is called in each version of its configuration; kind applies the patch of the
# version that it finds on the node.
_CRI_RUNTIME = {2: "io.containerd.grpc.v1.cri", 3: "io.containerd.cri.v1.runtime"}


def kind_config(lab: str, facts: HostFacts) -> str:
    """The cluster as kind's configuration file. On an ordinary host it holds little more than names."""
    return yaml.safe_dump(
        {
            "kind": "Cluster",
            "apiVersion": "kind.x-k8s.io/v1alpha4",
            "name": lab,
            # Loopback alone: the learner is root on the nodes, nobody else shall be.
            "networking": {"disableDefaultCNI": True, "apiServerAddress": "127.0.0.1"},
            "kubeadmConfigPatches": [_document(patch) for patch in _kubeadm_patches(facts)],
            "containerdConfigPatches": [_toml(version, facts) for version in _CRI_RUNTIME if _is_restricted(facts)],
            "nodes": [
                _node("control-plane", "InitConfiguration", CONTROL_PLANE),
                _node("worker", "JoinConfiguration", WORKER),
            ],
        },
        sort_keys=False,
    )


def _node(role: str, document: str, name: str) -> dict[str, Any]:
    """A node that calls itself as tasks do, whatever its container is called.

    kubeadm tells the kubelet so only where the machine has another name at that moment. After a restart it has.
    """
    named = {"name": name, "kubeletExtraArgs": {"hostname-override": name}}
    registration = {"kind": document, "nodeRegistration": named}
    return {"role": role, "kubeadmConfigPatches": [_document(registration)]}


def _is_restricted(facts: HostFacts) -> bool:
    return facts.cgroup_v1 or not facts.may_raise_limits


def _kubeadm_patches(facts: HostFacts) -> list[dict[str, Any]]:
    proxy = kubelet.proxy_settings(facts)
    return [
        {"kind": "KubeletConfiguration", **kubelet.settings(facts)},
        *([{"kind": "KubeProxyConfiguration", **proxy}] if proxy else []),
    ]


def _toml(version: int, facts: HostFacts) -> str:
    """A patch of containerd's configuration."""
    plugin = f'plugins."{_CRI_RUNTIME[version]}"'
    lines = [f"version = {version}"]
    if not facts.may_raise_limits:
        lines += [f"[{plugin}]", "restrict_oom_score_adj = true"]
    if facts.cgroup_v1:
        for runtime in ("runc", "test-handler"):
            lines += [f"[{plugin}.containerd.runtimes.{runtime}.options]", "SystemdCgroup = false"]
        lines += [
            f"[{plugin}.containerd.runtimes.runsc.options]",
            'ConfigPath = "/etc/containerd/runsc-cgroupfs.toml"',
        ]
    return "\n".join(lines)


def _document(content: dict[str, Any]) -> str:
    return yaml.safe_dump(content, sort_keys=False)
