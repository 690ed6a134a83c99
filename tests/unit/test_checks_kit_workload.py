"""The Pods of a workload: which they are, when they are waited for, and what is said where they do not run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from checkers.api import Finding, Ran, Text, Verdict, passed
from checkers.kit.trouble import Trouble
from checkers.kit.workload import Pods, can_write, of_workload, run_in, running_pods
from tests.unit.support.observations import HandMade, Object, container, node, pod, waiting

LONG_AGO = "2026-01-01T00:00:00Z"
JUST_NOW = "2026-01-01T01:00:00Z"


def workload(kind: str = "Deployment", replicas: int = 1, made: str = LONG_AGO, **status: Any) -> Object:
    """A workload whose rollout is over, unless its status says otherwise."""
    return {
        "kind": kind,
        "metadata": {"name": "web", "namespace": "shop", "uid": "w1", "generation": 2, "creationTimestamp": made},
        "spec": {"replicas": replicas},
        "status": {"observedGeneration": 2, "updatedReplicas": replicas, "updatedNumberScheduled": replicas, **status},
    }


def replica_set(name: str = "web-1", uid: str = "r1") -> Object:
    return {"kind": "ReplicaSet", "metadata": {"name": name, "namespace": "shop", "uid": uid, **owner("w1")}}


def owner(uid: str) -> Object:
    return {"ownerReferences": [{"uid": uid, "controller": True}]}


def of(
    owner_uid: str, name: str, containers: Any = (), metadata: Mapping[str, Any] | None = None, **more: Any
) -> Object:
    facts = {"name": name, "namespace": "shop", "uid": name, "creationTimestamp": LONG_AGO, **owner(owner_uid)}
    return pod(containers, metadata={**facts, **(metadata or {})}, **more)


def names(cluster: HandMade, kind: Any = "Deployment") -> list[str]:
    found = running_pods(cluster, kind, "web", "shop")
    assert isinstance(found, Pods), found
    return [each.name for each in found.pods]


def trouble(cluster: HandMade, kind: Any = "Deployment") -> Trouble:
    found = running_pods(cluster, kind, "web", "shop")
    assert isinstance(found, Trouble)
    return found


def test_a_deployments_pods_are_those_of_its_replica_sets() -> None:
    strange = of("r9", "other-1")
    cluster = HandMade([workload(replicas=2), replica_set(), of("r1", "web-a"), of("r1", "web-b"), strange, node()])
    assert names(cluster) == ["web-a", "web-b"]


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_other_workloads_own_their_pods_themselves(kind: str) -> None:
    cluster = HandMade([workload(kind, desiredNumberScheduled=1), of("w1", "web-0"), node()])
    assert names(cluster, kind) == ["web-0"]


def test_a_pod_is_a_workload_of_one() -> None:
    cluster = HandMade([pod(metadata={"namespace": "shop"}), node()])
    assert names(cluster, "Pod") == ["web"]


def test_a_pod_that_is_being_deleted_is_none_of_them() -> None:
    leaving = of("r1", "web-a", metadata={"deletionTimestamp": JUST_NOW})
    assert names(HandMade([workload(), replica_set(), leaving, of("r1", "web-b"), node()])) == ["web-b"]


def test_a_rollout_that_has_just_begun_is_waited_for() -> None:
    old, new = of("r1", "web-old"), of("r2", "web-new", metadata={"creationTimestamp": JUST_NOW})
    sets = [replica_set(), replica_set("web-2", "r2")]
    cluster = HandMade([workload(), *sets, old, new, node()], later=[[workload(), *sets, new, node()]])
    assert names(cluster) == ["web-new"]


def test_a_template_that_the_controller_has_not_seen_is_waited_for() -> None:
    before = [workload(observedGeneration=1), replica_set(), of("r1", "web-old"), node()]
    after = [workload(), replica_set(), of("r1", "web-new"), node()]
    assert names(HandMade(before, later=[after])) == ["web-new"]


def test_pods_of_an_old_template_that_stay_are_judged_too() -> None:
    sets = [replica_set(), replica_set("web-2", "r2")]
    cluster = HandMade([workload(), *sets, of("r1", "web-old"), of("r2", "web-new"), node()])
    assert names(cluster) == ["web-new", "web-old"]


def test_a_workload_that_is_not_there_is_told_with_where_it_is() -> None:
    elsewhere = workload()
    elsewhere["metadata"]["namespace"] = "default"
    found = trouble(HandMade([elsewhere, node()]))
    assert found.words == Text(
        "There is no Deployment web in namespace shop. There is one in default.",
        "命名空间 shop 中没有 Deployment web。它在 default 中。",
    )
    assert found.causes == ("no-workload", "workload-elsewhere")


def test_a_workload_scaled_to_nothing_has_no_pods_to_judge() -> None:
    assert trouble(HandMade([workload(replicas=0), replica_set(), node()])).causes == ("no-pods", "scaled-to-zero")


def test_fewer_pods_than_it_asks_for_are_not_none() -> None:
    cluster = HandMade([workload(replicas=2), replica_set(), of("r1", "web-a"), node()])
    assert trouble(cluster).causes == ("pods-missing",)


def test_a_pod_that_was_refused_is_told_in_the_api_servers_words() -> None:
    refused = {"type": "ReplicaFailure", "status": "True", "message": 'pods "web" is forbidden: violates PodSecurity'}
    found = trouble(HandMade([workload(conditions=[refused]), replica_set(), node()]))
    assert "runs 0 of 1 Pods" in found.words.en
    assert "violates PodSecurity" in found.words.en
    assert found.causes == ("no-pods", "pods-refused")


def test_one_pod_that_does_not_run_is_in_the_way_of_all() -> None:
    stuck = of("r1", "web-b", states={"main": waiting("CreateContainerConfigError", "no such key")})
    cluster = HandMade([workload(replicas=2), replica_set(), of("r1", "web-a"), stuck, node()])
    assert "no such key" in trouble(cluster).words.en


def judged(cluster: HandMade) -> Finding:
    expected = Text("it runs", "它在运行")

    def judge(pods: Pods) -> Finding:
        said = [pods.of_container(each, inner, Text("is up", "在运行")) for each, inner in pods.containers]
        return passed(expected, said[0])

    return of_workload(cluster, "Deployment", "web", "shop", judge, expected, Text("because", "因为"), "")


def test_pods_that_run_are_judged() -> None:
    finding = judged(HandMade([workload(), replica_set(), of("r1", "web-a"), node()]))
    assert (finding.verdict, finding.found.en) == (Verdict.PASS, "container main: is up")


def test_where_there_are_several_pods_each_is_named() -> None:
    cluster = HandMade([workload(replicas=2), replica_set(), of("r1", "web-a"), of("r1", "web-b"), node()])
    assert judged(cluster).found == Text("Pod web-a, container main: is up", "Pod web-a，容器 main：在运行")


def test_pods_that_do_not_run_fail_with_the_reason() -> None:
    finding = judged(HandMade([workload(replicas=0), replica_set(), node()]))
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {"no-pods", "scaled-to-zero"})


def test_every_kind_of_container_is_judged_and_those_that_run_can_be_looked_into() -> None:
    many = of("r1", "web-a", [container()], init=[container("setup")], ephemeral=[container("debugger")])
    found = running_pods(HandMade([workload(), replica_set(), many, node()]), "Deployment", "web", "shop")
    assert isinstance(found, Pods)
    assert [each.name for _, each in found.containers] == ["setup", "main", "debugger"]
    assert [each.name for _, each in found.running] == ["main", "debugger"]


@pytest.mark.parametrize(
    ("code", "mounted", "writable"), [(0, "rw", True), (1, "rw", False), (0, "ro", False), (1, "ro", False)]
)
def test_whether_a_place_can_be_written_is_asked_without_writing(code: int, mounted: str, writable: bool) -> None:
    one = of("r1", "web-a")
    mounts = f"overlay / overlay rw 0 0\n/dev/sda1 /data ext4 {mounted} 0 0\n"
    said = {"test -w /data": Ran(code, "", ""), "cat /proc/mounts": Ran(0, mounts, "")}
    cluster = HandMade([workload(), replica_set(), one, node()], {"main": said})
    found = running_pods(cluster, "Deployment", "web", "shop")
    assert isinstance(found, Pods)
    assert can_write(cluster, *found.running[0], "/data") is writable


def test_a_program_that_the_image_has_not_says_nothing() -> None:
    cluster = HandMade([workload(), replica_set(), of("r1", "web-a"), node()])
    found = running_pods(cluster, "Deployment", "web", "shop")
    assert isinstance(found, Pods)
    assert run_in(cluster, *found.running[0], ["id"]) is None
    assert can_write(cluster, *found.running[0], "/data") is None
