"""A machine that is a Pod: what kubectl is asked, and what its answers mean."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence

import pytest

from lab.cluster.engine import Completed
from lab.cluster.host import processes
from lab.cluster.pods.hosting import HostCluster
from lab.cluster.pods.node import TELLING_ITS_END, PodNode
from lab.errors import LabError


def ended(code: int, words: bytes = b"") -> bytes:
    """What a command leaves on its standard error, and kubectl after it."""
    line = b"command terminated with exit code %d\n" % code if code else b""
    return words + b"\nckslab: exit code %d\n" % code + line


NODE = PodNode(HostCluster("/home/me/.kube/config", "classroom"), "ckslab-own", "kube-worker-1", "worker")


class Kubectl:
    """kubectl that answers as told."""

    def __init__(self) -> None:
        self.answer: Completed | Exception = Completed([], 0, b"", ended(0))
        self.ran: list[str] = []
        self.stdins: list[bytes] = []

    def run(self, argv: Sequence[str], *, env: Mapping[str, str], stdin: bytes = b"", timeout: float) -> Completed:
        self.ran.append(" ".join(argv))
        self.stdins.append(stdin)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def kubectl(monkeypatch: pytest.MonkeyPatch) -> Kubectl:
    made = Kubectl()
    monkeypatch.setattr(processes, "run", made.run)
    return made


def test_a_command_runs_in_the_container_that_is_the_machine_of_this_cluster_and_no_other(kubectl: Kubectl) -> None:
    NODE.run(["cat", "/etc/hosts"])
    assert kubectl.ran == [
        "kubectl --kubeconfig=/home/me/.kube/config --context=classroom exec --namespace=ckslab-own --container=node "
        f"--stdin kube-worker-1 -- {' '.join(TELLING_ITS_END)} cat /etc/hosts"
    ]


def test_bytes_go_in_and_out_as_they_are(kubectl: Kubectl) -> None:
    kubectl.answer = Completed([], 0, b"\xff\x00\n", ended(0))
    assert NODE.run(["cat"], stdin=b"\x00\xfe").stdout == b"\xff\x00\n"
    assert kubectl.stdins == [b"\x00\xfe"]


def test_a_command_that_fails_has_its_own_exit_code_and_its_own_words(kubectl: Kubectl) -> None:
    kubectl.answer = Completed([], 42, b"", ended(42, b"no such thing\n"))
    done = NODE.run(["false"])
    assert (done.code, done.stderr) == (42, b"no such thing\n")


def test_a_kubectl_of_the_learners_that_fails_is_no_machine_that_is_gone(kubectl: Kubectl) -> None:
    words = b"The connection to the server kube-control-plane:6443 was refused\n"
    kubectl.answer = Completed([], 1, b"", ended(1, words))
    assert NODE.run(["kubectl", "get", "pods"]).code == 1


def test_where_the_command_was_not_begun_the_machine_is_gone(kubectl: Kubectl) -> None:
    kubectl.answer = Completed([], 1, b"", b'Error from server (NotFound): pods "kube-worker-1" not found\n')
    with pytest.raises(LabError) as caught:
        NODE.run(["true"])
    assert caught.value.key == "node.gone"
    assert "not found" in caught.value.came_back


def test_a_command_whose_connection_was_lost_is_no_success(kubectl: Kubectl) -> None:
    kubectl.answer = Completed([], 0, b"half of what it", b"")
    with pytest.raises(LabError) as caught:
        NODE.run(["cat", "/etc/hosts"])
    assert caught.value.key == "node.gone"


def test_a_command_says_itself_how_it_ended() -> None:
    failed = subprocess.run([*TELLING_ITS_END, "sh", "-c", "echo words >&2; exit 7"], capture_output=True, check=False)
    assert (failed.returncode, failed.stderr) == (7, b"words\n\nckslab: exit code 7\n")


def test_a_command_that_does_not_end_is_told_with_the_machine_and_the_seconds(kubectl: Kubectl) -> None:
    kubectl.answer = subprocess.TimeoutExpired("kubectl", 5)
    with pytest.raises(LabError) as caught:
        NODE.run(["sleep", "99"], timeout=5)
    assert "`sleep 99` on kube-worker-1 did not end in 5 s" in caught.value.tried


def test_without_kubectl_it_is_said_what_to_install(kubectl: Kubectl) -> None:
    kubectl.answer = FileNotFoundError("kubectl")
    with pytest.raises(LabError) as caught:
        NODE.run(["true"])
    assert caught.value.key == "pods.kubectl"


def test_only_a_shell_for_a_person_has_a_terminal() -> None:
    assert "--tty" in NODE.argv("bash", tty=True)
    assert "--tty" not in NODE.argv("bash")
