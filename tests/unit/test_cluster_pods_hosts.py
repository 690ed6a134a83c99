"""Host nodes: which seats may be on, and how they come to the image."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lab.clock import Clock
from lab.cluster.host import containers
from lab.cluster.host.containers import Containers
from lab.cluster.image import node_image
from lab.cluster.pods import hosts
from lab.cluster.pods.hosting import HostCluster
from lab.cluster.pods.manifest import SEATS
from lab.errors import LabError
from lab.progress import ignore
from tests.unit.support.clocks import Hands
from tests.unit.support.host_cluster import LEASES, NOW, HandMadeHost

IMAGE = "localhost/ckslab-node:1"


def node(name: str, *, labels: dict[str, str] | None = None, images: Sequence[str] = (), **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": labels or {}},
        "spec": spec,
        "status": {"images": [{"names": [image]} for image in images]},
    }


def names(nodes: Sequence[Any]) -> list[str]:
    return [each["metadata"]["name"] for each in nodes]


CONTROL_PLANE = node("control", taints=[{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}])


def test_seats_are_on_nodes_that_take_pods() -> None:
    assert names(hosts.for_seats([CONTROL_PLANE, node("a"), node("b", unschedulable=True)])) == ["a"]


def test_nodes_for_seats_are_the_only_ones_where_there_are_any() -> None:
    taint = [{"key": SEATS, "effect": "NoSchedule"}]
    nodes = [node("a"), node("b", labels={SEATS: "true"}, taints=taint)]
    assert names(hosts.for_seats(nodes)) == ["b"]
    assert hosts.are_reserved(nodes)


def test_what_is_no_seat_is_on_the_other_nodes() -> None:
    nodes = [CONTROL_PLANE, node("a"), node("b", labels={SEATS: "true"})]
    assert names(hosts.for_others(nodes)) == ["a"]


def test_a_taint_that_only_advises_keeps_no_seat_away() -> None:
    assert names(hosts.for_seats([node("a", taints=[{"key": "old", "effect": "PreferNoSchedule"}])])) == ["a"]


@pytest.mark.parametrize(("ready", "dead"), [("True", set()), ("False", set()), ("Unknown", {"host-1"})])
def test_where_a_kubelet_cannot_be_asked_the_host_knows_after_a_while(
    monkeypatch: pytest.MonkeyPatch, ready: str, dead: set[str]
) -> None:
    host = HandMadeHost().install(monkeypatch)
    monkeypatch.setattr(HostCluster, "kubelet_answers", lambda *_: None)
    conditions = {"conditions": [{"type": "Ready", "status": ready}]}
    host.objects["/api/v1/nodes/host-1"] = {**node("host-1"), "status": conditions}
    pods = [{"spec": {"nodeName": "host-1"}}, {"spec": {}}]
    assert hosts.dead(HostCluster("/home/me/config", "classroom"), pods) == dead


def reported(host: HandMadeHost, seconds: float) -> None:
    """The node has reported so many seconds ago."""
    host.objects[f"{LEASES}/host-1"] = {"spec": {"renewTime": (NOW - timedelta(seconds=seconds)).isoformat()}}


def dead(clock: Clock) -> set[str]:
    return hosts.dead(HostCluster("/home/me/config", "classroom"), [{"spec": {"nodeName": "host-1"}}], clock)


def test_a_node_is_dead_whose_kubelet_neither_answers_nor_reports_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    host, hands = HandMadeHost(dead={"host-1"}).install(monkeypatch), Hands()
    reported(host, 3)
    assert dead(hands.clock) == {"host-1"}
    assert hands.passed == pytest.approx(9, abs=1)


def test_a_node_whose_kubelet_takes_its_time_but_reports_is_not_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    host, hands = HandMadeHost(dead={"host-1"}).install(monkeypatch), Hands()
    reported(host, 9)
    assert dead(replace(hands.clock, sleep=lambda _: reported(host, 0))) == set()


def test_a_kubelet_that_has_not_answered_is_not_waited_for_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    host, hands, asked = HandMadeHost(dead={"host-1"}).install(monkeypatch), Hands(), list[object]()
    monkeypatch.setattr(HostCluster, "kubelet_answers", lambda _, pod: bool(asked.append(pod)))
    reported(host, 60)
    assert dead(hands.clock) == dead(hands.clock) == {"host-1"}
    assert len(asked) == 1


@pytest.fixture
def there() -> list[str]:
    """What the containerd of each node says that it has."""
    return [""]


@pytest.fixture
def carried(monkeypatch: pytest.MonkeyPatch, there: list[str]) -> list[str]:
    """What was run to hand images over."""
    ran: list[str] = []

    class Saving:
        stdout = None

        def __init__(self, argv: Sequence[str], **_: Any) -> None:
            ran.append(" ".join(argv))

        def __enter__(self) -> Saving:
            return self

        def __exit__(self, *_: object) -> None: ...

    def take(argv: Sequence[str], **options: Any) -> subprocess.CompletedProcess[bytes]:
        ran.append(" ".join(argv))
        return subprocess.CompletedProcess(argv, 0, there[0] if options.get("text") else b"", b"")

    monkeypatch.setattr(containers, "find", lambda runtime=None: Containers(runtime or "docker"))
    monkeypatch.setattr(node_image, "ensure", lambda *_: IMAGE)
    monkeypatch.setattr(subprocess, "Popen", Saving)
    monkeypatch.setattr(subprocess, "run", take)
    return ran


def test_a_node_of_kind_is_given_the_image_by_the_runtime_that_it_is_a_container_of(carried: list[str]) -> None:
    nodes = [node("worker", providerID="kind://podman/classroom/classroom-worker")]
    assert hosts.provide_image("auto", None, nodes, ignore) == IMAGE
    _, save, take = carried
    assert save == f"docker save {IMAGE}"
    assert take.startswith("podman exec --interactive classroom-worker ctr --namespace k8s.io images import")


def test_a_node_that_has_the_image_is_not_given_it_again(carried: list[str]) -> None:
    hosts.provide_image("auto", None, [node("worker", images=[IMAGE], providerID="kind://podman/c/w")], ignore)
    assert carried == []


def test_a_node_that_another_lab_has_just_given_the_image_is_not_given_it_again(
    carried: list[str], there: list[str]
) -> None:
    there[0] = f"{IMAGE}\n"
    hosts.provide_image("auto", None, [node("worker", providerID="kind://podman/c/w")], ignore)
    (asked,) = carried
    assert f"images list --quiet name=={IMAGE}" in asked


def test_a_machine_elsewhere_is_named_before_any_is_given_something(carried: list[str]) -> None:
    nodes = [node("worker", providerID="kind://podman/c/w"), node("far", providerID="aws:///eu/i-1")]
    with pytest.raises(LabError) as caught:
        hosts.provide_image("auto", None, nodes, ignore)
    assert (caught.value.key, caught.value.came_back) == ("pods.image", "far")
    assert carried == []


def test_a_node_that_does_not_take_the_image_says_why(carried: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(argv: Sequence[str], *, text: bool = False, **_: Any) -> subprocess.CompletedProcess[Any]:
        return subprocess.CompletedProcess(argv, 1, "" if text else b"", "" if text else b"ctr: no such socket")

    monkeypatch.setattr(subprocess, "run", refuse)
    with pytest.raises(LabError) as caught:
        hosts.provide_image("auto", None, [node("worker", providerID="kind://podman/c/w")], ignore)
    assert "no such socket" in caught.value.came_back
