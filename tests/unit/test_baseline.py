"""Going back to the baseline: what the machines are asked for, and when the cluster counts as healthy again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from lab.clock import Clock
from lab.cluster.engine import Capability, Node
from lab.cluster.machines import baseline, connectivity, etcd
from lab.errors import LabError
from tests.unit.support.clocks import Hands
from tests.unit.support.engines import HandMadeEngine, HandMadeNode, done
from tests.unit.support.runtime import leases

BEGAN = "2026-01-01T12:00:00"
BEFORE, SINCE = "2026-01-01T11:59:59.000000Z", "2026-01-01T12:00:03.000000Z"


@dataclass
class Lab(HandMadeEngine):
    """A lab of three machines that answers as a healthy one does."""

    node: HandMadeNode = field(default_factory=HandMadeNode)
    worker: HandMadeNode = field(default_factory=lambda: HandMadeNode("kube-worker-1", "worker"))

    def __post_init__(self) -> None:
        self.node.answers = {
            "date": done(stdout=f"{BEGAN}\n"),
            "--namespace=kube-system --output": leases(
                "kube-controller-manager", "kube-scheduler", "apiserver-x", renewed=SINCE
            ),
            "--namespace=kube-node-lease": leases("kube-control-plane", "kube-worker-1", renewed=SINCE),
            "bash -s ckslab-probe": done(),
            "bash -s unchanged": done(code=68),
            "get pods": done(stdout=json.dumps({"items": [pod("a-1", "kube-control-plane"), pod("b-2")]})),
            "crictl ps": running("a-1", "aef8"),
        }
        self.worker.answers = {"bash -s ckslab-probe": done(), "crictl ps": running("b-2")}

    def nodes(self) -> Sequence[Node]:
        return [self.node, self.worker]


def pod(
    uid: str,
    node: str = "kube-worker-1",
    ready: str = "True",
    *,
    owner: str = "",
    container: str = "",
    **annotations: str,
) -> dict[str, Any]:
    """A Pod that the API server has; its one container is called like it unless said otherwise."""
    owners = {"ownerReferences": [{"uid": owner}]} if owner else {}
    return {
        "metadata": {"uid": uid, "annotations": annotations, **owners},
        "spec": {"nodeName": node},
        "status": {
            "conditions": [{"type": "Ready", "status": ready}],
            "containerStatuses": [{"containerID": f"containerd://{container or uid}"}],
        },
    }


def running(*uids: str) -> Any:
    containers = [{"id": uid, "labels": {"io.kubernetes.pod.uid": uid}} for uid in uids]
    return done(stdout=json.dumps({"containers": containers}))


def restored(lab: Lab) -> list[str]:
    """What was said on the way."""
    said: list[str] = []
    baseline.restore(lab, said.append, Hands().clock)
    return said


def refusal(lab: Lab) -> str:
    with pytest.raises(LabError) as caught:
        restored(lab)
    assert "ckslab --name cks down" in caught.value.next_step
    return str(caught.value)


def test_where_nobody_has_allowed_it_no_machine_is_touched() -> None:
    lab = Lab(lacking={Capability.BASELINE: "the cluster is yours"})
    with pytest.raises(LabError, match="the cluster is yours"):
        restored(lab)
    assert lab.node.ran == lab.worker.ran == []


@pytest.mark.parametrize(("printed", "is_restarted"), [("moved\n", True), ("", False)])
def test_the_router_is_started_anew_where_etcd_names_addresses_that_are_gone(printed: str, is_restarted: bool) -> None:
    lab = Lab()
    lab.node.answers["bash -s restore"] = done(stdout=printed)
    for node in (lab.node, lab.worker):
        node.answers["crictl pods --name=kube-router"] = done(stdout="a1b2\n")
    restored(lab)
    removed = ["crictl rmp --force a1b2" in node.ran for node in (lab.node, lab.worker)]
    assert removed == [is_restarted] * 2


def test_the_quick_way_back_is_renewed_on_the_control_plane_once_all_is_back() -> None:
    lab = Lab()
    restored(lab)
    assert lab.node.ran[-1].startswith("bash -s renew")
    assert not any(command.startswith("bash -s renew") for command in lab.worker.ran)


# Comparing


def test_what_a_node_names_as_changed_is_told_with_the_node() -> None:
    lab = Lab()
    lab.worker.answers["bash -s compare"] = done(code=68, stdout="/etc/containerd/config.toml\nkubelet\n")
    assert baseline.compare(lab) == {"kube-worker-1": ["/etc/containerd/config.toml", "kubelet"]}


@pytest.mark.parametrize("code", [65, 66])
def test_a_node_without_a_baseline_of_this_version_names_nothing(code: int) -> None:
    lab = Lab()
    lab.worker.answers["bash -s compare"] = done(code=code, stdout="whatever\n")
    assert baseline.compare(lab) == {}


# Keeping it


def test_every_machine_keeps_what_exercises_change_there() -> None:
    lab = Lab()
    baseline.save(lab)
    assert lab.node.ran[0].startswith("bash -s save control-plane kube-control-plane  /etc/kubernetes /etc/containerd ")
    assert lab.worker.ran[0].startswith("bash -s save worker kube-worker-1  /etc/kubernetes /etc/containerd ")
    assert lab.workstation.ran == ["bash -s save base base  /home/candidate/.kube /home/candidate/.ssh /opt/lab"]


def test_where_base_is_a_node_that_machine_keeps_both_at_once() -> None:
    lab = Lab()
    lab.workstation = lab.node
    baseline.save(lab)
    (saved,) = lab.node.ran
    assert saved.startswith("bash -s save control-plane kube-control-plane  /etc/kubernetes ")
    assert saved.endswith(" /home/candidate/.kube /home/candidate/.ssh /opt/lab")


def test_a_machine_that_cannot_keep_it_is_named_with_its_own_words() -> None:
    lab = Lab()
    lab.worker.answers["save worker"] = done(code=1, stderr="No space left on device")
    with pytest.raises(LabError, match="No space left on device") as caught:
        baseline.save(lab)
    assert "kube-worker-1" in caught.value.tried


# Going back


def test_every_machine_goes_back_and_then_each_thing_awaited_is_told() -> None:
    lab = Lab()
    said = restored(lab)
    assert "restore control-plane" in lab.node.ran[2]
    assert "restore worker" in lab.worker.ran[1]
    assert "restore base" in lab.workstation.ran[0]
    assert [len(said), *said[2:4]] == [7, "the API server", "controllers and scheduler"]


# Going back while the cluster runs


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A lab of which nothing is other than it was but what etcd holds."""
    lab = Lab()
    lab.node.answers["bash -s unchanged"] = lab.worker.answers["bash -s confirm"] = done()
    monkeypatch.setattr(etcd, "restore", lambda control_plane, clock: True)
    return lab


def went_back_whole(lab: Lab) -> bool:
    return any("restore control-plane" in command for command in lab.node.ran)


def test_where_only_objects_have_changed_no_machine_is_touched_but_base(quick: Lab) -> None:
    said = restored(quick)
    assert said[:2] == ["Looking at what is not as it was", "Putting back what etcd held, while the cluster runs"]
    assert "restore base" in quick.workstation.ran[0]
    assert not went_back_whole(quick)


def test_pods_that_the_api_server_does_not_have_are_removed_from_their_nodes(quick: Lab) -> None:
    sandboxes = [("known", "a-1"), ("stranger", "c-3"), ("static", "0123456789abcdef")]
    items = [{"id": name, "labels": {"io.kubernetes.pod.uid": uid}} for name, uid in sandboxes]
    quick.node.answers = {
        "crictl pods": done(stdout=json.dumps({"items": items})),
        "jsonpath={.items[*].metadata.uid}": done(stdout="a-1 b-2"),
        **quick.node.answers,
    }
    restored(quick)
    assert [command for command in quick.node.ran if "rmp" in command] == ["crictl --timeout=20s rmp --force stranger"]


@pytest.mark.parametrize("code", [1, 67, 68])
def test_a_node_that_is_not_as_it_was_goes_back_as_a_whole(quick: Lab, code: int) -> None:
    quick.worker.answers["bash -s unchanged"] = done(code=code)
    restored(quick)
    assert went_back_whole(quick)


def test_a_pod_of_the_system_that_is_gone_takes_the_whole_way(quick: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(etcd, "restore", lambda control_plane, clock: False)
    restored(quick)
    assert went_back_whole(quick)


def test_a_cluster_that_does_not_work_again_takes_the_whole_way(quick: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(control_plane: Node, clock: Clock) -> bool:
        raise LabError("wait", what="etcd", seconds="10")

    monkeypatch.setattr(etcd, "restore", refuse)
    restored(quick)
    assert went_back_whole(quick)


def test_without_a_baseline_the_lab_has_to_be_made_anew() -> None:
    lab = Lab()
    lab.worker.answers["restore worker"] = done(code=66)
    assert "kube-worker-1 has no baseline" in refusal(lab)


def test_a_machine_that_does_not_go_back_is_named_with_its_own_words() -> None:
    lab = Lab()
    lab.node.answers["restore control-plane"] = done(code=1, stderr="containerd: failed to load TOML")
    assert "kube-control-plane: containerd: failed to load TOML" in refusal(lab)


# When it is healthy: what etcd held at the baseline proves nothing


def test_an_api_server_that_does_not_come_is_told_after_the_bound() -> None:
    lab = Lab()
    lab.node.answers["--raw=/readyz"] = done(code=1, stderr="connection refused")
    assert "Waited 90 s for the API server" in refusal(lab)


def test_a_leader_that_has_not_renewed_its_lease_since_does_not_work_yet() -> None:
    lab = Lab()
    lab.node.answers["--namespace=kube-system --output"] = leases(
        "kube-controller-manager", "kube-scheduler", renewed=BEFORE
    )
    assert "controllers and scheduler" in refusal(lab)


def test_a_node_whose_kubelet_has_not_reported_since_is_awaited() -> None:
    lab = Lab()
    lab.node.answers["--namespace=kube-node-lease"] = leases("kube-control-plane", renewed=SINCE)
    assert "a report from every node" in refusal(lab)


@pytest.mark.parametrize(
    ("state", "uids"),
    [
        ("a Pod of the learner still runs", ("b-2", "c-3")),
        ("a Pod has no container yet", ()),
    ],
)
def test_a_node_that_does_not_run_its_own_pods_and_no_others_is_awaited(state: str, uids: Sequence[str]) -> None:
    lab = Lab()
    lab.worker.answers["crictl ps"] = running(*uids)
    assert "the Pods of every node" in refusal(lab), state


def of_worker(lab: Lab, *pods: dict[str, Any]) -> Lab:
    """The lab, with these Pods on its worker according to the API server."""
    lab.node.answers["get pods"] = done(stdout=json.dumps({"items": [pod("a-1", "kube-control-plane"), *pods]}))
    return lab


def test_a_pod_that_is_not_ready_is_awaited() -> None:
    assert "the Pods of every node" in refusal(of_worker(Lab(), pod("b-2", ready="False")))


def test_what_the_api_server_has_of_a_container_from_before_does_not_count() -> None:
    assert "the Pods of every node" in refusal(of_worker(Lab(), pod("b-2", container="before")))


def test_of_pods_of_one_kind_on_a_node_the_first_that_is_ready_is_enough() -> None:
    lab = of_worker(Lab(), pod("b-2", owner="dns"), pod("b-3", owner="dns", ready="False"))
    lab.worker.answers["crictl ps"] = running("b-2", "b-3")
    restored(lab)


def test_another_node_needs_one_of_its_own() -> None:
    lab = of_worker(Lab(), pod("b-2", owner="proxy", ready="False"), pod("a-2", "kube-control-plane", owner="proxy"))
    lab.node.answers["crictl ps"] = running("a-1", "a-2")
    assert "the Pods of every node" in refusal(lab)


def test_static_pods_have_other_uids_on_the_node_and_do_not_matter() -> None:
    lab = Lab()
    mirror = {"kubernetes.io/config.mirror": "aef8"}
    items = [pod("a-1", "kube-control-plane"), pod("b-2"), pod("d-4", "kube-control-plane", **mirror)]
    lab.node.answers["get pods"] = done(stdout=json.dumps({"items": items}))
    restored(lab)


# What stands in the way


def test_a_program_that_is_gone_is_copied_from_a_machine_that_has_the_same_and_the_machine_goes_back_again() -> None:
    lab = Lab()
    blocked = done(code=67, stderr="program\t/usr/bin/kubelet\t4\t755\n")
    lab.worker.answers["restore worker"] = blocked
    lab.node.answers["cat -- /usr/bin/kubelet"] = done(stdout="same")
    assert "/usr/bin/kubelet is gone" in refusal(lab)  # it answers as before
    assert lab.worker.files == {"/usr/bin/kubelet": b"same"}
    assert sum("restore worker" in line for line in lab.worker.ran) == 2


def test_another_program_of_the_same_name_is_not_copied() -> None:
    lab = Lab()
    lab.worker.answers["restore worker"] = done(code=67, stderr="program\t/usr/bin/kubelet\t4\t755\n")
    lab.node.answers["cat -- /usr/bin/kubelet"] = done(stdout="another")
    refusal(lab)
    assert lab.worker.files == {}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("image\texample/app:1", "image example/app:1 is gone"),
        ("damaged\t/var/lib/ckslab/baseline", "is damaged"),
        ("clock\t1999-01-01 00:00:00", "says 1999-01-01 00:00:00"),
        ("full\t/var\t/root/junk ", "/root/junk"),
    ],
)
def test_what_stands_in_the_way_is_named_with_the_way_out(line: str, words: str) -> None:
    lab = Lab()
    lab.worker.answers["restore worker"] = done(code=67, stderr=f"{line}\n")
    assert words in refusal(lab)


def test_a_baseline_of_an_earlier_program_is_told_as_such() -> None:
    lab = Lab()
    lab.worker.answers["restore worker"] = done(code=65)
    assert "earlier version" in refusal(lab)


# Success is claimed for what was tried


@pytest.mark.parametrize(
    ("fails", "words"),
    [
        ("dns", "a Pod there gets no answer from the cluster's DNS"),
        ("api", "a Pod there does not reach the API server"),
        ("probe", "no Pod runs"),
    ],
)
def test_a_network_that_does_not_work_is_no_success(fails: str, words: str) -> None:
    lab = Lab()
    lab.worker.answers["bash -s ckslab-probe"] = done(stdout=f"{fails}\n")
    assert f"kube-worker-1: {words}" in refusal(lab)


def test_a_kubelet_that_the_api_server_does_not_reach_is_no_success() -> None:
    lab = Lab()
    lab.node.answers["/nodes/kube-worker-1/proxy/healthz"] = done(code=1)
    assert "kube-worker-1: the API server does not reach its kubelet" in refusal(lab)


def test_a_fresh_cluster_is_kept_once_its_network_works() -> None:
    lab = Lab()
    lab.worker.answers["bash -s ckslab-probe"] = done(stdout="dns\n")
    with pytest.raises(LabError, match="a Pod there gets no answer from the cluster's DNS"):
        connectivity.await_made(lab, Hands().clock)
    lab.worker.answers["bash -s ckslab-probe"] = done()
    connectivity.await_made(lab, Hands().clock)
    assert "delete pods --namespace=kube-system" in lab.node.ran[-1]


def test_the_probes_are_removed_whatever_they_show() -> None:
    lab = Lab()
    lab.worker.answers["bash -s ckslab-probe"] = done(stdout="dns\n")
    refusal(lab)
    assert lab.node.ran[-1].startswith(
        "kubectl --kubeconfig=/etc/kubernetes/admin.conf delete pods --namespace=kube-system"
    )
