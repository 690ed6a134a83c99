"""Base as a workstation: who reaches whom, by which name and key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
import yaml

from lab.cluster.engine import Completed, Role
from lab.cluster.machines import base
from lab.errors import LabError
from tests.unit.support.engines import done
from tests.unit.support.runtime import ADMIN

ADDRESSES = {"kube-control-plane": "10.89.0.2", "kube-worker-1": "10.89.0.3", "base": "10.89.0.4"}
HOSTS = "127.0.0.1\tlocalhost\n10.89.0.9\tkube-worker-1\t# ckslab\n"


@dataclass
class Machine:
    """A machine with files and nothing else."""

    name: str
    role: Role
    files: dict[str, bytes] = field(default_factory=lambda: {"/etc/hosts": HOSTS.encode()})
    modes: dict[str, int] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    refuses: str = "nothing"

    def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30) -> Completed:
        line = " ".join(argv)
        self.ran.append(line)
        if self.refuses in line:
            return done(argv, code=255, stderr="refused")
        match argv[0]:
            case "test":
                return done(argv, code=0 if all(map(self.files.get, argv[2::3])) else 1)
            case "ssh-keygen":
                self.files |= {argv[-1]: b"private", f"{argv[-1]}.pub": b"ssh-ed25519 KEY candidate@base\n"}
        return done(argv)

    def read(self, path: str) -> bytes:
        return self.files[path]

    def write(self, path: str, content: bytes, *, mode: int = 0o644) -> None:
        self.files[path], self.modes[path] = content, mode


@dataclass
class Room:
    base: Machine
    nodes: list[Machine]

    def furnish(self) -> None:
        base.furnish(self.base, self.nodes, ADDRESSES)

    @property
    def all(self) -> list[Machine]:
        return [*self.nodes, self.base]


@pytest.fixture
def room() -> Room:
    nodes = [Machine("kube-control-plane", "control-plane"), Machine("kube-worker-1", "worker")]
    for node in nodes:
        node.files["/etc/ssh/ssh_host_ed25519_key.pub"] = f"ssh-ed25519 OF-{node.name} root@node\n".encode()
    nodes[0].files["/etc/kubernetes/admin.conf"] = ADMIN.encode()
    return Room(Machine("base", "base"), nodes)


@pytest.fixture
def furnished(room: Room) -> Room:
    room.furnish()
    return room


def test_every_machine_knows_every_name_and_keeps_its_own_lines(furnished: Room) -> None:
    for machine in furnished.all:
        assert machine.files["/etc/hosts"].decode().splitlines() == [
            "127.0.0.1\tlocalhost",
            *(f"{address}\t{name}\t# ckslab" for name, address in ADDRESSES.items()),
        ]


def test_nodes_call_themselves_as_tasks_do(furnished: Room) -> None:
    assert "hostname kube-worker-1" in furnished.nodes[1].ran
    assert not any(line.startswith("hostname") for line in furnished.base.ran)


def test_the_key_is_made_on_base_and_never_leaves_it(furnished: Room) -> None:
    private = f"{base.HOME}/.ssh/id_ed25519"
    assert private in furnished.base.files
    for node in furnished.nodes:
        assert node.files[f"{base.HOME}/.ssh/authorized_keys"] == b"ssh-ed25519 KEY candidate@base\n"
        assert b"private" not in node.files.values()


@pytest.mark.parametrize("missing", ["id_ed25519", "id_ed25519.pub"])
def test_a_key_of_which_a_half_is_missing_is_made_anew(furnished: Room, missing: str) -> None:
    del furnished.base.files[f"{base.HOME}/.ssh/{missing}"]
    furnished.furnish()
    assert sum(line.startswith("ssh-keygen") for line in furnished.base.ran) == 2


def test_nobody_is_asked_whether_to_trust_a_node(furnished: Room) -> None:
    assert furnished.base.files[f"{base.HOME}/.ssh/known_hosts"].decode().splitlines() == [
        "kube-control-plane ssh-ed25519 OF-kube-control-plane root@node",
        "kube-worker-1 ssh-ed25519 OF-kube-worker-1 root@node",
    ]
    config = furnished.base.files[f"{base.HOME}/.ssh/config"]
    assert config.startswith(b"Host kube-control-plane kube-worker-1\n  User candidate\n")


def test_base_has_the_administrators_kubeconfig_with_the_name_that_the_learner_knows(furnished: Room) -> None:
    config = yaml.safe_load(furnished.base.files[f"{base.HOME}/.kube/config"])
    assert config["clusters"][0]["cluster"]["server"] == "https://kube-control-plane:6443"


def test_secrets_are_private_and_the_learners(furnished: Room) -> None:
    for file in (".ssh/config", ".ssh/known_hosts", ".kube/config"):
        assert furnished.base.modes[f"{base.HOME}/{file}"] == 0o600
    for machine in furnished.all:
        assert f"chown --recursive candidate:candidate {base.HOME}" in machine.ran
        assert f"chmod 700 {base.HOME}/.ssh" in machine.ran


def test_furnishing_again_keeps_the_key_and_adds_no_line_twice(furnished: Room) -> None:
    before = [dict(machine.files) for machine in furnished.all]
    furnished.furnish()
    assert [machine.files for machine in furnished.all] == before
    assert sum(line.startswith("ssh-keygen") for line in furnished.base.ran) == 1


def test_a_machine_that_refuses_is_named(room: Room) -> None:
    room.nodes[1].refuses = "chown"
    with pytest.raises(LabError, match="kube-worker-1: chown"):
        room.furnish()


def test_an_sshd_that_has_no_key_yet_is_awaited(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "_SSH_SECONDS", 0)
    room.nodes[1].files["/etc/ssh/ssh_host_ed25519_key.pub"] = b""
    with pytest.raises(LabError, match="sshd on kube-worker-1"):
        room.furnish()


def test_at_the_end_the_learner_gets_to_every_node(furnished: Room) -> None:
    tried = [line for line in furnished.base.ran if line.startswith("runuser --user candidate -- ssh ")]
    assert [line.split()[-2:] for line in tried] == [["kube-control-plane", "true"], ["kube-worker-1", "true"]]


def test_a_login_that_does_not_work_is_told(room: Room) -> None:
    room.base.refuses = "runuser"
    with pytest.raises(LabError) as caught:
        room.furnish()
    assert caught.value.key == "base.login"
    assert caught.value.came_back == "refused"


def test_base_may_be_one_of_the_nodes(room: Room) -> None:
    room.base = room.nodes[0]
    room.furnish()
    assert "hostname kube-control-plane" in room.base.ran
    assert f"{base.HOME}/.kube/config" in room.base.files
    assert room.base.files["/etc/hosts"].count(b"kube-worker-1") == 1
