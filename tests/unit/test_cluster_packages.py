"""System packages: installed with the user's consent and not without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from lab.cluster.engine import Completed
from lab.cluster.host import facts as host
from lab.cluster.host import packages, processes
from lab.errors import LabError
from lab.progress import Progress, ignore
from tests.unit.support.engines import done
from tests.unit.support.home import only_path, program


class Machine:
    """A Debian whose apt-get puts programs in place, and nothing is installed yet."""

    def __init__(self, programs: Path) -> None:
        self.programs = programs
        self.ran: list[str] = []
        self.environments: list[Mapping[str, str]] = []
        self.refusal: Completed | None = None
        program(programs, "apt-get", "")

    def has(self, *names: str) -> None:
        for name in names:
            program(self.programs, name, "sys.exit(0)")

    def watch(self, argv: Sequence[str], *, env: Mapping[str, str], on_line: Any, stdin: bytes = b"") -> Completed:
        self.ran.append(" ".join(argv))
        self.environments.append(env)
        on_line("Reading package lists")
        if self.refusal:
            return self.refusal
        if "install" in argv:
            self.has(*argv[argv.index("--no-install-recommends") + 1 :])
        return done(argv)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    monkeypatch.setattr(host, "is_root", lambda: True)
    monkeypatch.setattr(host, "runs_systemd", lambda: True)
    monkeypatch.setattr(host, "this_process", lambda: "CapEff:\t000001ffffffffff\n")
    made = Machine(only_path(monkeypatch, tmp_path / "bin"))
    monkeypatch.setattr(processes, "watch", made.watch)
    return made


def test_without_consent_nothing_is_installed_and_the_command_is_told(machine: Machine) -> None:
    with pytest.raises(LabError) as caught:
        packages.container_runtime(ignore, None, yes=False)
    assert caught.value.key == "packages.consent"
    assert "ckslab setup --yes" in caught.value.next_step
    assert "apt-get install --yes --no-install-recommends podman runc" in caught.value.next_step
    assert machine.ran == []


def test_with_consent_podman_comes_with_its_network(machine: Machine) -> None:
    told: list[Progress] = []
    assert packages.container_runtime(told.append, None, yes=True).runtime == "podman"
    assert machine.ran == [
        "apt-get update",
        "apt-get install --yes --no-install-recommends podman runc iptables netavark aardvark-dns",
    ]
    assert machine.environments[0]["DEBIAN_FRONTEND"] == "noninteractive"
    assert told[-1].detail == "Reading package lists"


def test_a_user_who_is_not_root_is_asked_by_sudo(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "is_root", lambda: False)
    packages.container_runtime(ignore, None, yes=True)
    assert machine.ran[0] == "sudo apt-get update"


def test_an_engine_that_answers_is_taken_as_it_is(machine: Machine) -> None:
    machine.has("docker")
    assert packages.container_runtime(ignore, None, yes=True).runtime == "docker"
    assert machine.ran == []


def test_a_podman_that_lacks_its_runtime_gets_it(machine: Machine) -> None:
    machine.has("podman", "iptables")
    packages.container_runtime(ignore, None, yes=True)
    assert "runc" in machine.ran[1]


def test_a_podman_that_has_all_of_it_is_left_alone(machine: Machine) -> None:
    machine.has("podman", "iptables", "runc")
    packages.container_runtime(ignore, None, yes=True)
    assert machine.ran == []


def test_an_engine_that_is_there_but_does_not_answer_is_not_replaced(machine: Machine) -> None:
    program(machine.programs, "docker", "sys.exit('Is the docker daemon running?')")
    machine.has("dockerd")
    with pytest.raises(LabError) as caught:
        packages.container_runtime(ignore, None, yes=True)
    assert caught.value.key == "runtime.not-running"
    assert machine.ran == []


def test_beside_a_client_whose_daemon_was_never_installed_podman_comes(machine: Machine) -> None:
    program(machine.programs, "docker", "sys.exit('Is the docker daemon running?')")
    assert packages.container_runtime(ignore, None, yes=True).runtime == "podman"


def test_the_named_engine_is_not_replaced_by_another(machine: Machine) -> None:
    with pytest.raises(LabError) as caught:
        packages.container_runtime(ignore, "docker", yes=True)
    assert caught.value.key == "runtime.not-installed"
    assert machine.ran == []


def test_without_apt_the_missing_engine_is_told(machine: Machine) -> None:
    (machine.programs / "apt-get").unlink()
    with pytest.raises(LabError) as caught:
        packages.container_runtime(ignore, None, yes=True)
    assert caught.value.key == "runtime.missing"


def test_a_package_server_that_is_not_reached_is_told_with_its_words(machine: Machine) -> None:
    machine.refusal = done(code=100, stdout="E: Failed to fetch http://deb.debian.org")
    with pytest.raises(LabError) as caught:
        packages.container_runtime(ignore, None, yes=True)
    assert "Failed to fetch" in caught.value.came_back
    assert machine.ran == ["apt-get update"]


def test_a_full_disk_is_told_as_such(machine: Machine) -> None:
    machine.refusal = done(code=100, stdout="dpkg: error: No space left on device")
    with pytest.raises(LabError) as caught:
        packages.for_building(ignore, yes=True)
    assert caught.value.key == "disk.full"


def test_building_needs_a_bootstrapper(machine: Machine) -> None:
    packages.for_building(ignore, yes=True)
    assert machine.ran[1].endswith("mmdebstrap debian-archive-keyring")
    machine.ran.clear()
    packages.for_building(ignore, yes=False)
    assert machine.ran == []


def test_elsewhere_building_says_what_is_missing(machine: Machine) -> None:
    (machine.programs / "apt-get").unlink()
    with pytest.raises(LabError) as caught:
        packages.for_building(ignore, yes=True)
    assert caught.value.key == "packages.unknown"
    assert "mmdebstrap" in caught.value.tried
