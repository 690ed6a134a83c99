"""The Pods' network, as each node is told of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from lab import paths
from lab.cluster.host.containers import ContainerNode, Containers
from lab.cluster.machines import kubeadm, network
from lab.cluster.machines.kubectl import Kubectl
from lab.errors import LabError
from tests.unit.support.clocks import Hands
from tests.unit.support.engines import done
from tests.unit.support.runtime import HandMadeContainers


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> HandMadeContainers:
    return HandMadeContainers().install(monkeypatch)


def nodes() -> list[ContainerNode]:
    podman = Containers("podman")
    return [
        ContainerNode(podman, "own-control-plane", "kube-control-plane", "control-plane"),
        ContainerNode(podman, "own-worker", "kube-worker-1", "worker"),
    ]


def test_the_plugins_give_pods_addresses_of_their_node_and_hide_none_of_them() -> None:
    bridge, ports = json.loads(network.plugins("10.244.1.0/24"))["plugins"]
    assert bridge["ipam"]["ranges"] == [[{"subnet": "10.244.1.0/24"}]]
    assert bridge["ipMasq"] is False
    assert ports["type"] == "portmap"


def test_every_node_gets_the_plugins_and_the_cluster_its_router(engine: HandMadeContainers) -> None:
    network.connect(nodes(), Kubectl(nodes()[0]))
    assert len(engine.did("write /etc/cni/net.d/10-ckslab.conflist")) == 2
    assert len(engine.did("ip rule add iif kube-bridge")) == 2
    assert len(engine.did("apply --filename -")) == 1


def test_a_range_of_addresses_is_awaited_by_the_clock_of_the_machines(engine: HandMadeContainers) -> None:
    engine.answers["jsonpath={.spec.podCIDR}"] = done()
    hands = Hands()
    with pytest.raises(LabError) as caught:
        network.connect(nodes(), Kubectl(nodes()[0]), hands.clock.slower(6))
    assert "the Pod addresses of kube-control-plane" in caught.value.tried
    assert 180 <= hands.passed < 200


def test_a_dns_server_that_comes_back_is_probed_within_two_seconds(engine: HandMadeContainers) -> None:
    network.connect(nodes(), Kubectl(nodes()[0]))
    (patch,) = engine.did("patch deployment coredns")
    assert '"readinessProbe": {"periodSeconds": 2}' in patch


def test_the_dns_server_is_changed_before_a_node_can_run_it_so_that_it_runs_once(engine: HandMadeContainers) -> None:
    network.connect(nodes(), Kubectl(nodes()[0]))
    patch, *plugins = engine.did("patch deployment coredns", "write /etc/cni/net.d/10-ckslab.conflist")
    assert "patch deployment" in patch
    assert len(plugins) == 2


def test_connecting_again_adds_no_second_rule(engine: HandMadeContainers) -> None:
    network.connect(nodes(), Kubectl(nodes()[0]))
    rules = [line.split()[8] for line in engine.did("ip rule")]
    assert rules == ["delete", "add", "delete", "add"]


def test_dead_services_are_those_of_the_cluster(engine: HandMadeContainers) -> None:
    """kind's configuration tells nothing, so there it is kubeadm's own range; elsewhere kubeadm is told this one."""
    network.connect(nodes(), Kubectl(nodes()[0]))
    assert all("to 10.96.0.0/16 unreachable" in line for line in engine.did("ip rule"))
    _, cluster, _ = yaml.safe_load_all(kubeadm.init_configuration("a", "192.0.2.1", "v1", alone=False, emulated=False))
    assert cluster["networking"]["serviceSubnet"] == "10.96.0.0/16"


def of_router() -> dict[str, Any]:
    """The router's Pods, as they are specified."""
    documents = list(yaml.safe_load_all((paths.data("node") / "network.yaml").read_text()))
    (spec,) = (it["spec"]["template"]["spec"] for it in documents if it["kind"] == "DaemonSet")
    return dict(spec)


def test_the_router_is_not_killed_while_it_starts_on_a_slow_machine() -> None:
    probe = of_router()["containers"][0]["livenessProbe"]
    assert probe["initialDelaySeconds"] + probe["periodSeconds"] * probe["failureThreshold"] >= 120


def test_the_router_enforces_policies_and_sees_the_addresses_of_pods() -> None:
    router = of_router()
    arguments = set(router["containers"][0]["args"])
    assert {"--run-firewall=true", "--run-router=true", "--enable-overlay=false"} <= arguments
    assert router["tolerations"] == [{"operator": "Exists"}]
