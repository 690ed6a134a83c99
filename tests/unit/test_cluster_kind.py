"""The kind engine: what it makes of each state of a lab, and whose things it touches."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event

import pytest

from lab import paths
from lab.cluster import create_lab, open_lab, record
from lab.cluster.engine import Capability, Completed, Engine, Node, State
from lab.cluster.host import facts as host
from lab.cluster.host import processes
from lab.cluster.host.containers import LABEL, Containers
from lab.cluster.host.processes import OnLine
from lab.cluster.image import node_image as image
from lab.cluster.kind import engine as kind
from lab.cluster.kind.engine import KindEngine
from lab.cluster.machines import health, network
from lab.cluster.record import Record
from lab.errors import LabError, UsageError
from lab.progress import OnProgress, Progress, ignore
from tests.unit.support.engines import done
from tests.unit.support.programs import at_work
from tests.unit.support.runtime import Container, HandMadeContainers, leases, nodes

IMAGE = "localhost/ckslab-node:made"


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> HandMadeContainers:
    """podman with the node image; the machine is an ordinary one and has no lab."""
    monkeypatch.setattr(kind, "find", lambda runtime: Containers("podman"))
    monkeypatch.setattr(image, "ensure", lambda *_: IMAGE)
    monkeypatch.setattr(host, "is_root", lambda: False)
    monkeypatch.setattr(host, "inotify_left", lambda: host.INOTIFY_WANTED)
    return HandMadeContainers(images={IMAGE}).install(monkeypatch)


@pytest.fixture
def lab() -> KindEngine:
    return fresh()


def fresh() -> KindEngine:
    """The lab as the next run of the program opens it."""
    opened = open_lab("own")
    assert isinstance(opened, KindEngine)
    return opened


def make(engine: HandMadeContainers, state: str = "running", *, ready: bool = True) -> KindEngine:
    engine.make_lab("own", state)
    record.save("own", Record(runtime="podman", made_from=IMAGE, ready=ready))
    paths.private(paths.lab("own"))
    (paths.lab("own") / "kubeconfig").touch()
    return fresh()


@pytest.fixture(autouse=True)
def _kubeconfig_of_kind(monkeypatch: pytest.MonkeyPatch, engine: HandMadeContainers) -> None:
    """kind writes it."""
    made = engine.watch

    def create(argv: list[str], **more: object) -> object:
        if "--kubeconfig" in argv:
            Path(argv[argv.index("--kubeconfig") + 1]).touch()
        return made(argv, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("lab.cluster.host.processes.watch", create)


def changed(engine: HandMadeContainers) -> list[str]:
    """Commands that make, stop or remove something."""
    verbs = ("create", "podman run --detach", "podman start", "podman kill", "podman rm ", "network rm", "volume rm")
    return [line for line in engine.did(*verbs) if " exec " not in line]


# What there is


def test_nothing_is_absent(engine: HandMadeContainers, lab: Engine) -> None:
    assert lab.status().state is State.ABSENT


def test_all_machines_running_and_an_api_server_that_answers_is_ready(engine: HandMadeContainers) -> None:
    status = make(engine).status()
    assert status.state is State.READY
    assert status.kubernetes == "v1.35.4"
    assert status.nodes == {"kube-control-plane": "Ready", "kube-worker-1": "Ready", "base": "running"}


def test_a_cluster_that_never_became_ready_is_partial(engine: HandMadeContainers) -> None:
    assert make(engine, ready=False).status().state is State.PARTIAL


def test_a_machine_that_is_missing_makes_it_partial(engine: HandMadeContainers) -> None:
    own = make(engine)
    del engine.containers["own-base"]
    assert own.status().state is State.PARTIAL


def test_a_network_or_a_record_alone_is_partial(engine: HandMadeContainers) -> None:
    engine.networks["ckslab-own"] = {LABEL: "own"}
    assert fresh().status().state is State.PARTIAL
    engine.networks.clear()
    record.save("own", Record(made_from=IMAGE))
    assert fresh().status().state is State.PARTIAL


@pytest.mark.parametrize("state", ["exited", "paused", "created"])
def test_machines_that_do_not_run_are_stopped(engine: HandMadeContainers, state: str) -> None:
    status = make(engine, state).status()
    assert status.state is State.STOPPED
    assert set(status.nodes.values()) == {state}


def test_one_stopped_machine_is_enough(engine: HandMadeContainers) -> None:
    own = make(engine)
    engine.containers["own-worker"].state = "exited"
    assert own.status().state is State.STOPPED


def test_a_silent_api_server_is_unreachable_with_its_words(engine: HandMadeContainers) -> None:
    engine.answers["get nodes,leases"] = done(code=1, stderr="connection refused")
    status = make(engine).status()
    assert status.state is State.UNREACHABLE
    assert status.detail == "connection refused"


# Making it


def test_up_makes_everything_in_order(engine: HandMadeContainers, lab: KindEngine) -> None:
    told: list[Progress] = []
    lab.up(told.append)
    making = ("network create", "create cluster", "kubectl --kubeconfig=/etc/kubernetes/admin.conf apply", "--name own")
    verbs = [next(verb for verb in making if verb in line) for line in engine.did(*making)]
    assert sorted(verbs) == sorted(making)
    # Base is made beside the nodes.
    assert [verb for verb in verbs if verb != making[-1]] == list(making[:-1])
    assert verbs[0] == making[0]
    assert engine.networks == {"ckslab-own": {LABEL: "own"}}
    assert set(engine.containers) == {"own-control-plane", "own-worker", "own-base"}
    assert [step.number for step in told if not step.detail] == [1, 2, 3]
    assert "Writing configuration" in [step.detail for step in told]
    assert lab.status().state is State.READY


def test_the_control_plane_is_connected_while_the_worker_joins(
    engine: HandMadeContainers, lab: KindEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected: list[str] = []
    begun = Event()
    create = processes.watch

    def connect(nodes: Sequence[Node], *_: object) -> None:
        connected.extend(node.name for node in nodes)
        begun.set()

    def join(argv: Sequence[str], *, env: Mapping[str, str], on_line: OnLine, stdin: bytes = b"") -> Completed:
        made = create(argv, env=env, on_line=on_line, stdin=stdin)
        on_line(" • Joining worker nodes 🚜  ...")
        assert begun.wait(5)
        return made

    monkeypatch.setattr(network, "connect", connect)
    monkeypatch.setattr(processes, "watch", join)
    lab.up(ignore)
    assert connected == ["kube-control-plane"]
    assert len(engine.did("write /etc/cni/net.d/10-ckslab.conflist")) == 1


def test_what_was_chosen_and_found_is_remembered(engine: HandMadeContainers, lab: KindEngine) -> None:
    engine.answers["registry-1.docker.io"] = done(code=6)
    lab.up(ignore)
    assert record.load("own") == Record(
        runtime="podman",
        made_from=IMAGE,
        ready=True,
        lacks={"apparmor": "capability.shared-kernel", "internet": "capability.no-internet"},
    )
    assert set(fresh().lacks()) == {Capability.APPARMOR, Capability.INTERNET}


def test_a_pulled_gvisor_cannot_work_where_limits_cannot_be_raised(
    engine: HandMadeContainers, lab: KindEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.answers["cgroup.controllers"] = done(stdout="CapEff:\t00000000a80425fb\n")
    lab.up(ignore)
    assert Capability.GVISOR not in lab.lacks()
    lab.down(ignore)
    monkeypatch.setattr(image, "origin", lambda *_: "pull")
    again = fresh()
    again.up(ignore)
    assert "gVisor" in again.lacks()[Capability.GVISOR]


def test_the_administrators_kubeconfig_is_private(engine: HandMadeContainers, lab: KindEngine) -> None:
    lab.up(ignore)
    assert lab.kubeconfig.stat().st_mode & 0o777 == 0o600
    assert lab.kubeconfig.is_relative_to(paths.lab("own"))


def test_up_of_a_ready_lab_does_nothing(engine: HandMadeContainers) -> None:
    make(engine).up(ignore)
    assert changed(engine) == []


def test_up_starts_what_stopped_and_tells_the_machines_their_new_addresses(engine: HandMadeContainers) -> None:
    own = make(engine, "exited")
    own.up(ignore)
    assert changed(engine) == ["podman start own-control-plane own-worker own-base"]
    assert any("write /etc/hosts" in line for line in engine.ran)
    assert len(engine.did("bash -s follow")) == 3
    assert own.status().state is State.READY


def test_a_lab_is_not_back_before_its_controllers_are(
    engine: HandMadeContainers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "SECONDS", 0)
    controllers = leases("kube-controller-manager", "kube-scheduler", renewed="2026-01-01T11:59:59")
    engine.answers["get leases --namespace=kube-system"] = controllers
    with pytest.raises(LabError, match="controllers and scheduler"):
        make(engine, "exited").up(ignore)


def test_a_lab_is_back_whatever_became_of_a_learners_pods(engine: HandMadeContainers) -> None:
    labels = {"io.kubernetes.pod.uid": "broken-1", "io.kubernetes.pod.namespace": "default"}
    engine.answers["crictl ps"] = done(stdout=json.dumps({"containers": [{"id": "c1", "labels": labels}]}))
    own = make(engine, "exited")
    own.up(ignore)
    assert own.status().state is State.READY


def test_an_api_server_that_stays_silent_ends_the_wait(
    engine: HandMadeContainers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kind, "_API_SECONDS", 0)
    engine.answers["get nodes,leases"] = engine.answers["/readyz"] = done(code=1, stderr="refused")
    with pytest.raises(LabError) as caught:
        make(engine, "exited").up(ignore)
    assert caught.value.key == "lab.unwell"
    assert "API server" in caught.value.came_back
    assert "ckslab --name own reset" in caught.value.next_step


@pytest.mark.parametrize("answer", [nodes("False"), nodes("Unknown"), nodes(reported="2026-01-01T11:59:20Z")])
def test_a_node_that_is_not_ready_or_silent_is_not_a_ready_lab(engine: HandMadeContainers, answer: object) -> None:
    engine.answers["get nodes,leases"] = answer  # type: ignore[assignment]
    status = make(engine).status()
    assert status.state is State.DEGRADED
    assert status.nodes["kube-control-plane"] == "Ready"
    assert status.nodes["kube-worker-1"] in ("NotReady", "Unknown")
    assert "kube-worker-1" in status.detail


def test_up_starts_a_kubelet_that_was_stopped_and_touches_nothing_else(
    engine: HandMadeContainers, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = make(engine)
    engine.answers["get nodes,leases"] = nodes("Unknown")
    monkeypatch.setattr(health, "wait_until", lambda *_, **__: True)
    own.up(ignore)
    assert len(engine.did("systemctl start containerd kubelet")) == 2
    assert changed(engine) == []


def test_up_that_does_not_help_a_running_cluster_advises_a_reset(
    engine: HandMadeContainers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_MEND_SECONDS", 0)
    engine.answers["get nodes,leases"] = done(code=1, stderr="nodes is forbidden")
    with pytest.raises(LabError, match="nodes is forbidden") as caught:
        make(engine).up(ignore)
    assert "ckslab --name own reset" in caught.value.next_step


def test_power_on_starts_what_stopped_and_lets_what_was_paused_go_on(engine: HandMadeContainers) -> None:
    own = make(engine)
    assert not own.power_on()
    engine.containers["own-worker"].state = "paused"
    engine.containers["own-base"].state = "exited"
    assert own.power_on()
    assert engine.did("unpause", "podman start") == ["podman unpause own-worker", "podman start own-base"]


def test_machines_are_started_anew_only_where_that_can_help(engine: HandMadeContainers) -> None:
    own = make(engine)
    assert own.can_rescue(LabError("wait"))
    assert not own.can_rescue(LabError("baseline.missing"))
    del engine.containers["own-worker"]
    assert not own.can_rescue(LabError("wait"))


# Interruptions


def test_what_an_interrupted_up_left_is_removed_and_made_anew(engine: HandMadeContainers, lab: KindEngine) -> None:
    engine.answers["create cluster"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        lab.up(ignore)
    engine.containers["own-control-plane"] = Container("ckslab-own", "created")
    assert fresh().status().state is State.PARTIAL

    del engine.answers["create cluster"]
    engine.ran.clear()
    again = fresh()
    again.up(ignore)
    assert changed(engine)[:4] == [
        "podman kill own-control-plane own-base",
        "podman rm --force --volumes own-control-plane own-base",
        "podman network rm ckslab-own",
        f"podman network create --label {LABEL}=own ckslab-own",
    ]
    assert again.status().state is State.READY


def test_kind_that_fails_is_told_with_its_last_words(engine: HandMadeContainers, lab: KindEngine) -> None:
    engine.answers["create cluster"] = done(code=1, stdout="ERROR: failed to init node")
    with pytest.raises(LabError) as caught:
        lab.up(ignore)
    assert caught.value.key == "kind.create"
    assert caught.value.came_back == "ERROR: failed to init node"
    assert fresh().status().state is State.PARTIAL


def test_a_disk_that_fills_while_kind_works_is_told_as_such(engine: HandMadeContainers, lab: KindEngine) -> None:
    engine.answers["create cluster"] = done(code=1, stdout="write /var: no space left on device")
    with pytest.raises(LabError) as caught:
        lab.up(ignore)
    assert caught.value.key == "disk.full"


def test_kind_has_a_bound(engine: HandMadeContainers, lab: KindEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kind, "_CREATE_SECONDS", -1)
    with pytest.raises(LabError) as caught:
        lab.up(ignore)
    assert caught.value.key == "wait"
    assert "kind to make the nodes" in caught.value.tried


def test_a_machine_that_gives_too_few_inotify_instances_is_told_before_anything_is_made(
    engine: HandMadeContainers, lab: KindEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "inotify_left", lambda: 3)
    with pytest.raises(LabError) as caught:
        lab.up(ignore)
    assert caught.value.key == "host.inotify"
    assert "sysctl -w fs.inotify.max_user_instances" in caught.value.next_step
    assert changed(engine) == []
    assert fresh().status().state is State.ABSENT


# Other people's things


@pytest.mark.parametrize("act", [KindEngine.up, KindEngine.down])
@pytest.mark.parametrize("network", ["kind", "ckslab-own"])
def test_a_strangers_container_of_our_name_is_refused_and_untouched(
    engine: HandMadeContainers, lab: KindEngine, network: str, act: object
) -> None:
    engine.containers["own-control-plane"] = Container(network)
    with pytest.raises(LabError) as caught:
        act(lab, ignore)  # type: ignore[operator]
    assert caught.value.key == "kind.taken"
    assert "own-control-plane" in caught.value.tried
    assert changed(engine) == []


@pytest.mark.parametrize("act", [KindEngine.up, KindEngine.down])
@pytest.mark.parametrize("labels", [{}, {LABEL: "another"}])
def test_a_strangers_network_of_our_name_is_refused_and_untouched(
    engine: HandMadeContainers, lab: KindEngine, labels: dict[str, str], act: object
) -> None:
    engine.networks["ckslab-own"] = labels
    with pytest.raises(LabError) as caught:
        act(lab, ignore)  # type: ignore[operator]
    assert caught.value.key == "kind.network-taken"
    assert changed(engine) == []


def test_a_stranger_beside_our_own_machines_is_refused(engine: HandMadeContainers) -> None:
    own = make(engine)
    engine.containers["own-worker"] = Container("elsewhere")
    with pytest.raises(LabError, match="own-worker"):
        own.down(ignore)
    assert changed(engine) == []


# Removing it


def test_down_removes_exactly_its_own(engine: HandMadeContainers, lab: KindEngine) -> None:
    engine.make_lab("another")
    engine.containers["own-control-plane-of-mine"] = Container("kind")
    engine.volumes["other"] = "another-worker"
    before = (dict(engine.containers), dict(engine.networks), dict(engine.volumes))
    lab.up(ignore)
    assert engine.volumes != before[2]

    fresh().down(ignore)
    assert (engine.containers, engine.networks, engine.volumes) == before
    assert not paths.lab("own").exists()
    assert fresh().status().state is State.ABSENT


def test_down_of_nothing_is_done(engine: HandMadeContainers, lab: KindEngine) -> None:
    lab.down(ignore)
    assert changed(engine) == []


# Two runs of the program at once


@pytest.mark.parametrize("act", [KindEngine.up, KindEngine.down])
def test_a_lab_that_another_program_works_on_is_neither_made_nor_removed(
    engine: HandMadeContainers, act: Callable[[KindEngine, OnProgress], None]
) -> None:
    lab = make(engine)
    with at_work("own"), pytest.raises(LabError) as caught:
        act(lab, ignore)
    assert caught.value.key == "lab.busy"
    assert changed(engine) == []


def test_while_a_lab_is_made_or_removed_no_other_program_works_on_it(
    engine: HandMadeContainers, lab: KindEngine
) -> None:
    tries: list[str] = []

    def interfere(_: Progress) -> None:
        with pytest.raises(AssertionError), at_work("own"):
            pass
        tries.append("in vain")

    lab.up(interfere)
    made = len(tries)
    fresh().down(interfere)
    assert len(tries) > made > 0


def test_another_lab_may_be_made_meanwhile(engine: HandMadeContainers, lab: KindEngine) -> None:
    beside = KindEngine("another")

    def both(_: Progress) -> None:
        beside.down(ignore)

    lab.up(both)
    assert lab.status().state is State.READY


def test_a_lab_that_another_run_made_is_ready_here_and_not_made_anew(
    engine: HandMadeContainers, lab: KindEngine
) -> None:
    assert lab.status().state is State.ABSENT
    fresh().up(ignore)
    engine.ran.clear()
    assert lab.status().state is State.READY
    lab.up(ignore)
    assert changed(engine) == []


def test_a_lab_that_another_run_removed_is_absent_here_and_can_be_made_anew(
    engine: HandMadeContainers, lab: KindEngine
) -> None:
    lab.up(ignore)
    fresh().down(ignore)
    assert lab.status().state is State.ABSENT
    lab.up(ignore)
    assert lab.status().state is State.READY


# Ways in


def test_the_learners_shell_is_on_base_and_never_on_the_host(engine: HandMadeContainers) -> None:
    argv = make(engine).shell_argv()
    assert argv[:4] == ["podman", "exec", "--interactive", "--tty"]
    assert argv[-3:] == ["own-base", "bash", "--login"]
    assert argv[argv.index("--user") + 1] == "candidate"


def test_a_command_for_base_stays_a_list_and_needs_no_terminal(engine: HandMadeContainers) -> None:
    argv = make(engine).shell_argv("echo", "$(reboot)", tty=False)
    assert argv[-3:] == ["own-base", "echo", "$(reboot)"]
    assert "--tty" not in argv


def test_nodes_are_called_as_tasks_call_them(engine: HandMadeContainers, lab: Engine) -> None:
    assert [(node.name, node.role) for node in lab.nodes()] == [
        ("kube-control-plane", "control-plane"),
        ("kube-worker-1", "worker"),
    ]


# What was chosen


def test_a_lab_that_exists_keeps_what_was_chosen(engine: HandMadeContainers) -> None:
    make(engine)
    with pytest.raises(UsageError) as caught:
        create_lab("own", Record(image="pull"))
    assert caught.value.key == "lab.chosen"
    assert create_lab("own", Record(runtime="podman", image=IMAGE)).status().state is State.READY


def test_an_engine_that_vanished_is_told(engine: HandMadeContainers) -> None:
    engine.answers["container inspect"] = subprocess.TimeoutExpired("podman", 60)
    with pytest.raises(LabError) as caught:
        make(engine).status()
    assert caught.value.key == "runtime.silent"


def test_power_off_stops_what_runs_and_keeps_it(engine: HandMadeContainers) -> None:
    lab = make(engine)
    lab.power_off()
    assert "podman stop --time=30 own-control-plane own-worker own-base" in engine.ran
    make(engine, "exited").power_off()
    assert len([line for line in engine.ran if line.startswith("podman stop")]) == 1
