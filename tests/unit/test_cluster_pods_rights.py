"""The doctor on a lab of Pods: rights, what the host refuses, and its nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from lab.cluster import doctor, record
from lab.cluster.doctor import Examined
from lab.cluster.host import facts
from lab.cluster.pods import rights
from lab.cluster.pods.hosting import HostCluster
from lab.cluster.record import Record
from tests.unit.support.api_server import ApiServer

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
NAMESPACE = "/api/v1/namespaces/ckslab-own"
POD_SECURITY = 'pods "x" is forbidden: violates PodSecurity "baseline:latest": privileged'


@pytest.fixture
def host(api: ApiServer, tmp_path: Path) -> HostCluster:
    api.answers[REVIEWS] = {"status": {"allowed": True}}
    api.answers["/api/v1/namespaces/default/pods"] = {}
    return HostCluster(str(api.kubeconfig(tmp_path)), "lab")


def node(**spec: Any) -> Mapping[str, Any]:
    return {"metadata": {"name": "a", "labels": {}}, "spec": spec, "status": {}}


def examined(api: ApiServer, host: HostCluster, nodes: Sequence[Mapping[str, Any]]) -> dict[str, Examined]:
    api.answers["/api/v1/nodes"] = {"items": nodes}
    record.save("own", Record("pods", kubeconfig=host.kubeconfig, context="lab"))
    return {it.name: it for it in doctor.examine("own", "pods")}


def test_who_may_do_everything_lacks_nothing(host: HostCluster) -> None:
    assert rights.missing(host, "own") == []


def test_each_right_is_asked_for_where_it_is_needed(host: HostCluster, api: ApiServer) -> None:
    rights.missing(host, "own")
    asked = [sent["spec"]["resourceAttributes"] for sent in api.sent]
    portforward = next(each for each in asked if each["subresource"] == "portforward")
    assert (portforward["verb"], portforward["resource"], portforward["namespace"]) == ("create", "pods", "ckslab-own")
    assert {"verb": "list", "group": "", "resource": "nodes", "subresource": "", "namespace": ""} in asked


def test_rights_that_are_lacking_are_named_as_kubectl_takes_them(host: HostCluster, api: ApiServer) -> None:
    api.answers[REVIEWS] = {"status": {"allowed": False}}
    assert {"list nodes", "create pods/exec", "create networkpolicies"} <= set(rights.missing(host, "own"))


def test_a_machine_is_tried_without_being_made(host: HostCluster, api: ApiServer) -> None:
    assert rights.refusal(host, "own") == ""
    assert api.asked[-1] == "/api/v1/namespaces/default/pods?dryRun=All"
    (pod,) = api.sent
    assert pod["spec"]["containers"][0]["securityContext"] == {"privileged": True}


def test_what_a_policy_says_against_privileged_pods_is_told(host: HostCluster, api: ApiServer) -> None:
    api.answers["/api/v1/namespaces/default/pods"] = (403, {"message": "admission webhook denied: privileged"})
    assert rights.refusal(host, "own") == "admission webhook denied: privileged"


def test_pod_security_of_another_namespace_says_nothing_of_the_labs(host: HostCluster, api: ApiServer) -> None:
    api.answers["/api/v1/namespaces/default/pods"] = (403, {"message": POD_SECURITY})
    assert rights.refusal(host, "own") == ""


def test_pod_security_of_the_labs_own_namespace_is_told(host: HostCluster, api: ApiServer) -> None:
    api.answers[NAMESPACE] = {"metadata": {}}
    api.answers[f"{NAMESPACE}/pods"] = (403, {"message": POD_SECURITY})
    assert rights.refusal(host, "own") == POD_SECURITY


def test_a_full_quota_is_no_refusal(host: HostCluster, api: ApiServer) -> None:
    api.answers[NAMESPACE] = {"metadata": {}}
    api.answers[f"{NAMESPACE}/pods"] = (403, {"message": "forbidden: exceeded quota: seat"})
    assert rights.refusal(host, "own") == ""


def test_the_doctor_looks_at_the_host_cluster_and_not_at_this_machines_runtime(
    api: ApiServer, host: HostCluster, english: None
) -> None:
    found = examined(api, host, [node()])
    assert list(found) == ["kubectl", "host cluster", "rights", "privileged Pods", "lab own", "security"]


def test_nodes_that_are_shared_with_others_are_a_note(api: ApiServer, host: HostCluster, english: None) -> None:
    found = examined(api, host, [node()])["host cluster"]
    assert found.state == "note"
    assert "kubectl taint node NODE dev.ckslab.seats=true:NoSchedule" in found.next_step


def test_a_host_without_a_node_for_seats_is_a_problem(api: ApiServer, host: HostCluster, english: None) -> None:
    assert examined(api, host, [node(unschedulable=True)])["host cluster"].state == "problem"


def test_another_host_cluster_may_be_named(api: ApiServer, host: HostCluster, english: None) -> None:
    api.answers["/api/v1/nodes"] = {"items": [node()]}
    record.save("own", Record("kind"))
    found = {it.name: it for it in doctor.examine("own", "pods", host.kubeconfig, "lab")}
    assert "lab" in found["host cluster"].says


def test_rights_that_are_lacking_are_a_problem(api: ApiServer, host: HostCluster, english: None) -> None:
    api.answers[REVIEWS] = {"status": {"allowed": False}}
    found = examined(api, host, [node()])["rights"]
    assert found.state == "problem"
    assert "create pods/portforward" in found.says


def test_a_host_that_does_not_answer_is_a_problem(api: ApiServer, host: HostCluster, english: None) -> None:
    api.answers["/api/v1/nodes"] = (500, {"message": "etcd is down"})
    record.save("own", Record("pods", kubeconfig=host.kubeconfig, context="lab"))
    found = {it.name: it for it in doctor.examine("own", "pods")}["host cluster"]
    assert found.state == "problem"
    assert "etcd is down" in found.says


def test_without_kubectl_it_is_said_where_to_get_it(
    api: ApiServer, host: HostCluster, english: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "has_program", lambda _: False)
    found = examined(api, host, [node()])["kubectl"]
    assert (found.state, "https://kubernetes.io/docs/tasks/tools/" in found.next_step) == ("problem", True)
