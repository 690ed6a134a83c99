"""The vagrant engine: what it makes of each state of a lab, and whose machines it touches."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab import paths
from lab.cluster import create_lab, open_lab
from lab.cluster.engine import Capability, Engine, Rescuer, State
from lab.cluster.image import node_image as image
from lab.cluster.machines import baseline
from lab.cluster.record import Record
from lab.cluster.vagrant import box, hypervisor, virtual
from lab.cluster.vagrant import engine as vagrant
from lab.cluster.vagrant.engine import VagrantEngine
from lab.cluster.vagrant.program import spoken
from lab.errors import LabError, UsageError
from lab.progress import Progress, ignore
from tests.unit.support.engines import done
from tests.unit.support.home import copy_of_home
from tests.unit.support.virtual_machines import MACHINES, VirtualMachines


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> VirtualMachines:
    """Vagrant with libvirt on a machine whose processor runs virtual machines; the box is there."""
    monkeypatch.setattr(hypervisor, "_accelerates", lambda: True)
    monkeypatch.setattr(hypervisor, "_libvirt_said", lambda: "")
    made = tmp_path / "made"
    made.mkdir()
    for name in ("vmlinuz", "initrd", "node.box"):
        (made / name).write_text(name)
    monkeypatch.setattr(box, "ensure", lambda *_: box.Box("ckslab-made", str(made)))
    host = VirtualMachines(tmp_path).install(monkeypatch)
    host.answers["/etc/kubernetes/kubelet.conf"] = done(code=1)
    host.answers["token create"] = done(stdout="abcdef.0123456789abcdef\n")
    host.answers["cat -- /etc/hosts"] = done(stdout="127.0.0.1 localhost\n")
    return host


@pytest.fixture
def lab(host: VirtualMachines) -> VagrantEngine:
    made = create_lab("own", Record("vagrant"))
    assert isinstance(made, VagrantEngine)
    return made


def fresh() -> VagrantEngine:
    """The lab as the next run of the program opens it."""
    opened = open_lab("own")
    assert isinstance(opened, VagrantEngine)
    return opened


@pytest.fixture(scope="module")
def once_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a lab that is ready: an `up` takes a second, so the first test that needs one makes it for all."""
    return tmp_path_factory.mktemp("once") / "made"


@pytest.fixture
def made(host: VirtualMachines, lab: VagrantEngine, tmp_path: Path, once_made: Path) -> VagrantEngine:
    """A lab that is ready."""
    if once_made.exists():
        copy_of_home(once_made, tmp_path)
    else:
        lab.up(ignore)
        copy_of_home(tmp_path, once_made)
    host.change(ran=[])
    host.asked.clear()
    return fresh()


def refusal(work: Callable[..., None], *arguments: Any) -> LabError:
    with pytest.raises(LabError) as caught:
        work(*arguments)
    return caught.value


# What there is


def test_nothing_is_absent_and_vagrant_is_not_asked(host: VirtualMachines, lab: Engine) -> None:
    assert lab.status().state is State.ABSENT
    assert host.world["ran"] == []


def test_all_machines_running_and_an_api_server_that_answers_is_ready(made: Engine) -> None:
    status = made.status()
    assert (status.engine, status.state, status.kubernetes) == ("vagrant", State.READY, "v1.35.4")
    assert status.nodes == {"kube-control-plane": "Ready", "kube-worker-1": "Ready"}


@pytest.mark.parametrize("state", ["shutoff", "paused", "poweroff", "saved", "aborted"])
def test_one_machine_that_does_not_run_is_enough_to_be_stopped(host: VirtualMachines, made: Engine, state: str) -> None:
    host.set_states("running", state)
    status = made.status()
    assert status.state is State.STOPPED
    assert status.nodes["kube-control-plane"] == "running"


def test_a_machine_that_is_missing_makes_it_partial(made: Engine) -> None:
    (paths.lab("own") / "vagrant" / "machines" / "kube-worker-1" / "libvirt" / "id").unlink()
    assert made.status().state is State.PARTIAL


def test_a_silent_api_server_is_unreachable_with_its_words(host: VirtualMachines, made: Engine) -> None:
    host.answers["get nodes,leases"] = done(code=1, stderr="connection refused")
    status = made.status()
    assert (status.state, status.detail) == (State.UNREACHABLE, "connection refused")


# Making it


def test_up_makes_machines_then_a_cluster_then_keeps_it_as_it_is(host: VirtualMachines, lab: Engine) -> None:
    told: list[Progress] = []
    lab.up(told.append)
    making = (
        "kubeadm init",
        "kubeadm join",
        "write /etc/cni",
        "write /home/candidate/.kube",
        "rollout status",
        "bash -s save control-plane",
    )
    order = [next(step for step in making if step in line) for line in host.asked if any(it in line for it in making)]
    assert [step for at, step in enumerate(order) if step not in order[:at]] == list(making)
    assert host.world["snapshots"] == [[name, "baseline"] for name in MACHINES]
    assert [step.number for step in told if not step.detail] == [1, 2, 3, 4, 5]
    assert lab.status().state is State.READY


def test_the_vagrantfile_is_told_which_machines_of_which_lab(host: VirtualMachines, lab: Engine) -> None:
    lab.up(ignore)
    assert host.world["settings"] == {
        "CKSLAB_LAB": "own",
        "CKSLAB_MACHINES": "2",
        "CKSLAB_BOX": "ckslab-made",
        "CKSLAB_BOOT": str(paths.lab("own") / "boot"),
    }


def test_a_lab_has_its_kernel_even_when_the_cache_has_a_newer_box(made: Engine, host: VirtualMachines) -> None:
    shutil.rmtree(host.folder / "made")
    assert sorted(file.name for file in (paths.lab("own") / "boot").iterdir()) == ["initrd", "vmlinuz"]


def test_what_vagrant_says_is_told_on_the_way(host: VirtualMachines, lab: Engine) -> None:
    told: list[Progress] = []
    lab.up(told.append)
    assert "Starting, at last" in [step.detail for step in told]


def told_to_kubeadm(host: VirtualMachines, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What kubeadm is configured with from now on, kind -> document."""
    documents: dict[str, Any] = {}
    run = host.run

    def keep(argv: list[str], **more: Any) -> Any:
        if "write /etc/kubernetes/kubeadm.yaml" in argv[-1]:
            documents.update({document["kind"]: document for document in yaml.safe_load_all(more["stdin"])})
        return run(argv, **more)

    monkeypatch.setattr("lab.cluster.host.processes.run", keep)
    return documents


def test_each_node_registers_by_its_name_and_the_address_of_the_table(
    host: VirtualMachines, lab: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = told_to_kubeadm(host, monkeypatch)
    lab.up(ignore)
    for kind, name, address in (
        ("InitConfiguration", "kube-control-plane", "192.168.56.10"),
        ("JoinConfiguration", "kube-worker-1", "192.168.56.21"),
    ):
        registration = documents[kind]["nodeRegistration"]
        assert registration["name"] == name
        assert registration["kubeletExtraArgs"] == [{"name": "node-ip", "value": address}]
    assert documents["InitConfiguration"]["localAPIEndpoint"] == {"advertiseAddress": "192.168.56.10"}
    assert documents["JoinConfiguration"]["discovery"]["tlsBootstrapToken"] == "abcdef.0123456789abcdef"
    assert documents["ClusterConfiguration"]["kubernetesVersion"] == image.versions()["kubernetes"]


def test_one_machine_is_a_lab_too_that_runs_pods_and_says_what_it_lacks(host: VirtualMachines) -> None:
    alone = create_lab("own", Record("vagrant", machines=1))
    alone.up(ignore)
    assert [node.name for node in alone.nodes()] == ["kube-control-plane"]
    assert not any("kubeadm join" in line for line in host.asked)
    assert "one machine only" in alone.lacks()[Capability.WORKER]


def test_what_the_machines_can_do_is_measured(host: VirtualMachines, lab: Engine) -> None:
    host.answers["apparmor_parser"] = done(code=1)
    host.answers["registry-1.docker.io"] = done(code=6)
    lab.up(ignore)
    assert set(fresh().lacks()) == {Capability.APPARMOR, Capability.INTERNET}


def test_gvisor_that_containerd_does_not_know_is_lacking(host: VirtualMachines, lab: Engine) -> None:
    host.answers["containerd config dump"] = done(stdout="[plugins.cri.containerd.runtimes.runc]")
    lab.up(ignore)
    assert set(fresh().lacks()) == {Capability.GVISOR}


def test_the_administrators_kubeconfig_is_private(lab: Engine) -> None:
    lab.up(ignore)
    assert lab.kubeconfig.stat().st_mode & 0o777 == 0o600
    assert b"clusters" in lab.kubeconfig.read_bytes()


def test_without_hardware_virtualisation_the_processor_is_emulated_and_every_bound_is_longer(
    host: VirtualMachines, lab: VagrantEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hypervisor, "_accelerates", lambda: False)
    lab.up(ignore)
    assert host.world["settings"]["CKSLAB_EMULATE"] == "1"
    assert lab.pace > 1
    assert lab.nodes()[0].ssh.pace == lab.pace


@pytest.mark.parametrize("accelerates", [True, False])
def test_only_an_emulated_control_plane_gets_more_time_for_its_leases_and_probes(
    host: VirtualMachines, lab: Engine, monkeypatch: pytest.MonkeyPatch, accelerates: bool
) -> None:
    monkeypatch.setattr(hypervisor, "_accelerates", lambda: accelerates)
    documents = told_to_kubeadm(host, monkeypatch)
    lab.up(ignore)
    cluster = documents["ClusterConfiguration"]
    for leader in ("controllerManager", "scheduler"):
        told = cluster.get(leader, {}).get("extraArgs", [])
        assert [(it["name"], it["value"]) for it in told if "deadline" in it["name"]] == (
            [] if accelerates else [("leader-elect-renew-deadline", "50s")]
        )
    patches = documents["InitConfiguration"].get("patches", {}).get("directory")
    assert patches == (None if accelerates else "/etc/kubernetes/patches")
    assert any("/etc/kubernetes/patches/kube-apiserver.yaml" in line for line in host.asked) is not accelerates


def test_up_of_a_ready_lab_changes_nothing_but_clocks_for_the_computer_may_have_slept(
    host: VirtualMachines, made: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)
    host.asked.clear()
    made.up(ignore)
    assert host.ran("vagrant up", "vagrant snapshot", "vagrant destroy") == []
    assert [line.split()[0] for line in host.asked if "date --utc --set @1800000000.0" in line] == list(MACHINES)


def test_a_ready_lab_with_a_node_that_is_not_reached_stays_ready(host: VirtualMachines, made: Engine) -> None:
    host.answers = {"kube-worker-1 ": done(stderr="Connection refused", code=255), **host.answers}
    made.up(ignore)
    assert made.status().state is State.READY


def test_up_starts_what_stopped_sets_the_clock_and_waits_until_it_is_well(
    host: VirtualMachines, made: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)
    host.set_states("paused", "shutoff")
    made.up(ignore)
    assert host.ran("vagrant up") == ["vagrant up --no-provision --machine-readable"]
    assert [line.split()[0] for line in host.asked if "date --utc --set @1800000000.0" in line] == list(MACHINES)
    assert not any("kubeadm init" in line for line in host.asked)
    assert made.status().state is State.READY


def test_an_api_server_that_stays_silent_ends_the_wait(
    host: VirtualMachines, made: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vagrant, "_API_SECONDS", 0)
    host.set_states("running", "shutoff")
    host.answers["get nodes,leases"] = host.answers["/readyz"] = done(code=1, stderr="refused")
    assert refusal(made.up, ignore).key == "lab.unwell"


# Interruptions


def test_vagrant_that_gives_up_is_told_in_its_own_words_and_in_those_of_the_machine(
    host: VirtualMachines, lab: Engine
) -> None:
    host.change(trouble="kube-worker-1")
    refused = refusal(lab.up, ignore)
    assert refused.key == "vagrant.refused"
    assert refused.came_back == (
        "Starting, at last\nStarting, at last\nckslab: URL is not what its makers published\nThere is no\nmore disk"
    )
    assert fresh().status().state is State.PARTIAL


def test_what_an_interrupted_up_left_is_mended_by_the_next(host: VirtualMachines, lab: Engine) -> None:
    host.change(trouble="kube-worker-1")
    refusal(lab.up, ignore)
    host.change(trouble="", ran=[])
    fresh().up(ignore)
    assert host.ran("virsh --connect qemu:///system vol-delete") == [
        "virsh --connect qemu:///system vol-delete ckslab-own-kube-worker-1.img --pool default"
    ]
    assert fresh().status().state is State.READY


def test_a_machine_that_an_interrupted_up_left_without_an_address_is_made_anew(
    host: VirtualMachines, lab: Engine
) -> None:
    host.change(trouble="kube-worker-1")
    refusal(lab.up, ignore)
    host.set_states("inaccessible")
    host.change(trouble="", ran=[])
    fresh().up(ignore)
    assert host.ran("vagrant destroy") == ["vagrant destroy kube-control-plane --force"]
    assert fresh().status().state is State.READY


def test_ctrl_c_while_the_machines_start_ends_vagrant_and_leaves_what_can_be_mended(
    host: VirtualMachines, lab: Engine
) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.detail:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lab.up(interrupt)
    assert fresh().status().state is State.PARTIAL
    fresh().up(ignore)
    assert fresh().status().state is State.READY


def test_a_half_made_cluster_is_cleared_away_before_it_is_made_anew(host: VirtualMachines, lab: Engine) -> None:
    host.answers["kubeadm init"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        lab.up(ignore)
    del host.answers["kubeadm init"]
    host.answers["/etc/kubernetes/kubelet.conf"] = done()
    host.asked.clear()
    fresh().up(ignore)
    verbs = [line.split("kubeadm ")[1].split()[0] for line in host.asked if " root kubeadm " in line]
    assert verbs == ["reset", "reset", "init", "token", "join"]


def test_machines_that_do_not_come_in_time_end_the_wait(
    host: VirtualMachines, lab: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vagrant, "_MACHINES_SECONDS", -1)
    late = refusal(lab.up, ignore)
    assert late.key == "wait"
    assert "Vagrant to start the machines" in late.tried


# Other people's things


def test_a_machine_of_our_name_that_vagrant_did_not_make_for_us_is_refused_and_untouched(
    host: VirtualMachines, lab: Engine
) -> None:
    theirs = {"ckslab-own-kube-worker-1": {"id": "theirs", "state": "running"}}
    host.change(machines=theirs, volumes=["ckslab-own-kube-worker-1.img"])
    refused = refusal(lab.up, ignore)
    assert refused.key == "vagrant.taken"
    assert "ckslab-own-kube-worker-1" in refused.tried
    lab.down(ignore)
    assert host.world["machines"] == theirs
    assert host.world["volumes"] == ["ckslab-own-kube-worker-1.img"]


def test_a_second_lab_of_virtual_machines_would_have_the_same_addresses(made: Engine, host: VirtualMachines) -> None:
    refused = refusal(create_lab("another", Record("vagrant")).up, ignore)
    assert refused.key == "vagrant.addresses"
    assert "--name own down" in refused.next_step
    assert host.ran("vagrant up") == []


def test_without_vagrant_its_page_is_the_next_step(host: VirtualMachines, lab: Engine) -> None:
    (host.folder / "bin" / "vagrant").unlink()
    assert "vagrant" in refusal(lab.up, ignore).next_step


def test_a_libvirt_that_does_not_answer_is_told_before_anything_is_made(
    host: VirtualMachines, lab: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hypervisor, "_libvirt_said", lambda: "/run/libvirt/libvirt-sock: Connection refused")
    refused = refusal(lab.up, ignore)
    assert (refused.key, refused.came_back) == ("vagrant.libvirt", "/run/libvirt/libvirt-sock: Connection refused")
    assert host.ran("vagrant up") == []


# Removing it


def test_down_leaves_no_machine_disk_network_or_file(host: VirtualMachines, made: Engine) -> None:
    theirs = {"id": "theirs", "state": "running"}
    host.change(machines={**host.world["machines"], "mine": theirs}, volumes=[*host.world["volumes"], "mine.img"])
    made.down(ignore)
    world = host.world
    assert (world["machines"], world["volumes"], world["networks"]) == ({"mine": theirs}, ["mine.img"], [])
    assert not paths.lab("own").exists()
    assert made.status().state is State.ABSENT


def test_down_of_a_half_made_lab_removes_disks_that_vagrant_does_not_know(host: VirtualMachines, lab: Engine) -> None:
    host.change(trouble="kube-worker-1")
    refusal(lab.up, ignore)
    fresh().down(ignore)
    assert (host.world["machines"], host.world["volumes"]) == ({}, [])


def test_down_of_nothing_is_done(host: VirtualMachines, lab: Engine) -> None:
    lab.down(ignore)
    assert host.world["ran"] == []


# Snapshots


def test_where_the_baseline_does_not_help_the_snapshots_do(
    host: VirtualMachines, made: VagrantEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(made, Rescuer)
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)
    host.answers["bash -s restore worker"] = done(code=1, stderr="disk is read-only")
    rescue = made.rescue

    def restored() -> None:
        rescue()
        del host.answers["bash -s restore worker"]

    monkeypatch.setattr(made, "rescue", restored)
    said: list[str] = []
    baseline.restore(made, said.append)
    assert host.ran("vagrant snapshot restore") == [
        f"vagrant snapshot restore --no-provision {name} baseline" for name in MACHINES
    ]
    assert sum("date --utc --set" in line for line in host.asked) == 2
    assert any("once more" in words for words in said)


def test_without_snapshots_the_reason_of_the_baseline_stands(host: VirtualMachines, made: Engine) -> None:
    host.change(snapshots=[])
    host.answers["bash -s restore worker"] = done(code=1, stderr="disk is read-only")
    refused = refusal(baseline.restore, made)
    assert refused.key == "baseline.failed"
    assert "read-only" in refused.came_back


# Ways in


def test_the_learners_shell_is_on_the_control_plane_as_the_learner(made: Engine) -> None:
    argv = made.shell_argv()
    assert argv[0] == "ssh"
    assert argv[-2] == "kube-control-plane"
    assert argv[-3] == "-t"
    assert argv[-1].startswith("sudo --user candidate -- env --chdir=/home/candidate HOME=/home/candidate ")
    assert argv[-1].endswith(" bash --login")


def test_a_command_for_base_stays_a_list_and_needs_no_terminal(made: Engine) -> None:
    argv = made.shell_argv("echo", "$(reboot)", tty=False)
    assert argv[-1].endswith(" echo '$(reboot)'")
    assert argv[-3] == "-T"


def test_base_is_the_control_plane_itself(made: Engine) -> None:
    assert made.base() == made.nodes()[0]


# What was chosen


def test_a_lab_that_exists_keeps_what_was_chosen(made: Engine) -> None:
    assert isinstance(create_lab("own"), VagrantEngine)
    assert isinstance(create_lab("own", Record("vagrant", image="ckslab-made")), VagrantEngine)
    for wish in (Record("external"), Record("vagrant", machines=1), Record(provider="virtualbox")):
        with pytest.raises(UsageError) as caught:
            create_lab("own", wish)
        assert caught.value.key == "lab.chosen"


# What others say


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("1,kube-worker-1,ui,output,==> kube-worker-1: Booting VM...", "Booting VM..."),
        ("1,kube-worker-1,ui,detail,    kube-worker-1: a%!(VAGRANT_COMMA) b", "a, b"),
        ("1,kube-worker-1,ui,detail,    kube-worker-1: \\n    kube-worker-1: b", "b"),
        ("1,,ui,error,first\\nsecond", "first\nsecond"),
        ("1,kube-worker-1,metadata,provider,libvirt", ""),
        ("a traceback", ""),
    ],
)
def test_what_is_for_people_is_heard_without_marks(line: str, said: str) -> None:
    assert spoken(line) == said


def test_virtualboxs_machines_are_known_by_name_and_id(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = done(stdout='"mine" {0b2f-1}\n"another one" {0b2f-2}\n')
    monkeypatch.setattr("lab.cluster.host.processes.run", lambda *_, **__: listed)
    assert virtual.machines("virtualbox") == {"mine": "0b2f-1", "another one": "0b2f-2"}


def test_a_hypervisors_tool_that_hangs_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    def hangs(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("virsh", 30)

    monkeypatch.setattr("lab.cluster.host.processes.run", hangs)
    assert virtual.machines("libvirt") == {}
