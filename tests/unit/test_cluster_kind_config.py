"""What kind is told on each sort of host."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
import yaml

from lab.cluster.host.facts import may_raise_limits
from lab.cluster.kind.config import kind_config
from lab.cluster.machines.kubelet import HostFacts

ORDINARY = HostFacts(cgroup_v1=False, may_raise_limits=True)
OLD_CGROUPS = HostFacts(cgroup_v1=True, may_raise_limits=True)
NO_LIMITS = HostFacts(cgroup_v1=False, may_raise_limits=False)
BOTH = HostFacts(cgroup_v1=True, may_raise_limits=False)
RUNTIMES = {2: "io.containerd.grpc.v1.cri", 3: "io.containerd.cri.v1.runtime"}


def config(facts: HostFacts) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(kind_config("own", facts))
    return loaded


OFTEN = {"syncFrequency": "10s"}


def kubeadm(facts: HostFacts) -> dict[str, Any]:
    """kubeadm's documents by kind."""
    patches = [yaml.safe_load(patch) for patch in config(facts)["kubeadmConfigPatches"]]
    return {patch.pop("kind"): patch for patch in patches}


def containerd(facts: HostFacts) -> dict[int, dict[str, Any]]:
    """The settings of containerd's plugin for Kubernetes, by the version of its configuration."""
    patches = [tomllib.loads(patch) for patch in config(facts)["containerdConfigPatches"]]
    return {patch["version"]: patch["plugins"][RUNTIMES[patch["version"]]] for patch in patches}


def test_an_ordinary_host_gets_names_and_a_kubelet_that_looks_often() -> None:
    told = config(ORDINARY)
    assert told["name"] == "own"
    assert kubeadm(ORDINARY) == {"KubeletConfiguration": OFTEN}
    assert told["containerdConfigPatches"] == []


def test_a_node_has_its_name_whatever_its_machine_is_called_when_it_starts() -> None:
    nodes = config(ORDINARY)["nodes"]
    patches = [(node["role"], yaml.safe_load("".join(node["kubeadmConfigPatches"]))) for node in nodes]
    assert patches == [
        ("control-plane", {"kind": "InitConfiguration", "nodeRegistration": called("kube-control-plane")}),
        ("worker", {"kind": "JoinConfiguration", "nodeRegistration": called("kube-worker-1")}),
    ]


def called(name: str) -> dict[str, Any]:
    return {"name": name, "kubeletExtraArgs": {"hostname-override": name}}


@pytest.mark.parametrize("facts", [ORDINARY, OLD_CGROUPS, NO_LIMITS, BOTH])
def test_the_api_server_listens_on_loopback_and_the_network_is_ours(facts: HostFacts) -> None:
    assert config(facts)["networking"] == {"disableDefaultCNI": True, "apiServerAddress": "127.0.0.1"}


def test_on_old_cgroups_kubernetes_accepts_them_and_manages_them_itself() -> None:
    assert kubeadm(OLD_CGROUPS) == {
        "KubeletConfiguration": {**OFTEN, "failCgroupV1": False, "cgroupDriver": "cgroupfs"}
    }


@pytest.mark.parametrize("version", RUNTIMES)
def test_on_old_cgroups_no_runtime_asks_systemd(version: int) -> None:
    runtimes = containerd(OLD_CGROUPS)[version]["containerd"]["runtimes"]
    assert runtimes["runc"]["options"] == {"SystemdCgroup": False}
    assert runtimes["runsc"]["options"] == {"ConfigPath": "/etc/containerd/runsc-cgroupfs.toml"}
    assert "restrict_oom_score_adj" not in containerd(OLD_CGROUPS)[version]


def test_without_the_capability_nobody_lowers_an_oom_score() -> None:
    assert kubeadm(NO_LIMITS) == {
        "KubeletConfiguration": {**OFTEN, "oomScoreAdj": 0},
        "KubeProxyConfiguration": {"oomScoreAdj": 0},
    }
    assert containerd(NO_LIMITS) == {version: {"restrict_oom_score_adj": True} for version in RUNTIMES}


def test_both_restrictions_add_up() -> None:
    assert kubeadm(BOTH)["KubeletConfiguration"] == {
        **OFTEN,
        "failCgroupV1": False,
        "cgroupDriver": "cgroupfs",
        "oomScoreAdj": 0,
    }
    for settings in containerd(BOTH).values():
        assert settings["restrict_oom_score_adj"] is True
        assert settings["containerd"]["runtimes"]["runc"]["options"]["SystemdCgroup"] is False


@pytest.mark.parametrize(
    ("effective", "may"),
    [("000001ffffffffff", True), ("0000000001000000", True), ("00000000a80425fb", False), ("0000000000000000", False)],
)
def test_the_kernel_says_whether_limits_can_be_raised(effective: str, may: bool) -> None:
    assert may_raise_limits(f"Name:\tsh\nCapPrm:\t000001ffffffffff\nCapEff:\t{effective}\n") is may


def test_where_the_kernel_says_nothing_limits_cannot_be_raised() -> None:
    assert not may_raise_limits("")
