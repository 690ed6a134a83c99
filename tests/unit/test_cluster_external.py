"""The external engine: a cluster of the user's own is examined, worked in and forgotten; never made or removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lab import paths
from lab.cluster import create_lab, open_lab, record
from lab.cluster.engine import Capability, Completed, Engine, State
from lab.cluster.external import engine as external
from lab.cluster.host import processes
from lab.cluster.record import Record
from lab.errors import LabError, UsageError
from lab.progress import ignore
from tests.unit.support.engines import done
from tests.unit.support.runtime import ANSWERS

WISH = Record("external", kubeconfig="/mine/kubeconfig", ssh_config="/mine/ssh_config")


class Hosts:
    """The user's hosts behind ssh."""

    def __init__(self) -> None:
        self.answers: dict[str, Completed | BaseException] = {**ANSWERS}
        self.asked: list[str] = []

    def run(self, argv: Sequence[str], *, env: Mapping[str, str], stdin: bytes = b"", timeout: float) -> Completed:
        assert argv[:3] == ["ssh", "-F", "/mine/ssh_config"]
        line = " ".join(argv[-2:])
        self.asked.append(line)
        return next((said for words, said in self.answers.items() if words in line), done(argv))  # type: ignore[return-value]


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> Hosts:
    """Two nodes that the user's ssh configuration names."""
    hosts = Hosts()
    monkeypatch.setattr(processes, "run", hosts.run)
    monkeypatch.setattr(
        external, "_nodes_of", lambda _: {"kube-control-plane": "control-plane", "kube-worker-1": "worker"}
    )
    return hosts


@pytest.fixture
def lab(hosts: Hosts) -> Engine:
    made = create_lab("own", WISH)
    made.up(ignore)
    hosts.asked.clear()
    return open_lab("own")


def test_before_up_there_is_nothing(hosts: Hosts) -> None:
    assert create_lab("own", WISH).status().state is State.ABSENT
    assert hosts.asked == []


def test_without_both_files_nobody_is_asked(hosts: Hosts) -> None:
    with pytest.raises(UsageError) as caught:
        create_lab("own", Record("external", kubeconfig="/mine/kubeconfig")).up(ignore)
    assert "--ssh-config FILE" in caught.value.next_step
    assert hosts.asked == []


def test_where_the_cluster_is_stays_known_and_the_users_kubeconfig_is_used_as_it_is(lab: Engine) -> None:
    assert lab.kubeconfig == Path("/mine/kubeconfig")
    assert [(node.name, node.role) for node in lab.nodes()] == [
        ("kube-control-plane", "control-plane"),
        ("kube-worker-1", "worker"),
    ]
    status = lab.status()
    assert (status.engine, status.state, status.kubernetes) == ("external", State.READY, "v1.35.4")


def test_nothing_is_changed_on_a_cluster_that_is_not_the_labs_alone(hosts: Hosts) -> None:
    create_lab("own", WISH).up(ignore)
    assert not [line for line in hosts.asked if "write" in line or "baseline" in line or "bash -s" in line]


def test_its_baseline_is_kept_with_consent(hosts: Hosts) -> None:
    create_lab("own", Record("external", kubeconfig="/k", ssh_config="/mine/ssh_config", baseline=True)).up(ignore)
    assert Capability.BASELINE not in open_lab("own").lacks()
    kept = [line for line in hosts.asked if "bash -s save" in line]
    assert [line.split()[0] for line in sorted(kept)] == ["kube-control-plane", "kube-worker-1"]


def test_a_node_that_ssh_does_not_reach_is_named(hosts: Hosts) -> None:
    hosts.answers["kube-worker-1 "] = done(code=255, stderr="ssh: Could not resolve hostname kube-worker-1")
    with pytest.raises(LabError, match="kube-worker-1") as caught:
        create_lab("own", WISH).up(ignore)
    assert caught.value.key == "node.gone"
    assert open_lab("own").status().state is State.PARTIAL


def test_a_learner_whose_kubectl_does_not_reach_the_cluster_is_not_let_begin(hosts: Hosts) -> None:
    hosts.answers["kubectl --request-timeout"] = done(code=1, stderr="localhost:8080 was refused")
    with pytest.raises(LabError, match="localhost:8080 was refused") as caught:
        create_lab("own", WISH).up(ignore)
    assert "~/.kube/config" in caught.value.next_step
    assert open_lab("own").status().state is State.PARTIAL


def test_what_the_cluster_can_do_is_measured(hosts: Hosts) -> None:
    hosts.answers |= {
        "runsc": done(code=1),
        "etcdctl": done(code=1),
        "BatchMode=yes -o ConnectTimeout=5 kube-worker-1": done(code=255),
    }
    create_lab("own", WISH).up(ignore)
    assert set(open_lab("own").lacks()) == {
        Capability.GVISOR,
        Capability.ETCD,
        Capability.NODE_SHELL,
        Capability.BASELINE,
    }


def test_a_cluster_that_does_not_answer_is_unreachable(hosts: Hosts, lab: Engine) -> None:
    hosts.answers = {"kube-control-plane ": done(code=255, stderr="Connection refused")}
    status = lab.status()
    assert status.state is State.UNREACHABLE
    assert "kube-control-plane" in status.detail


def test_down_forgets_the_cluster_and_touches_no_machine(hosts: Hosts, lab: Engine) -> None:
    lab.down(ignore)
    assert hosts.asked == []
    assert not paths.lab("own").exists()
    assert record.load("own") is None


def test_the_learner_works_on_the_control_plane_as_candidate_where_there_is_one(lab: Engine) -> None:
    assert lab.base() == lab.nodes()[0]
    host, command = lab.shell_argv("true")[-2:]
    assert host == "kube-control-plane"
    assert command.startswith("sudo --user candidate ")


def test_elsewhere_the_learner_is_whoever_ssh_logs_in(hosts: Hosts) -> None:
    hosts.answers["id candidate"] = done(code=1)
    create_lab("own", WISH).up(ignore)
    assert open_lab("own").shell_argv("echo", "a b")[-2:] == ["kube-control-plane", "echo 'a b'"]


def test_a_host_named_for_the_learner_is_base(hosts: Hosts) -> None:
    create_lab("own", Record("external", kubeconfig="/k", ssh_config="/mine/ssh_config", base="desk")).up(ignore)
    assert (open_lab("own").base().name, open_lab("own").base().role) == ("desk", "base")
    assert open_lab("own").shell_argv()[-2] == "desk"


# The cluster's own list


def listed(monkeypatch: pytest.MonkeyPatch, *nodes: tuple[str, dict[str, str]]) -> None:
    from kubernetes import client, config

    items = [{"metadata": {"name": name, "labels": labels}} for name, labels in nodes]
    answer = SimpleNamespace(to_dict=lambda: {"items": items})
    monkeypatch.setattr(config, "new_client_from_config", lambda file: file)
    monkeypatch.setattr(client, "CoreV1Api", lambda _: SimpleNamespace(list_node=lambda **_: answer))


CONTROL: dict[str, Any] = {"node-role.kubernetes.io/control-plane": ""}


def test_nodes_are_those_of_the_cluster_control_plane_first(monkeypatch: pytest.MonkeyPatch) -> None:
    listed(monkeypatch, ("b", {}), ("a", {}), ("main", CONTROL))
    assert list(external._nodes_of("/k").items()) == [("main", "control-plane"), ("a", "worker"), ("b", "worker")]


def test_a_cluster_whose_control_plane_is_elsewhere_will_not_do(monkeypatch: pytest.MonkeyPatch) -> None:
    listed(monkeypatch, ("a", {}))
    with pytest.raises(LabError) as caught:
        external._nodes_of("/k")
    assert caught.value.key == "external.cluster"


def test_a_kubeconfig_that_leads_nowhere_is_told_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(LabError) as caught:
        external._nodes_of(str(tmp_path / "nowhere"))
    assert str(tmp_path / "nowhere") in caught.value.tried
