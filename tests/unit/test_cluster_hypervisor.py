"""What a machine has for virtual machines, and what the doctor says of it before anyone waits for what cannot work."""

from __future__ import annotations

import platform
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from lab import paths
from lab.cluster import doctor, record
from lab.cluster.doctor import Examined
from lab.cluster.host import containers
from lab.cluster.host import facts as host
from lab.cluster.host.containers import Containers, Runtime
from lab.cluster.kind import engine as kind
from lab.cluster.record import Record
from lab.cluster.vagrant import hypervisor
from lab.cluster.vagrant.hypervisor import Facts
from lab.errors import LabError

GIBIBYTE = 2**30
GOOD = Facts(
    processor="x86_64",
    in_windows=False,
    accelerates=True,
    memory=16 * GIBIBYTE,
    wanted=5 * GIBIBYTE,
    has_vagrant=True,
    provider="virtualbox",
    libvirt_said="",
)
NAMES = ["Vagrant", "hypervisor", "processor", "memory for machines"]


# What the doctor says


def examined(monkeypatch: pytest.MonkeyPatch, facts: Facts, engine: str = "vagrant") -> dict[str, Examined]:
    """By name, what the doctor says where these are the facts."""
    monkeypatch.setattr(hypervisor, "facts", lambda: facts)
    return {own.name: own for own in doctor.examine("own", engine)}


def test_a_machine_in_order_has_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    found = examined(monkeypatch, GOOD)
    assert list(found) == [*NAMES, "disk"]
    assert {own.state for own in found.values()} == {"ok"}


@pytest.mark.parametrize(
    ("facts", "name", "says", "advice"),
    [
        (replace(GOOD, has_vagrant=False), "Vagrant", "no `vagrant`", "apt-get install vagrant"),
        (replace(GOOD, provider=None), "hypervisor", "neither VirtualBox nor", "virtualbox.org"),
        (replace(GOOD, provider="libvirt", libvirt_said="refused"), "hypervisor", "refused", "start libvirtd"),
        (replace(GOOD, processor="arm64"), "processor", "Apple silicon", "amd64"),
        (replace(GOOD, in_windows=True), "processor", "Hyper-V", "kind works here"),
        (replace(GOOD, accelerates=False), "processor", "vmx or svm", "nested virtualisation"),
        (replace(GOOD, memory=4 * GIBIBYTE), "memory for machines", "4.0 GiB", "ckslab up"),
    ],
)
def test_what_will_not_work_is_told_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, facts: Facts, name: str, says: str, advice: str
) -> None:
    found = examined(monkeypatch, facts)
    assert [own.name for own in found.values() if own.state == "problem"] == [name]
    assert says in found[name].says
    assert advice in found[name].next_step


def test_qemu_without_hardware_virtualisation_is_only_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    found = examined(monkeypatch, replace(GOOD, provider="libvirt", accelerates=False))
    assert found["processor"].state == "note"
    assert "slower" in found["processor"].says


def test_virtualbox_needs_no_libvirt(monkeypatch: pytest.MonkeyPatch) -> None:
    assert examined(monkeypatch, replace(GOOD, libvirt_said="refused"))["hypervisor"].state == "ok"


def test_a_processor_that_does_not_tell_is_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    assert examined(monkeypatch, replace(GOOD, accelerates=None))["processor"].state == "note"


def test_on_a_foreign_processor_nothing_is_said_of_its_virtualisation(monkeypatch: pytest.MonkeyPatch) -> None:
    says = examined(monkeypatch, replace(GOOD, processor="aarch64", accelerates=False))["processor"].says
    assert "aarch64" in says
    assert "vmx" not in says


# Whom it says that to


@pytest.fixture
def podman(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "find", lambda runtime: Containers("podman"))
    monkeypatch.setattr(kind, "find", lambda runtime: Containers("podman"))
    monkeypatch.setattr(Containers, "has_image", lambda *_: False)
    monkeypatch.setattr(Containers, "inspect", lambda *_: [])
    monkeypatch.setattr(Containers, "network", lambda *_: None)
    monkeypatch.setattr(host, "inotify_left", lambda: host.INOTIFY_WANTED)


def test_who_has_a_container_runtime_and_does_not_ask_hears_nothing_of_virtual_machines(
    monkeypatch: pytest.MonkeyPatch, podman: None
) -> None:
    assert not set(NAMES) & set(examined(monkeypatch, replace(GOOD, has_vagrant=False), engine=""))


def test_who_has_no_container_runtime_hears_what_virtual_machines_need(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(runtime: Runtime | None) -> Containers:
        raise LabError("runtime.missing")

    monkeypatch.setattr(containers, "find", none)
    monkeypatch.setattr(host, "inotify_left", lambda: host.INOTIFY_WANTED)
    found = examined(monkeypatch, GOOD, engine="")
    assert found["runtime"].state == "problem"
    assert set(NAMES) <= set(found)


def test_a_lab_of_virtual_machines_needs_not_be_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    record.save("own", Record(engine="vagrant"))
    monkeypatch.setattr(doctor, "_lab", lambda lab: [Examined(f"lab {lab}", "ok", "ready")])
    assert list(examined(monkeypatch, GOOD, engine="")) == [*NAMES, "disk", "lab own"]


# What is looked at


def programs(monkeypatch: pytest.MonkeyPatch, folder: Path, **scripts: str) -> None:
    """Only these programs are on the path."""
    folder.mkdir()
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_virtualbox_comes_before_libvirt(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    programs(monkeypatch, tmp_path / "bin", vagrant="echo 'vagrant-libvirt (0.11.2, system)'", VBoxManage="exit 1")
    assert hypervisor.facts().provider == "virtualbox"


@pytest.mark.parametrize(("plugins", "provider"), [("vagrant-libvirt (0.11.2, system)", "libvirt"), ("none", None)])
def test_libvirt_needs_vagrants_plugin(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, plugins: str, provider: str | None
) -> None:
    programs(monkeypatch, tmp_path / "bin", vagrant=f"echo '{plugins}'")
    found = hypervisor.facts()
    assert (found.has_vagrant, found.provider) == (True, provider)


def test_without_vagrant_its_plugins_are_not_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    programs(monkeypatch, tmp_path / "bin")
    found = hypervisor.facts()
    assert (found.has_vagrant, found.provider) == (False, None)


def test_a_daemon_that_does_not_answer_is_told_with_its_socket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = str(tmp_path / "sock")
    monkeypatch.setattr(hypervisor, "_SOCKETS", (place,))
    assert hypervisor.facts().libvirt_said == f"{place}: No such file or directory"
    with socket.socket(socket.AF_UNIX) as daemon:
        daemon.bind(place)
        daemon.listen()
        assert hypervisor.facts().libvirt_said == ""
    assert hypervisor.facts().libvirt_said == f"{place}: Connection refused"


def test_what_the_machines_take_stands_in_their_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    row = "  - {{name: {}, role: worker, address: 192.0.2.1, cpus: 1, memory: {}}}\n"
    (tmp_path / "machines.yaml").write_text("machines:\n" + row.format("a", 3072) + row.format("b", 1024))
    monkeypatch.setattr(paths, "data", lambda name: tmp_path)
    assert hypervisor.facts().wanted == 4 * GIBIBYTE


@pytest.mark.parametrize(
    ("cpuinfo", "accelerates"),
    [
        ("processor : 0\nflags\t\t: fpu vmx sse\n", True),
        ("flags\t\t: fpu svm\n", True),
        ("flags\t\t: fpu sse\n", False),
        ("Features\t: fp asimd\n", None),
    ],
)
def test_the_processors_flags_tell_of_hardware_virtualisation(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cpuinfo: str, accelerates: bool | None
) -> None:
    (tmp_path / "cpuinfo").write_text(cpuinfo)
    monkeypatch.setattr(hypervisor, "_PROCESSORS", tmp_path / "cpuinfo")
    assert hypervisor.facts().accelerates is accelerates


def test_a_machine_without_such_flags_does_not_tell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(hypervisor, "_PROCESSORS", tmp_path / "nothing")
    assert hypervisor.facts().accelerates is None


@pytest.mark.parametrize(
    ("release", "in_windows"), [("5.15.153.1-microsoft-standard-WSL2", True), ("6.1.0-26-amd64", False)]
)
def test_the_kernel_of_windows_subsystem_says_so(
    monkeypatch: pytest.MonkeyPatch, release: str, in_windows: bool
) -> None:
    monkeypatch.setattr(platform, "release", lambda: release)
    assert hypervisor.facts().in_windows is in_windows
