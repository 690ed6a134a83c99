"""Machines reached by ssh: what it is asked for, what arrives on the other side, and what its silence means."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lab.cluster.machines import ssh
from lab.cluster.machines.ssh import Ssh, SshNode
from lab.errors import LabError
from tests.unit.support.home import program

# The other side runs what it is given by a shell, as sshd does; whoever is not root there becomes it by sudo.
HOST = """
import json, subprocess
with open(os.environ["ASKED"], "a") as asked:
    print(json.dumps(sys.argv[1:]), file=asked)
if os.path.exists(os.environ["GONE"]):
    os._exit(255)
sys.exit(subprocess.call(["sh", "-c", sys.argv[-1]]))
"""


class Host:
    """A host behind a program called ssh."""

    def __init__(self, folder: Path) -> None:
        self._asked = folder / "asked"
        self.gone = folder / "gone"
        self.node = SshNode(Ssh(Path("/lab/ssh_config"), folder / "s"), "kube-worker-1", "worker")

    @property
    def asked(self) -> list[list[str]]:
        return [json.loads(line) for line in self._asked.read_text().splitlines()]


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Host:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("ASKED", str(tmp_path / "asked"))
    monkeypatch.setenv("GONE", str(tmp_path / "gone"))
    program(tmp_path / "bin", "ssh", HOST)
    program(tmp_path / "bin", "id", "print(0)")
    return Host(tmp_path)


# Going in


def test_a_host_is_found_by_the_configuration_alone_and_nobody_is_asked_anything(host: Host) -> None:
    host.node.run(["true"])
    (asked,) = host.asked
    assert asked[:2] == ["-F", "/lab/ssh_config"]
    assert "BatchMode=yes" in asked
    assert asked[-3:-1] == ["-T", "kube-worker-1"]


@pytest.mark.parametrize("word", ["two  words", "$(reboot)", "a'b\"c", "line\nline", "", "*", "-n", "\\"])
def test_words_arrive_as_they_were_given(host: Host, word: str) -> None:
    script = "import json, sys; print(json.dumps(sys.argv[1:]))"
    assert json.loads(host.node.run([sys.executable, "-c", script, word]).stdout) == [word]


def test_what_is_given_and_what_comes_back_are_bytes(host: Host) -> None:
    content = bytes(range(256))
    assert host.node.run(["cat"], stdin=content).stdout == content


def test_code_and_words_of_a_command_are_its_own(host: Host) -> None:
    done = host.node.run(["sh", "-c", "echo out; echo err >&2; exit 7"])
    assert (done.code, done.text, done.error) == (7, "out\n", "err")
    assert done.argv[0] == "sh"


def test_who_is_not_root_there_becomes_it(host: Host, tmp_path: Path) -> None:
    program(tmp_path / "bin", "id", "print(1000)")
    program(tmp_path / "bin", "sudo", "print('sudo', *sys.argv[1:])")
    assert host.node.run(["reboot", "now"]).text == "sudo --non-interactive -- reboot now\n"


def test_one_connection_serves_all_commands(host: Host, tmp_path: Path) -> None:
    host.node.run(["true"])
    assert f"ControlPath={tmp_path / 's' / 'kube-worker-1'}" in host.asked[0]
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o700


def test_where_a_socket_would_have_too_long_an_address_there_is_none(tmp_path: Path) -> None:
    far = Ssh(Path("config"), tmp_path / ("x" * ssh._SOCKET_LENGTH))
    assert not [word for word in far.argv("kube-worker-1") if "Control" in word]


def test_the_connection_is_given_up_by_name(host: Host) -> None:
    host.node.ssh.close("kube-worker-1")
    assert host.asked[0][-3:] == ["-O", "exit", "kube-worker-1"]


def test_a_shell_has_a_terminal(host: Host) -> None:
    assert host.node.ssh.argv("kube-worker-1", tty=True)[-2:] == ["-t", "kube-worker-1"]


# Files


def test_a_file_is_as_it_was_written(host: Host, tmp_path: Path) -> None:
    path = str(tmp_path / "deep" / "a file")
    host.node.write(path, b"\0secret", mode=0o600)
    assert host.node.read(path) == b"\0secret"
    assert Path(path).stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_not_there_is_missing(host: Host, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="kube-worker-1"):
        host.node.read(str(tmp_path / "nowhere"))


# Failing


def test_a_host_that_does_not_let_us_in_is_gone(host: Host) -> None:
    host.gone.touch()
    with pytest.raises(LabError) as caught:
        host.node.run(["true"])
    assert caught.value.key == "node.gone"


def test_a_command_may_end_with_the_code_that_ssh_fails_with(host: Host) -> None:
    assert host.node.run(["sh", "-c", "exit 255"]).code == 255


def test_a_command_that_does_not_end_is_told_with_its_bound(host: Host) -> None:
    with pytest.raises(LabError) as caught:
        host.node.run(["sleep", "60"], timeout=0.2)
    assert caught.value.key == "node.timeout"
    assert "`sleep 60` on kube-worker-1" in caught.value.tried


def test_slower_machines_are_given_more_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given: list[float] = []

    def late(*_: object, timeout: float, **more: object) -> None:
        given.append(timeout)
        raise subprocess.TimeoutExpired("ssh", timeout)

    monkeypatch.setattr("lab.cluster.host.processes.run", late)
    node = SshNode(Ssh(Path("config"), tmp_path, pace=5), "kube-worker-1", "worker")
    with pytest.raises(LabError, match="10 s"):
        node.run(["true"], timeout=2)
    assert given == [10]


def test_without_ssh_here_its_package_is_the_next_step(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(LabError) as caught:
        host.node.run(["true"])
    assert "openssh-client" in caught.value.next_step
