"""Requests to the host cluster: what they carry, what is awaited by them, and how their failures are told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.cluster.pods import hosting
from lab.cluster.pods.hosting import HostCluster, current_context
from lab.errors import LabError
from tests.unit.support.api_server import SILENCE, ApiServer
from tests.unit.support.clocks import Hands

PODS = "/api/v1/namespaces/ckslab-own/pods"


@pytest.fixture
def host(api: ApiServer, tmp_path: Path) -> HostCluster:
    return HostCluster(str(api.kubeconfig(tmp_path)), "lab")


def pod(uid: str, phase: str) -> dict[str, Any]:
    return {"metadata": {"uid": uid}, "status": {"phase": phase}}


def listed(*pods: Mapping[str, Any]) -> dict[str, Any]:
    return {"metadata": {"resourceVersion": "7"}, "items": list(pods)}


def all_run(pods: Any) -> bool:
    return [pod["status"]["phase"] for pod in pods] == ["Running"]


def test_requests_go_to_the_context_that_was_named_with_its_credentials(host: HostCluster, api: ApiServer) -> None:
    api.answers[PODS] = listed(pod("1", "Running"))
    assert len(host.items(PODS)) == 1
    assert api.headers[-1]["authorization"] == "Bearer secret"


def test_a_token_that_a_file_has_is_read_again_for_each_request(api: ApiServer, tmp_path: Path) -> None:
    file = api.kubeconfig(tmp_path)
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    content["users"] = [{"name": "admin", "user": {"tokenFile": "token"}}]
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    api.answers[PODS] = listed()
    host = HostCluster(str(file), "lab")
    for token in ("of this hour", "of the next"):
        (tmp_path / "token").write_text(f"{token}\n")
        host.items(PODS)
        assert api.headers[-1]["authorization"] == f"Bearer {token}"


def test_what_is_not_there_is_none(host: HostCluster) -> None:
    assert host.get(f"{PODS}/base") is None
    assert list(host.items("/apis/networking.k8s.io/v1/servicecidrs")) == []


def test_a_refusal_is_told_in_the_servers_words(host: HostCluster, api: ApiServer) -> None:
    api.answers[PODS] = (403, {"message": "pods is forbidden: User jane cannot list"})
    with pytest.raises(LabError) as caught:
        host.items(PODS)
    assert caught.value.key == "pods.refused"
    assert "User jane cannot list" in caught.value.came_back
    assert f"GET {PODS}" in caught.value.tried


def test_what_is_there_already_is_no_fault_when_it_is_made(host: HostCluster, api: ApiServer) -> None:
    api.answers[PODS] = (409, {"message": "already exists"})
    host.create(PODS, {"kind": "Pod"})
    assert api.sent == [{"kind": "Pod"}]


def test_what_is_gone_already_is_no_fault_when_it_is_removed(host: HostCluster, api: ApiServer) -> None:
    host.delete(f"{PODS}/base", {})
    assert api.deleted == [f"{PODS}/base"]


@pytest.mark.parametrize(
    ("answer", "known"),
    [
        ({}, True),
        ((500, {"message": "dial tcp 10.89.1.3:10250: connect: no route to host"}), False),
        ((500, {"message": "dial tcp 10.89.1.3:10250: i/o timeout"}), False),
        ((500, {"message": "dial tcp 10.89.1.3:10250: connect: connection refused"}), None),
        ((403, {"message": "pods is forbidden: User jane cannot get pods/log"}), None),
        (SILENCE, False),
    ],
)
def test_a_kubelet_that_the_api_server_hears_nothing_of_or_finds_no_way_to_does_not_answer(
    host: HostCluster, api: ApiServer, monkeypatch: pytest.MonkeyPatch, answer: Any, known: bool | None
) -> None:
    monkeypatch.setattr(hosting, "_KUBELET_SECONDS", 0.5)
    api.answers[f"{PODS}/base/log"] = answer
    assert host.kubelet_answers({"metadata": {"name": "base", "namespace": "ckslab-own"}}) is known


def test_the_time_is_that_of_the_api_servers_clock(host: HostCluster, api: ApiServer) -> None:
    api.answers["/version"] = {}
    assert abs((datetime.now(UTC) - host.now()).total_seconds()) < 60


def test_a_server_that_is_not_there_is_told_with_context_and_kubeconfig(api: ApiServer, tmp_path: Path) -> None:
    api.port = 1
    host = HostCluster(str(api.kubeconfig(tmp_path)), "lab")
    with pytest.raises(LabError) as caught:
        host.items(PODS)
    assert caught.value.key == "pods.host"
    assert str(tmp_path) in caught.value.tried


def test_a_context_that_is_not_there_is_told(api: ApiServer, tmp_path: Path) -> None:
    with pytest.raises(LabError) as caught:
        HostCluster(str(api.kubeconfig(tmp_path)), "nowhere").items(PODS)
    assert caught.value.key == "pods.host"


def test_what_is_as_wished_is_not_watched(host: HostCluster, api: ApiServer) -> None:
    api.answers[PODS] = listed(pod("1", "Running"))
    assert host.await_objects(PODS, all_run, seconds=5)
    assert not any("watch" in path for path in api.asked)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "MODIFIED", "object": pod("1", "Running")},
        {"type": "DELETED", "object": pod("2", "Pending")},
    ],
)
def test_each_change_is_judged_with_all_that_there_is(
    host: HostCluster, api: ApiServer, monkeypatch: pytest.MonkeyPatch, change: Mapping[str, Any]
) -> None:
    there = [pod("1", "Running"), pod("2", "Pending")] if change["type"] == "DELETED" else [pod("1", "Pending")]
    api.answers[PODS] = listed(*there)
    monkeypatch.setattr(HostCluster, "_changes", lambda *_: iter([change]))
    assert host.await_objects(PODS, all_run, seconds=5)


def test_what_never_becomes_as_wished_is_waited_for_in_vain(
    host: HostCluster, api: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = Hands()
    api.answers[PODS] = listed(pod("1", "Pending"))

    def nothing_happens(_: HostCluster, path: str, version: str, seconds: float) -> Iterator[Any]:
        hands.clock.sleep(seconds)
        yield from ()

    monkeypatch.setattr(HostCluster, "_changes", nothing_happens)
    assert not host.await_objects(PODS, all_run, seconds=30, clock=hands.clock)
    assert hands.passed == 30


def test_changes_come_line_by_line_from_where_the_list_ended(host: HostCluster, api: ApiServer) -> None:
    changes = [{"type": "ADDED", "object": pod("1", "Pending")}, {"type": "MODIFIED", "object": pod("1", "Running")}]
    api.answers[PODS] = "".join(f"{json.dumps(change)}\n" for change in changes)
    assert list(host._changes(PODS, "7", 30)) == changes
    assert api.asked[-1] == f"{PODS}?watch=true&resourceVersion=7&timeoutSeconds=30"


def test_the_current_context_is_the_one_that_the_file_names(api: ApiServer, tmp_path: Path) -> None:
    assert current_context(str(api.kubeconfig(tmp_path))) == "lab"
    assert current_context(str(tmp_path / "none")) == ""
