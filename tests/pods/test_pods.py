"""A lab of Pods does what a lab of kind does, keeps to itself, and leaves nothing."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from lab.catalog.load import load
from lab.catalog.model import SOLUTION
from lab.clock import SYSTEM, wait_until
from lab.cluster import open_lab, record
from lab.cluster.pods import hosts, image_import, loader
from lab.cluster.pods.engine import PodsEngine
from lab.errors import LabError
from lab.progress import ignore
from tests.live.support import CLOSED_WEBHOOK, PROGRAM, Cli
from tests.live.test_reset import API_SERVER_DOWN, KUBELET_STOPPED
from tests.pods.conftest import UP_SECONDS, Kubectl
from tests.unit.support.hubs import free_port
from tests.vagrant.conftest import Watch

ALWAYS = {
    "read-only-root": ("solution", "web-only", "no-volumes"),
    "gvisor-runtimeclass": ("solution", "class-not-used", "handler-runc"),
    "deny-then-allow": ("solution", "ingress-only", "dns-cut"),
    "etcd-encryption": ("solution", "file-not-mounted", "key-too-short"),
    "secret-rbac": ("solution",),
}
"""Answers that are run each time, for each way of grading: containers, gVisor, NetworkPolicy, etcd, the API server."""
MISTAKES = 2
"""How many of each exercise are tried beside its solution."""
TRY_SECONDS = 900
RESET_SECONDS = 600
STRANGERS = "strangers"

WEBHOOK_THAT_REFUSES = f"kubectl apply -f - <<'YAML'\n{CLOSED_WEBHOOK}\nYAML\n"

LISTENER = """
apiVersion: v1
kind: Pod
metadata: {name: listener, namespace: %s}
spec:
  nodeName: %s
  terminationGracePeriodSeconds: 0
  containers:
  - name: listener
    image: %s
    imagePullPolicy: IfNotPresent
    command: [bash, -c, "while true; do nc -l -p 6443 < /dev/null; done"]
"""

REACH = 'for t; do timeout 3 bash -c "</dev/tcp/${t/:/\\/}" 2> /dev/null && echo "$t"; done; true'
"""A bash script: which of these `ADDRESS:PORT` take a connection."""


def engine(ckslab: Cli) -> PodsEngine:
    opened = open_lab(ckslab.lab)
    assert isinstance(opened, PodsEngine)
    return opened


@pytest.fixture(scope="module")
def listener(ckslab: Cli, on_host: Kubectl) -> Iterator[str]:
    """The address of a Pod of somebody else's on the host node that the lab is on: the nearest that there can be."""
    memory = record.load(ckslab.lab)
    assert memory is not None
    node = on_host("get", "pod", "base", f"--namespace=ckslab-{ckslab.lab}", "--output=jsonpath={.spec.nodeName}")
    on_host("create", "namespace", STRANGERS)
    on_host("apply", "--filename=-", stdin=LISTENER % (STRANGERS, node, memory.made_from))
    here = f"--namespace={STRANGERS}"
    on_host("wait", here, "--for=condition=Ready", "pod/listener", "--timeout=90s")
    yield on_host("get", "pod", "listener", here, "--output=jsonpath={.status.podIP}")
    on_host("delete", "namespace", STRANGERS)


def answers() -> Iterator[tuple[str, str]]:
    """Those of the chapter that are tried here, with their exercise's id."""
    for exercise in load().exercises:
        mistaken = [answer.name for answer in exercise.answers if answer.mistake]
        names = dict.fromkeys((*ALWAYS.get(exercise.id, ()), SOLUTION, *mistaken[:MISTAKES]))
        yield from ((exercise.id, name) for name in names)


@pytest.fixture(scope="module")
def impossible(ckslab: Cli) -> Mapping[str, str]:
    """Why an exercise cannot be done on Pods, by its id."""
    return {found["id"]: found["impossible"] for found in json.loads(ckslab.must("list", "--json"))}


@pytest.mark.parametrize(("exercise", "answer"), [*answers()])
def test_an_answer_gets_the_verdicts_that_it_gets_on_kind(
    ckslab: Cli, watch: Watch, impossible: Mapping[str, str], exercise: str, answer: str
) -> None:
    """Those of `ALWAYS` are run; of the others the proofs that still stand on this computer are taken for it."""
    if reason := impossible[exercise]:
        pytest.skip(reason)
    forced = ["--force"] if answer in ALWAYS.get(exercise, ()) else []
    with watch.step(f"{exercise} {answer}"):
        # Graded until two grades agree: an API server that crashes is being started for a moment, too.
        ckslab.must("prove", exercise, "--answer", answer, *forced, timeout=TRY_SECONDS)


@pytest.mark.parametrize("broken", [API_SERVER_DOWN, KUBELET_STOPPED, WEBHOOK_THAT_REFUSES])
def test_reset_gets_back_from_what_a_learner_broke(ckslab: Cli, watch: Watch, broken: str) -> None:
    ckslab.base(broken)
    with watch.step("reset"):
        ckslab.must("reset", timeout=RESET_SECONDS)
    assert json.loads(ckslab.must("status", "--json"))["state"] == "ready"


@pytest.mark.parametrize("machine", [0, 1])
def test_a_node_reaches_the_pods_on_the_other_one(ckslab: Cli, machine: int) -> None:
    """An API server has to reach webhooks."""
    asked = ["get", "pods", "--namespace=kube-system", "--selector=k8s-app=kube-dns", "--output"]
    servers = [f"{address}:53" for address in ckslab.kubectl(*asked, "jsonpath={.items[*].status.podIP}").split()]
    node = engine(ckslab).nodes()[machine]
    assert node.run(["bash", "-c", REACH, "reach", *servers], timeout=60).text.split() == servers


def test_a_machine_that_is_switched_off_comes_back_with_its_files(ckslab: Cli, on_host: Kubectl, watch: Watch) -> None:
    counted = "--output=jsonpath={.status.containerStatuses[0].restartCount}"
    restarts = ["get", "pod", "kube-worker-1", f"--namespace=ckslab-{ckslab.lab}", counted]
    before = int(on_host(*restarts))
    ckslab.must("ssh", "kube-worker-1", "--", "tee", "notes", stdin="mine")
    with suppress(LabError):  # the command ends with its machine
        engine(ckslab).nodes()[1].run(["systemctl", "--force", "--force", "poweroff"])
    with watch.step("up after a machine was switched off"):
        assert wait_until(lambda: int(on_host(*restarts)) > before, SYSTEM, bound=60)
        ckslab.must("up", timeout=RESET_SECONDS)
    assert ckslab.must("ssh", "kube-worker-1", "--", "cat", "notes") == "mine"
    router = ["crictl", "ps", "--quiet", "--name", "kube-router"]
    assert wait_until(lambda: bool(engine(ckslab).nodes()[1].run(router).text), SYSTEM, bound=120)


def test_nobody_else_in_the_host_cluster_reaches_a_machine(ckslab: Cli, on_host: Kubectl, listener: str) -> None:
    ports = {"kube-control-plane": (22, 6443, 10250), "kube-worker-1": (22, 10250), "base": (22,)}
    machines = [f"{address}:{port}" for name, address in engine(ckslab).addresses().items() for port in ports[name]]
    dns = on_host("get", "service", "kube-dns", "--namespace=kube-system", "--output=jsonpath={.spec.clusterIP}")
    tried = ["exec", f"--namespace={STRANGERS}", "listener", "--", "bash", "-c", REACH, "reach"]
    assert on_host(*tried, *machines, f"{dns}:53").split() == [f"{dns}:53"]


@pytest.mark.parametrize("machine", ["kube-worker-1", "base"])
def test_a_machine_reaches_neither_the_host_cluster_nor_anyone_in_it(
    ckslab: Cli, on_host: Kubectl, listener: str, machine: str
) -> None:
    """Its own API server is reached, so that it is no network that is merely down."""
    addresses = on_host(
        "get", "nodes", "--output=jsonpath={.items[*].status.addresses[?(@.type=='InternalIP')].address}"
    )
    service = on_host("get", "service", "kubernetes", "--output=jsonpath={.spec.clusterIP}")
    theirs = [f"{address}:{port}" for address in addresses.split() for port in (6443, 10250)]
    metadata = "169.254.169.254:80"
    own = f"{engine(ckslab).addresses()['kube-control-plane']}:6443"
    (node,) = (each for each in (*engine(ckslab).nodes(), engine(ckslab).base()) if each.name == machine)
    tried = [*theirs, f"{service}:443", metadata, f"{listener}:6443", own]
    assert node.run(["bash", "-c", REACH, "reach", *tried], timeout=60).text.split() == [own]


def test_a_host_node_that_is_no_container_here_is_given_the_image_by_a_pod(
    ckslab: Cli, on_host: Kubectl, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control plane, which no seat is on, as if it were far away."""
    memory, host = record.load(ckslab.lab), engine(ckslab).host
    assert memory is not None
    nodes = host.items("/api/v1/nodes")
    node = next(each for each in nodes if each not in hosts.for_seats(nodes))
    found = image_import._container(node)
    if found is None:
        pytest.skip("the image cannot be taken away there")
    runtime, container = found
    runtime.call("exec", container, "crictl", "rmi", memory.made_from)
    others = [each for each in node["status"]["images"] if memory.made_from not in each["names"]]
    monkeypatch.setattr(image_import, "_container", lambda _: None)
    bare = {**node, "status": {**node["status"], "images": others}}
    with loader.namespace(host, ckslab.lab) as namespace, watch.step("the image, by a Pod"):
        image_import.import_image(memory.made_from, runtime, host, namespace, [bare], ignore)
        assert on_host("get", "pods", f"--namespace={namespace}", "--output=name") == ""
    listed = runtime.must("exec", container, "ctr", "--namespace=k8s.io", "images", "list", "--quiet")
    assert memory.made_from in listed.text.split()


def test_a_class_is_rehearsed_on_the_host_cluster(on_host: Kubectl, watch: Watch, tmp_path: Path) -> None:
    file = tmp_path / "class.yaml"
    facts = {"id": "pods-class", "title": "Pods", "exercises": ["psa-warn-baseline"], "learners": ["Ada"]}
    where = {"engine": "pods", "kubeconfig": str(on_host.kubeconfig), "port": free_port(), "ssh_port": free_port()}
    file.write_text(yaml.safe_dump(facts | where))
    argv = [PROGRAM, "--lang", "en", "class", "check", "--file", str(file)]
    with watch.step("class check"):
        ended = subprocess.run(argv, capture_output=True, text=True, timeout=UP_SECONDS, check=False)
    assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"
    assert "ckslab-pods-class" not in on_host("get", "namespaces", "--output=name")


def test_down_leaves_nothing_in_the_host_cluster(ckslab: Cli, on_host: Kubectl, watch: Watch) -> None:
    """A second lab, so that the first goes on; and somebody else's Namespace of a third one's name stays."""
    other = Cli(f"{ckslab.lab}-2")
    before = on_host("get", "namespaces", "--output=name")
    with watch.step("up, with the image there"):
        other.must("up", "--engine", "pods", "--kubeconfig", str(on_host.kubeconfig), timeout=RESET_SECONDS)
    with watch.step("down"):
        other.must("down", timeout=RESET_SECONDS)
    assert on_host("get", "namespaces", "--output=name") == before
    kinds = "pods,services,networkpolicies,resourcequotas"
    assert not on_host("get", kinds, "--all-namespaces", f"--selector=dev.ckslab.lab={other.lab}", "--output=name")


def test_a_namespace_of_somebody_else_is_refused_and_stays(ckslab: Cli, on_host: Kubectl) -> None:
    other = Cli(f"{ckslab.lab}-3")
    on_host("create", "namespace", f"ckslab-{other.lab}")
    try:
        refused = other("up", "--engine", "pods", "--kubeconfig", str(on_host.kubeconfig))
        assert refused.returncode == 3
        assert "It was not touched" in refused.stderr
        other("down")
        assert on_host("get", "namespace", f"ckslab-{other.lab}", "--output=jsonpath={.status.phase}") == "Active"
    finally:
        on_host("delete", "namespace", f"ckslab-{other.lab}")
        other("down")
