"""What kubeadm is told where nodes are containers, or are in a network of other addresses."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from lab.cluster.machines import kubeadm
from lab.cluster.machines.kubeadm import Addressing
from lab.cluster.machines.kubelet import HostFacts

ORDINARY = HostFacts(cgroup_v1=False, may_raise_limits=True)
RESTRICTED = HostFacts(cgroup_v1=True, may_raise_limits=False)


def told(facts: HostFacts | None = None, addressing: Addressing = kubeadm.USUAL) -> dict[str, dict[str, Any]]:
    """Kind of each document for a control plane -> the document."""
    written = kubeadm.init_configuration(
        "kube-control-plane", "192.0.2.1", "v1.35.4", alone=False, addressing=addressing, contained=facts
    )
    return {document["kind"]: document for document in yaml.safe_load_all(written)}


def test_a_machine_of_its_own_is_examined_and_a_container_is_not() -> None:
    assert "skipPhases" not in told()["InitConfiguration"]
    assert told(ORDINARY)["InitConfiguration"]["skipPhases"] == ["preflight"]


def test_a_worker_that_is_a_container_is_not_examined_either() -> None:
    joining = yaml.safe_load(kubeadm.join_configuration("kube-worker-1", "192.0.2.2", "/d", "t", contained=ORDINARY))
    assert joining["skipPhases"] == ["preflight"]
    assert "skipPhases" not in yaml.safe_load(kubeadm.join_configuration("kube-worker-1", "192.0.2.2", "/d", "t"))


def test_the_ranges_are_those_that_were_chosen() -> None:
    networking = told(ORDINARY, Addressing("10.250.0.0/16", "10.251.0.0/16"))["ClusterConfiguration"]["networking"]
    assert networking == {"podSubnet": "10.250.0.0/16", "serviceSubnet": "10.251.0.0/16"}


def test_containers_know_the_control_plane_by_a_name_since_its_address_may_change() -> None:
    assert told(ORDINARY)["ClusterConfiguration"]["controlPlaneEndpoint"] == "kube-control-plane:6443"
    assert "controlPlaneEndpoint" not in told()["ClusterConfiguration"]


def test_a_port_of_the_labs_computer_may_lead_to_a_contained_api_server() -> None:
    assert "127.0.0.1" in told(ORDINARY)["ClusterConfiguration"]["apiServer"]["certSANs"]


def test_a_contained_kubelet_has_groups_below_its_own() -> None:
    assert told(ORDINARY)["KubeletConfiguration"]["cgroupRoot"] == "/kubelet"
    assert "cgroupRoot" not in told()["KubeletConfiguration"]


@pytest.mark.parametrize(("facts", "driver"), [(ORDINARY, "systemd"), (RESTRICTED, "cgroupfs")])
def test_old_cgroups_are_managed_by_the_kubelet_itself(facts: HostFacts, driver: str) -> None:
    assert told(facts)["KubeletConfiguration"]["cgroupDriver"] == driver


def test_without_the_right_to_lower_oom_scores_none_is_lowered() -> None:
    assert told(RESTRICTED)["KubeletConfiguration"]["oomScoreAdj"] == 0
    assert told(RESTRICTED)["KubeProxyConfiguration"]["oomScoreAdj"] == 0
    assert "oomScoreAdj" not in told(ORDINARY)["KubeletConfiguration"]


def test_a_contained_proxy_leaves_the_hosts_table_of_connections_alone() -> None:
    assert told(ORDINARY)["KubeProxyConfiguration"]["conntrack"] == {"maxPerCore": 0}
    assert "KubeProxyConfiguration" not in told()
