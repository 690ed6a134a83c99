"""Host nodes: which seats may be on, and which are dead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lab.clock import Clock
from lab.cluster.pods import hosts
from lab.cluster.pods.hosting import HostCluster
from lab.cluster.pods.manifest import SEATS
from tests.unit.support.clocks import Hands
from tests.unit.support.host_cluster import LEASES, NOW, HandMadeHost


def node(name: str, *, labels: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "labels": labels or {}}, "spec": spec, "status": {}}


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
