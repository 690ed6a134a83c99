"""Finding a container runtime, and working with what it has."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from lab import paths
from lab.cluster.host import containers, processes
from lab.cluster.host import facts as host
from lab.cluster.host.containers import ContainerNode, Containers
from lab.errors import LabError
from tests.unit.support.engines import done
from tests.unit.support.home import only_path, program
from tests.unit.support.runtime import Container, HandMadeContainers

ANSWERS = "sys.exit(0)"
NO_DAEMON = "sys.exit('Cannot connect to the Docker daemon. Is it running?')"
RESTRICTED = "CapEff:\t00000000a80425fb\n"
ORDINARY = "CapEff:\t000001ffffffffff\n"


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where programs are found; there are none yet, and the machine is an ordinary one."""
    monkeypatch.setattr(host, "is_root", lambda: False)
    return only_path(monkeypatch, tmp_path / "bin")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> HandMadeContainers:
    return HandMadeContainers().install(monkeypatch)


def refusal(runtime: containers.Runtime | None = None) -> LabError:
    with pytest.raises(LabError) as caught:
        containers.find(runtime)
    return caught.value


# Which engine


def test_without_an_engine_setup_is_the_next_step(programs: Path) -> None:
    missing = refusal()
    assert missing.key == "runtime.missing"
    assert "ckslab setup --yes" in missing.next_step


def test_the_first_that_answers_is_taken(programs: Path) -> None:
    for name in ("docker", "podman"):
        program(programs, name, ANSWERS)
    assert containers.find().runtime == "docker"


def test_a_client_without_its_daemon_is_passed_over(programs: Path) -> None:
    program(programs, "docker", NO_DAEMON)
    program(programs, "podman", ANSWERS)
    assert containers.find().runtime == "podman"


def test_a_daemon_that_hangs_is_passed_over(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("docker", "podman"):
        program(programs, name, ANSWERS)
    engine = HandMadeContainers(answers={"docker": subprocess.TimeoutExpired("docker", 10)}).install(monkeypatch)
    assert containers.find().runtime == "podman"
    engine.answers["podman"] = done(code=1, stderr="broken")
    silent = refusal()
    assert silent.key == "runtime.not-running"
    assert silent.came_back == "docker: `docker ps` did not answer in 10 s.\npodman: broken"


def test_a_daemon_that_is_installed_but_not_started_is_told_with_its_clients_words(programs: Path) -> None:
    program(programs, "docker", NO_DAEMON)
    program(programs, "dockerd", ANSWERS)
    silent = refusal()
    assert silent.key == "runtime.not-running"
    assert silent.came_back == "docker: Cannot connect to the Docker daemon. Is it running?"
    assert "systemctl start docker" in silent.next_step


def test_a_client_whose_daemon_was_never_installed_is_no_engine(programs: Path) -> None:
    program(programs, "docker", NO_DAEMON)
    missing = refusal()
    assert missing.key == "runtime.missing"
    assert missing.came_back == "docker: Cannot connect to the Docker daemon. Is it running?"
    assert "ckslab setup --yes" in missing.next_step


def test_the_named_one_is_taken_even_if_an_earlier_one_answers(programs: Path) -> None:
    for name in ("docker", "podman"):
        program(programs, name, ANSWERS)
    assert containers.find("podman").runtime == "podman"


def test_the_named_one_is_not_there(programs: Path) -> None:
    program(programs, "podman", ANSWERS)
    missing = refusal("nerdctl")
    assert missing.key == "runtime.not-installed"
    assert "nerdctl" in missing.tried


def test_the_named_one_does_not_answer(programs: Path) -> None:
    program(programs, "docker", NO_DAEMON)
    program(programs, "podman", ANSWERS)
    assert refusal("docker").key == "runtime.not-running"


def test_podman_that_is_called_docker_is_podman(programs: Path) -> None:
    podman = program(programs, "podman", ANSWERS)
    (programs / "docker").symlink_to(podman)
    assert containers.find().runtime == "podman"
    assert refusal("docker").key == "runtime.not-installed"


# What podman is told where the machine is restricted


@pytest.fixture
def root(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(programs, "podman", ANSWERS)
    monkeypatch.setattr(host, "is_root", lambda: True)
    monkeypatch.setattr(host, "runs_systemd", lambda: True)
    monkeypatch.setattr(host, "this_process", lambda: ORDINARY)


@pytest.mark.usefixtures("root")
def test_an_ordinary_machine_keeps_its_own_configuration() -> None:
    assert containers.find().environment == {}


@pytest.mark.usefixtures("root")
def test_where_limits_cannot_be_raised_podman_raises_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "this_process", lambda: RESTRICTED)
    configuration = Path(containers.find().environment["CONTAINERS_CONF"])
    assert configuration.parent == paths.state()
    assert "default_ulimits = []" in configuration.read_text()


@pytest.mark.usefixtures("root")
def test_without_systemd_podman_manages_cgroups_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "runs_systemd", lambda: False)
    found = containers.find()
    assert 'cgroup_manager = "cgroupfs"' in Path(found.environment["CONTAINERS_CONF"]).read_text()
    assert found.argv("ps") == ["env", f"CONTAINERS_CONF={found.environment['CONTAINERS_CONF']}", "podman", "ps"]


@pytest.mark.usefixtures("root")
def test_docker_is_left_alone(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(programs, "docker", ANSWERS)
    monkeypatch.setattr(host, "this_process", lambda: RESTRICTED)
    assert containers.find("docker").environment == {}
    assert containers.find("docker").argv("ps") == ["docker", "ps"]


# What an engine knows


def test_inspect_tells_those_that_exist(engine: HandMadeContainers) -> None:
    engine.containers["live-base"] = Container()
    found = Containers("podman").inspect("live-base", "live-worker")
    assert [it["Name"] for it in found] == ["live-base"]


def test_inspect_of_nothing_is_nothing(engine: HandMadeContainers) -> None:
    engine.answers["inspect"] = done(code=125, stderr="Error: no such container")
    assert Containers("podman").inspect("live-base") == []


def test_what_is_no_json_is_nothing(engine: HandMadeContainers) -> None:
    engine.answers["inspect"] = done(stdout="level=warning")
    assert Containers("podman").inspect("live-base") == []


def test_a_network_that_does_not_exist_is_none(engine: HandMadeContainers) -> None:
    assert Containers("podman").network("ckslab-live") is None
    engine.networks["ckslab-live"] = {"a": "b"}
    assert json.dumps(Containers("podman").network("ckslab-live")).count('"a": "b"') == 1


def test_an_engine_removed_meanwhile_is_told(programs: Path) -> None:
    with pytest.raises(LabError) as caught:
        Containers("podman").call("ps")
    assert caught.value.key == "runtime.vanished"


def test_a_refusal_is_told_with_its_words(engine: HandMadeContainers) -> None:
    engine.answers["rm"] = done(code=2, stderr="container is in use")
    with pytest.raises(LabError) as caught:
        Containers("podman").must("rm", "live-base")
    assert caught.value.key == "engine.refused"
    assert caught.value.came_back == "container is in use"


def test_a_full_disk_is_told_as_such(engine: HandMadeContainers) -> None:
    engine.answers["run"] = done(code=125, stderr="write /var/lib: No space left on device")
    with pytest.raises(LabError) as caught:
        Containers("podman").must("run", "image")
    assert caught.value.key == "disk.full"


# A machine that is a container


@pytest.fixture
def node(engine: HandMadeContainers) -> ContainerNode:
    return ContainerNode(Containers("podman"), "live-worker", "kube-worker-1", "worker")


def test_a_command_runs_as_root_with_its_arguments_apart(engine: HandMadeContainers, node: ContainerNode) -> None:
    engine.answers["exec"] = done(stdout="a b\n")
    completed = node.run(["echo", "a b"])
    assert completed.argv == ["echo", "a b"]
    assert completed.text == "a b\n"
    assert engine.ran == ["podman exec --interactive --user 0 live-worker echo a b"]


def test_a_command_that_fails_is_no_error_of_the_lab(engine: HandMadeContainers, node: ContainerNode) -> None:
    engine.answers["exec"] = done(code=3, stderr="not found")
    assert node.run(["false"]).code == 3


@pytest.mark.parametrize(
    "words",
    [
        "Error: no such container live-worker",
        'Error: no container with name or ID "live-worker" found: no such container',
        "Error: can only create exec sessions on running containers: container state improper",
        "Error response from daemon: container 1f2e is not running",
    ],
)
def test_a_machine_that_is_gone_is_told(engine: HandMadeContainers, node: ContainerNode, words: str) -> None:
    engine.answers["exec"] = done(code=125, stderr=words)
    with pytest.raises(LabError) as caught:
        node.run(["true"])
    assert caught.value.key == "node.gone"
    assert "kube-worker-1" in caught.value.tried
    assert "ckslab up" in caught.value.next_step


def test_a_command_that_does_not_end_is_told(engine: HandMadeContainers, node: ContainerNode) -> None:
    engine.answers["exec"] = subprocess.TimeoutExpired("podman", 7)
    with pytest.raises(LabError) as caught:
        node.run(["sleep", "99"], timeout=7)
    assert caught.value.key == "node.timeout"
    assert "`sleep 99` on kube-worker-1 did not end in 7 s" in caught.value.tried


def test_a_file_is_read_byte_by_byte(engine: HandMadeContainers, node: ContainerNode) -> None:
    engine.answers["cat -- /etc/hosts"] = done(stdout="127.0.0.1 localhost\n")
    assert node.read("/etc/hosts") == b"127.0.0.1 localhost\n"


def test_a_file_that_is_not_there_is_python_s_own_error(engine: HandMadeContainers, node: ContainerNode) -> None:
    engine.answers["cat"] = done(code=1, stderr="cat: /nowhere: No such file or directory")
    with pytest.raises(FileNotFoundError, match="kube-worker-1:/nowhere"):
        node.read("/nowhere")


def test_a_file_that_cannot_be_written_is_told(engine: HandMadeContainers, node: ContainerNode) -> None:
    engine.answers["write /etc/a b"] = done(code=1, stderr="Read-only file system")
    with pytest.raises(LabError, match="write kube-worker-1:/etc/a b"):
        node.write("/etc/a b", b"content")


def test_a_file_is_written_by_a_script_that_a_shell_understands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, node: ContainerNode
) -> None:
    """The script itself, run here in place of the container."""
    monkeypatch.undo()
    real = processes.run
    monkeypatch.setattr(processes, "run", lambda argv, **more: real(argv[6:], **more))
    file = tmp_path / "new folder" / "secret"
    node.write(str(file), b"\x00content", mode=0o640)
    assert file.read_bytes() == b"\x00content"
    assert file.stat().st_mode & 0o777 == 0o640
    assert file.parent.stat().st_mode & 0o777 == 0o755
