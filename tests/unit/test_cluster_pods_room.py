"""How much room a host cluster has for seats, computed from its nodes and from what its Pods request."""

from __future__ import annotations

from typing import Any

import pytest

from lab.cluster.pods import room
from lab.cluster.pods.hosting import HostCluster
from lab.cluster.pods.room import Share
from lab.errors import LabError
from tests.unit.support.host_cluster import NODE, HandMadeHost

GIBIBYTE = 2**30
HOST = HostCluster("/home/me/config", "classroom")


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> HandMadeHost:
    made = HandMadeHost().install(monkeypatch)
    allocatable = {"cpu": "8", "memory": "32Gi", "pods": "110"}
    made.objects["/api/v1/nodes/host-1"] = {**NODE, "status": {"allocatable": allocatable}}
    return made


def add(host: HandMadeHost, name: str, namespace: str, cpu: str, memory: str, **spec: Any) -> None:
    """A Pod with one container."""
    containers = [container(cpu, memory)]
    host.objects[f"/api/v1/pods/{name}"] = {
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"nodeName": "host-1", "containers": containers, **spec},
    }


def container(cpu: str, memory: str, **more: str) -> dict[str, Any]:
    return {"resources": {"requests": {"cpu": cpu, "memory": memory}}, **more}


def left() -> Share:
    (share,) = room.find(HOST, ["m-01", "m-02"]).left
    return share


def test_a_node_without_pods_has_all_that_it_may_give(host: HandMadeHost) -> None:
    assert left() == Share(32 * GIBIBYTE, 8, 110)


def test_what_others_request_is_not_left(host: HandMadeHost) -> None:
    add(host, "web", "shop", "500m", "1Gi")
    assert left() == Share(31 * GIBIBYTE, 7.5, 109)


def test_what_seats_of_the_class_request_is_left_for_them(host: HandMadeHost) -> None:
    add(host, "base", "ckslab-m-01", "500m", "1Gi")
    add(host, "another", "ckslab-tuesday-01", "500m", "1Gi")
    assert left().memory == 31 * GIBIBYTE


def test_a_seat_is_made_when_all_its_pods_are_there(host: HandMadeHost) -> None:
    for number in range(3):
        add(host, f"one-{number}", "ckslab-m-01", "1", "1Gi")
    add(host, "two", "ckslab-m-02", "1", "1Gi")
    assert room.find(HOST, ["m-01", "m-02"]).made == 1


def test_a_pod_keeps_what_its_init_containers_need_where_that_is_more(host: HandMadeHost) -> None:
    starts = [container("100m", "4Gi"), container("1", "1Gi", restartPolicy="Always")]
    add(host, "web", "shop", "500m", "1Gi", initContainers=starts, overhead={"memory": "1Gi"})
    assert left() == Share(27 * GIBIBYTE, 6.5, 109)


def test_a_pod_that_requests_nothing_takes_one_of_the_places_for_pods(host: HandMadeHost) -> None:
    add(host, "web", "shop", "0", "0", containers=[{}])
    assert left() == Share(32 * GIBIBYTE, 8, 109)


def test_a_seat_requests_what_its_quota_allows() -> None:
    assert room.of_a_seat() == Share(3328 * 2**20, pytest.approx(0.45), 3)


def test_who_may_not_see_other_pods_is_told_which_right_that_takes(
    host: HandMadeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise LabError("pods.refused", "User jane cannot list pods", request="GET /api/v1/pods")

    monkeypatch.setattr(HostCluster, "items", refuse)
    with pytest.raises(LabError) as caught:
        room.find(HOST, [])
    assert (caught.value.key, caught.value.came_back) == ("pods.no-view", "User jane cannot list pods")
