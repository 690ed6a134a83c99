"""A hub inside the host cluster: a learner comes in and is graded there, and finds all of it again in a new Pod."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import pytest

from lab.clock import SYSTEM, wait_until
from lab.cluster.host import containers
from lab.workshop import class_file, deployment
from lab.workshop.authority import Authority
from lab.workshop.class_file import Learner
from lab.workshop.visit import by_browser, by_ssh
from tests.live.support import PROGRAM, Cli
from tests.pods import host
from tests.pods.conftest import UP_SECONDS, Kubectl
from tests.unit.conftest import english
from tests.unit.support.hubs import free_port
from tests.vagrant.conftest import Watch
from tests.workshop.conftest import OPEN_SECONDS, Room
from tests.workshop.learner import F6, answer, come_in, grade, script, start

__all__ = ["english"]
pytestmark = pytest.mark.usefixtures("english")

NAME = "hub-test"
EXERCISE = "psa-warn-baseline"
STATE = "/var/lib/ckslab/state/ckslab/classes"
VOLUME = """
apiVersion: v1
kind: PersistentVolume
metadata: {name: %(name)s}
spec:
  capacity: {storage: 2Gi}
  accessModes: [ReadWriteOnce]
  claimRef: {namespace: %(namespace)s, name: state}
  local: {path: /var/lib/%(name)s}
  nodeAffinity:
    required:
      nodeSelectorTerms:
      - matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [%(node)s]}]
"""
"""A host cluster of kind's has nothing that makes volumes."""
POD = """
apiVersion: v1
kind: Pod
metadata: {name: stranger}
spec: {containers: [{name: c, image: c}]}
"""


@dataclass(frozen=True, slots=True)
class SeatOfHub(Cli):
    """The command line inside the hub, for the lab of a seat."""

    inside: tuple[str, ...]

    def argv(self, *arguments: str) -> list[str]:
        return [*self.inside, "--name", self.lab, *arguments]


class Hub(Room):
    """A class whose hub is in the cluster: its verbs are run there."""

    def __init__(self, file: Path, on_host: Kubectl) -> None:
        super().__init__(file)
        self.on_host = on_host
        self.namespace = deployment.namespace_of(self.class_)

    def kubectl(self, *words: str) -> list[str]:
        return ["kubectl", f"--kubeconfig={self.on_host.kubeconfig}", f"--namespace={self.namespace}", *words]

    def exec(self, *command: str) -> tuple[str, ...]:
        return tuple(self.kubectl("exec", "--stdin", "deployment/hub", "--", *command))

    def argv(self, *arguments: str) -> list[str]:
        return [*self.exec("ckslab", "--lang", "en", "class"), *arguments]

    def here(self, verb: str) -> str:
        """What a verb prints that is run on this computer."""
        argv = [PROGRAM, "--lang", "en", "class", verb, "--file", str(self.file)]
        ended = subprocess.run(argv, capture_output=True, text=True, timeout=UP_SECONDS, check=False)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    @property
    def proof(self) -> Authority:
        """As on a slip, of which the rest is not needed here."""
        for name in ("hub.pem", "ssh.key"):
            copied = subprocess.run(self.exec("cat", f"{STATE}/{NAME}/{name}"), capture_output=True, check=True)
            self.file.with_name(name).write_bytes(copied.stdout)
        certificate, key = (self.file.with_name(name) for name in ("hub.pem", "ssh.key"))
        return Authority(certificate, key, key, "", "")

    def base(self, learner: Learner) -> SeatOfHub:
        return SeatOfHub(learner.seat, self.exec("ckslab", "--lang", "en"))

    def await_pod(self) -> None:
        """Wait until a hub lets learners in."""
        self.on_host(
            "rollout", "status", "deployment/hub", f"--namespace={self.namespace}", "--timeout=300s", timeout=320
        )

    @contextmanager
    def doors(self) -> Iterator[None]:
        """Both doors, at ports of this computer."""
        ports = [f"{self.class_.port}:https", f"{self.class_.ssh_port}:ssh"]
        forward = self.kubectl("port-forward", "service/hub", *ports)
        with subprocess.Popen(forward, stdout=subprocess.DEVNULL) as forwarding:
            try:
                assert wait_until(lambda: _listens(self.class_.ssh_port), SYSTEM, bound=OPEN_SECONDS)
                yield
            finally:
                forwarding.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def hub(on_host: Kubectl, watch: Watch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub that runs, and a seat of its making. Whatever becomes of the tests, nothing of it stays."""
    file = tmp_path_factory.mktemp("class") / class_file.FILE
    file.write_text(
        f"id: {NAME}\ntitle: M\nexercises: [{EXERCISE}]\nlearners: [Ada]\nengine: pods\n"
        f"kubeconfig: {on_host.kubeconfig}\nport: {free_port()}\nssh_port: {free_port()}\n",
        encoding="utf-8",
    )
    made = Hub(file, on_host)
    with watch.step("class images"):
        made.here("images")
    manifest = made.here("manifest")
    with contextlib.ExitStack() as stack:
        stack.enter_context(_volume(on_host, made.namespace))
        stack.callback(_remove, made, manifest)
        with watch.step("kubectl apply, until the hub lets learners in"):
            on_host("apply", "--filename=-", stdin=manifest)
            made.await_pod()
        with watch.step(f"class up of {len(made.class_.seats)} seats, inside"):
            made.must("up", "--consent", NAME)
        yield made


@contextmanager
def _volume(on_host: Kubectl, namespace: str) -> Iterator[None]:
    """A volume for the hub, where the host cluster is kind's (`tests/pods/host.py`): nothing there makes any."""
    runtime = containers.find()
    _, worker, _ = host.nodes(runtime)
    if not runtime.inspect(worker.container):
        yield
        return
    volume = VOLUME % {"name": namespace, "namespace": namespace, "node": worker.name}
    worker.run(["mkdir", "--parents", f"/var/lib/{namespace}"])
    on_host("apply", "--filename=-", stdin=volume)
    try:
        yield
    finally:
        on_host("delete", "--filename=-", stdin=volume, timeout=UP_SECONDS)
        worker.run(["rm", "--recursive", f"/var/lib/{namespace}"])


def _remove(hub: Hub, manifest: str) -> None:
    """As the first lines of the manifest say."""
    hub.on_host("delete", "--ignore-not-found", "--filename=-", stdin=manifest, timeout=UP_SECONDS)
    seats = f"--selector=dev.ckslab.lab in ({', '.join(hub.class_.seats)})"
    hub.on_host("delete", "namespace", seats, timeout=UP_SECONDS)


async def test_a_learner_comes_in_and_is_graded(hub: Hub, watch: Watch) -> None:
    (learner,) = hub.class_.learners
    place, slip = script(hub, learner, EXERCISE, "solution"), hub.slip(learner)
    with hub.doors():
        async with by_browser(slip, hub.proof) as window:
            began = time.monotonic()
            await come_in(window)
            watch.note("token to prompt, by browser", time.monotonic() - began)
            await start(window, hub, learner, EXERCISE)
            await window.type(F6)
            await answer(window, place)
            cell, seconds = await grade(window, hub, learner, EXERCISE, 1)
            watch.note("F5 to its marks, as `class board --json` tells them", seconds)
            assert cell["passed"]


async def test_a_hub_whose_pod_is_deleted_comes_back_and_has_lost_nothing(hub: Hub, watch: Watch) -> None:
    (learner,) = hub.class_.learners
    key = asyncssh.generate_private_key("ssh-ed25519")
    slip = hub.slip(learner, "--another-door")
    with hub.doors():
        async with by_ssh(slip, hub.proof, key) as window:
            await come_in(window)
            await window.type(F6)
            await window.type("echo still-$((6*7))\r")
            await window.see("still-42", OPEN_SECONDS)
    before = hub.must("export")
    assert EXERCISE in before
    with watch.step("kubectl delete pod, until another hub lets learners in"):
        hub.on_host("delete", "pod", "--selector=app=hub", f"--namespace={hub.namespace}")
        hub.await_pod()
    assert hub.must("export") == before
    with hub.doors():
        async with by_ssh(slip, hub.proof, key) as window:
            await come_in(window, "still-42")


@pytest.mark.parametrize("namespace", ["kube-system", "default"])
def test_the_hub_may_not_make_pods_elsewhere(hub: Hub, namespace: str) -> None:
    account = f"--as=system:serviceaccount:{hub.namespace}:hub"
    tried = hub.kubectl("create", account, "--dry-run=server", "--filename=-", f"--namespace={namespace}")
    refused = subprocess.run(tried, input=POD, capture_output=True, text=True, check=False)
    assert f"the hub of class {NAME} is kept to the Namespaces of its seats" in refused.stderr
