"""What Pods share with their node, by observations made by hand (`tests/unit/support/observations.py`)."""

from __future__ import annotations

from typing import Any

import pytest

from checkers.api import Finding, Ran, Verdict
from checkers.host import Shared, apart
from tests.unit.support.observations import NAME, HandMade, Object, container, node, pod

PATHS = [f"readlink /proc/self/ns/{name}" for name in ("pid", "net", "ipc")]


def links(**numbers: int) -> dict[str, Ran]:
    """What a container says of its namespaces: those of the node have number 1."""
    known = {"pid": 7, "net": 7, "ipc": 7} | numbers
    return {f"readlink /proc/self/ns/{name}": Ran(0, f"{name}:[{number}]\n", "") for name, number in known.items()}


NODE = {f"readlink /proc/1/ns/{name}": Ran(0, f"{name}:[1]\n", "") for name in ("pid", "net", "ipc")}


def found(shares: Shared, obj: Object, *others: Object, inside: dict[str, Ran] | None = None) -> Finding:
    runs = {"main": links() if inside is None else inside}
    cluster = HandMade([obj, *others, node()], runs, {"kube-worker-1": NODE})
    return apart(cluster, workload=NAME, kind="Pod", shares=shares)


@pytest.mark.parametrize("shares", ["namespaces", "files", "ports"])
def test_a_pod_that_asks_for_nothing_of_the_node_passes(shares: Shared) -> None:
    empty_dir: Any = [{"name": "www", "emptyDir": {}}]
    obj = pod([container(ports=[{"containerPort": 8080}])], volumes=empty_dir, hostNetwork=False)
    assert found(shares, obj).verdict is Verdict.PASS


@pytest.mark.parametrize(("name", "cause"), [("pid", "host-pid"), ("net", "host-network"), ("ipc", "host-ipc")])
def test_a_namespace_of_the_node_is_known_by_its_number(name: str, cause: str) -> None:
    finding = found("namespaces", pod(), inside=links(**{name: 1}))
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {cause, "some-namespaces"})
    assert f"namespace {name}:[1] is that of node kube-worker-1" in finding.found.en


def test_the_kernel_is_believed_and_not_the_fields() -> None:
    assert found("namespaces", pod(hostPID=True)).verdict is Verdict.PASS


def test_where_no_container_has_readlink_the_fields_decide() -> None:
    assert found("namespaces", pod(hostIPC=True), inside={}).causes == {"host-ipc", "some-namespaces"}
    assert found("namespaces", pod(), inside={}).verdict is Verdict.PASS


def test_a_directory_of_the_node_is_told_with_its_path() -> None:
    volumes = [{"name": "www", "emptyDir": {}}, {"name": "logs", "hostPath": {"path": "/var/log"}}]
    finding = found("files", pod([container(volumeMounts=[{"name": "logs"}])], volumes=volumes))
    assert finding.causes == {"host-path"}
    assert "hostPath /var/log of node kube-worker-1" in finding.found.en


def test_where_the_node_can_only_be_read_that_is_told_apart() -> None:
    volumes = [{"name": "logs", "hostPath": {"path": "/var/log"}}]
    reading = container(volumeMounts=[{"name": "logs", "readOnly": True}])
    assert found("files", pod([reading], volumes=volumes)).causes == {"host-path-read-only"}


def claimed(**metadata: Any) -> list[Object]:
    """A claim bound to a volume that is a directory of a node."""
    return [
        {
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "logs", "namespace": "default"},
            "spec": {"volumeName": "pv"},
        },
        {
            "kind": "PersistentVolume",
            "metadata": {"name": "pv", **metadata},
            "spec": {"hostPath": {"path": "/var/log"}},
        },
    ]


CLAIM: Any = [{"name": "logs", "persistentVolumeClaim": {"claimName": "logs"}}]


def test_a_directory_of_the_node_behind_a_claim_counts() -> None:
    assert found("files", pod(volumes=CLAIM), *claimed()).causes == {"host-path-read-only"}


def test_a_directory_that_a_storage_class_made_for_the_claim_does_not_count() -> None:
    made = claimed(annotations={"pv.kubernetes.io/provisioned-by": "rancher.io/local-path"})
    assert found("files", pod(volumes=CLAIM), *made).verdict is Verdict.PASS


def test_a_claim_that_is_bound_to_nothing_is_no_directory() -> None:
    assert found("files", pod(volumes=CLAIM)).verdict is Verdict.PASS


@pytest.mark.parametrize("place", ["main", "init", "ephemeral"])
def test_a_port_of_the_node_counts_in_every_kind_of_container(place: str) -> None:
    open_ = container("opens", ports=[{"containerPort": 80}, {"containerPort": 8080, "hostPort": 8080}])
    lists: dict[str, Any] = {"main": {"containers": [open_]}, "init": {"init": [open_]}}
    finding = found("ports", pod(**lists.get(place, {"ephemeral": [open_]})), inside={})
    assert finding.causes == {"host-port"}
    assert "hostPort 8080 on node kube-worker-1" in finding.found.en


def test_in_the_network_of_the_node_every_port_is_one_of_the_node() -> None:
    assert found("ports", pod(hostNetwork=True)).causes == {"host-network"}


def test_a_pod_that_does_not_run_is_told() -> None:
    assert "not-running" in found("files", pod(phase="Failed")).causes
