"""The pods engine: what it makes of each state of a lab, and whose Namespaces it touches."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from lab import paths
from lab.cluster import create_lab, open_lab, record
from lab.cluster.engine import Capability, State
from lab.cluster.host import containers
from lab.cluster.host.containers import Containers
from lab.cluster.image import node_image
from lab.cluster.pods import image_import
from lab.cluster.pods.engine import PodsEngine
from lab.cluster.pods.manifest import MACHINES
from lab.cluster.record import Record
from lab.errors import LabError, UsageError
from lab.progress import ignore
from tests.unit.support.engines import done
from tests.unit.support.host_cluster import HandMadeHost, lines, running, waiting

pytestmark = pytest.mark.usefixtures("english")

NAMESPACE = "/api/v1/namespaces/ckslab-own"
IMAGE = "localhost/ckslab-node:1"


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> HandMadeHost:
    monkeypatch.setattr(containers, "find", lambda runtime: Containers("podman"))
    monkeypatch.setattr(node_image, "ensure", lambda *_: IMAGE)
    monkeypatch.setattr(image_import, "import_image", lambda *_: None)
    return HandMadeHost().install(monkeypatch)


@pytest.fixture
def lab(host: HandMadeHost) -> PodsEngine:
    made = create_lab("own", Record("pods", kubeconfig="/home/me/config"))
    assert isinstance(made, PodsEngine)
    return made


@pytest.fixture
def made(host: HandMadeHost, lab: PodsEngine) -> PodsEngine:
    """A lab that is ready, as the next run of the program opens it."""
    lab.up(ignore)
    host.did.clear()
    return fresh()


def fresh() -> PodsEngine:
    opened = open_lab("own")
    assert isinstance(opened, PodsEngine)
    return opened


def say(host: HandMadeHost, machine: str, status: dict[str, object]) -> None:
    host.objects[f"{NAMESPACE}/pods/{machine}"]["status"] = status


def take_namespace(host: HandMadeHost) -> None:
    """Somebody else has one of this name."""
    labels = {"dev.ckslab.lab": "own", "dev.ckslab.owner": "somebody else"}
    host.objects[NAMESPACE] = {"metadata": {"name": "ckslab-own", "uid": "theirs", "labels": labels}}


def test_of_a_lab_that_was_never_made_the_host_is_not_asked(host: HandMadeHost, lab: PodsEngine) -> None:
    host.silent = True
    assert lab.status().state is State.ABSENT


def test_up_makes_the_fence_and_the_bounds_before_the_machines(host: HandMadeHost, lab: PodsEngine) -> None:
    lab.up(ignore)
    assert host.made() == ["namespaces", "resourcequotas", "networkpolicies", "services", "pods", "pods", "pods"]


def test_after_up_the_lab_is_ready(made: PodsEngine) -> None:
    assert made.status().state is State.READY
    assert set(made.status().nodes) >= {"kube-control-plane", "kube-worker-1"}


def test_up_does_nothing_to_a_lab_that_is_ready(host: HandMadeHost, made: PodsEngine) -> None:
    made.up(ignore)
    assert host.made() == []


def test_a_lab_stays_on_the_cluster_that_it_was_made_on(
    made: PodsEngine, host: HandMadeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.cluster.pods.engine.current_context", lambda _: "production")
    assert "--context=classroom" in fresh().shell_argv()
    assert "--kubeconfig=/home/me/config" in fresh().shell_argv()


def test_a_lab_that_exists_is_not_moved_to_another_context(made: PodsEngine) -> None:
    with pytest.raises(UsageError):
        create_lab("own", Record("pods", context="production"))


def test_the_network_of_pods_takes_no_larger_packets_than_the_hosts(host: HandMadeHost, made: PodsEngine) -> None:
    memory = record.load("own")
    assert memory is not None
    assert memory.addressing == {"pods": "10.250.0.0/16", "services": "10.251.0.0/16", "mtu": 1450}


def test_machines_know_each_other_before_there_is_a_cluster(host: HandMadeHost, lab: PodsEngine) -> None:
    lab.up(ignore)
    named = host.did.index(next(lines(host, "write /etc/hosts")))
    assert named < host.did.index(next(lines(host, "kubeadm init")))


def test_what_a_node_sends_to_pods_on_the_other_one_comes_from_its_bridge(host: HandMadeHost, lab: PodsEngine) -> None:
    lab.up(ignore)
    assert len(list(lines(host, "nft --file -"))) == 2
    assert any("ip daddr 10.250.0.0/16 ip saddr != 10.250.0.0/16 snat to 10.244.0.1" in said for said in host.stdins)


def test_a_node_that_was_made_anew_is_told_that_again(host: HandMadeHost, made: PodsEngine) -> None:
    say(host, "kube-worker-1", waiting("ContainerCreating"))
    stopped = fresh()
    say(host, "kube-worker-1", running("10.244.0.77"))
    stopped._revive(ignore)
    assert len(list(lines(host, "nft --file -"))) == 2


def test_certificates_can_be_made_anew_as_they_were_made(host: HandMadeHost, lab: PodsEngine) -> None:
    lab.up(ignore)
    assert list(lines(host, "write /kind/kubeadm.conf"))


def test_an_image_in_a_registry_is_not_carried_to_the_hosts_nodes(
    host: HandMadeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_import, "import_image", lambda *_: pytest.fail("carried"))
    create_lab("own", Record("pods", kubeconfig="/home/me/config", image="registry.example/node:1")).up(ignore)
    assert host.bodies[f"{NAMESPACE}/pods"]["spec"]["containers"][0]["image"] == "registry.example/node:1"


def test_host_nodes_are_given_the_image_before_there_is_a_bound_on_pods(
    host: HandMadeHost, lab: PodsEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[list[str]] = []
    monkeypatch.setattr(image_import, "import_image", lambda *_: made.append(host.made()))
    lab.up(ignore)
    assert made == [["namespaces"]]


def test_an_image_that_host_nodes_do_not_take_leaves_what_the_next_up_and_down_know(
    host: HandMadeHost, lab: PodsEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise LabError("pods.image", node="host-1")

    monkeypatch.setattr(image_import, "import_image", refuse)
    with pytest.raises(LabError):
        lab.up(ignore)
    assert fresh().status().state is State.PARTIAL
    fresh().down(ignore)
    assert NAMESPACE not in host.objects


def test_an_image_that_does_not_come_is_told_at_once_in_the_kubelets_words(host: HandMadeHost, lab: PodsEngine) -> None:
    host.starts = waiting("ErrImageNeverPull", "image is not present with pull policy of Never")
    with pytest.raises(LabError) as caught:
        lab.up(ignore)
    assert caught.value.key == "pods.pod"
    assert "base: ErrImageNeverPull image is not present" in caught.value.came_back


def test_a_namespace_of_somebody_else_is_left_alone_by_up(host: HandMadeHost, lab: PodsEngine) -> None:
    take_namespace(host)
    with pytest.raises(LabError) as caught:
        lab.up(ignore)
    assert caught.value.key == "pods.taken"
    assert host.did == []


def test_a_namespace_that_no_lab_made_is_left_alone(host: HandMadeHost, lab: PodsEngine) -> None:
    """It has no owner, and a lab that was never made has none either."""
    host.objects[NAMESPACE] = {"metadata": {"name": "ckslab-own", "uid": "theirs"}}
    with pytest.raises(LabError) as caught:
        lab.up(ignore)
    assert caught.value.key == "pods.taken"
    assert host.did == []


def test_a_namespace_of_somebody_else_is_left_alone_by_down(host: HandMadeHost, made: PodsEngine) -> None:
    take_namespace(host)
    with pytest.raises(LabError) as caught:
        made.down(ignore)
    assert caught.value.key == "pods.taken"
    assert host.did == []


def test_machines_of_somebody_else_are_not_taken_for_the_labs(host: HandMadeHost, made: PodsEngine) -> None:
    take_namespace(host)
    assert made.status().state is State.PARTIAL


def test_down_removes_the_namespace_by_its_uid_and_nothing_else(host: HandMadeHost, made: PodsEngine) -> None:
    made.down(ignore)
    assert host.did == [f"DELETE {NAMESPACE}"]
    assert host.bodies[NAMESPACE]["preconditions"] == {"uid": f"uid-of-{NAMESPACE}"}


def test_down_leaves_no_files(made: PodsEngine) -> None:
    made.down(ignore)
    assert not paths.lab("own").exists()


def test_down_of_a_lab_that_was_never_made_asks_nothing(host: HandMadeHost, lab: PodsEngine) -> None:
    host.silent = True
    lab.down(ignore)
    assert host.did == []


def test_a_machine_that_was_evicted_has_to_be_made_anew(host: HandMadeHost, made: PodsEngine) -> None:
    say(host, "kube-worker-1", {"phase": "Failed"})
    assert made.status().state is State.PARTIAL


def test_a_machine_that_is_being_started_again_is_waited_for(host: HandMadeHost, made: PodsEngine) -> None:
    say(host, "kube-worker-1", waiting("CrashLoopBackOff"))
    assert made.status().state is State.STOPPED
    assert made.status().nodes["kube-worker-1"] == "CrashLoopBackOff"
    assert not made.runs()


def test_machines_on_a_host_node_that_died_do_not_run_whatever_the_host_says_of_them(
    host: HandMadeHost, made: PodsEngine
) -> None:
    host.dead = {"host-1"}
    assert not made.runs()
    status = made.status()
    assert status.state is State.PARTIAL
    assert status.detail.startswith("Host node host-1 does not answer.")


def test_a_lab_whose_host_node_died_is_made_anew_on_another_one(host: HandMadeHost, made: PodsEngine) -> None:
    host.dead = {"host-1"}
    made.up(ignore)
    assert fresh().status().state is State.READY
    assert host.objects[f"{NAMESPACE}/pods/base"]["spec"]["nodeName"] == "host-2"


def test_pods_that_no_kubelet_will_end_are_removed_at_once(host: HandMadeHost, made: PodsEngine) -> None:
    host.dead = {"host-1"}
    made.down(ignore)
    assert host.did == [f"DELETE {NAMESPACE}", *(f"DELETE {NAMESPACE}/pods/{name}" for name in MACHINES)]
    assert host.bodies[f"{NAMESPACE}/pods/base"]["gracePeriodSeconds"] == 0


def test_machines_that_run_again_are_told_their_addresses(host: HandMadeHost, made: PodsEngine) -> None:
    say(host, "kube-worker-1", waiting("ContainerCreating"))
    stopped = fresh()
    state = stopped.status().state
    say(host, "kube-worker-1", running("10.244.0.77"))
    assert state is State.STOPPED
    stopped._revive(ignore)
    assert list(lines(host, "follow"))
    assert list(lines(host, "write /etc/hosts"))


def test_where_the_baseline_does_not_help_nodes_reset_themselves_and_are_told_their_names(
    host: HandMadeHost, made: PodsEngine
) -> None:
    def start_again(argv: Sequence[str]) -> None:
        """The host's kubelet does, when the machine has ended."""
        machine = argv[argv.index("--") - 1]
        pod = host.objects[f"{NAMESPACE}/pods/{machine}"]
        (container,) = pod["status"]["containerStatuses"]
        pod["status"] = {**pod["status"], "containerStatuses": [{**container, "restartCount": 1}]}

    host.happens["--force --force reboot"] = start_again
    made.rescue()
    assert [line.split()[0] for line in lines(host, "reboot")] == ["kube-control-plane", "kube-worker-1"]
    assert len(list(lines(host, "write /etc/hosts"))) == 3


def test_a_baseline_that_is_not_there_is_not_mended_by_a_restart(made: PodsEngine) -> None:
    assert made.can_rescue(LabError("baseline.failed", lab="own"))
    assert not made.can_rescue(LabError("baseline.missing", machine="base", lab="own"))


def test_a_machine_that_is_gone_is_not_mended_by_a_restart(host: HandMadeHost, made: PodsEngine) -> None:
    say(host, "kube-worker-1", {"phase": "Failed"})
    assert not made.can_rescue(LabError("baseline.failed", lab="own"))


def test_a_host_that_does_not_answer_is_told_as_such(host: HandMadeHost, made: PodsEngine) -> None:
    host.silent = True
    status = made.status()
    assert status.state is State.UNREACHABLE
    assert "no route" in status.detail


def test_the_learners_shell_is_that_of_the_learner_on_base(made: PodsEngine) -> None:
    argv = made.shell_argv("id", tty=False)
    assert "--tty" not in argv
    assert argv[argv.index("--") - 1] == "base"
    assert argv[argv.index("--") + 1 :][:3] == ["sudo", "--user", "candidate"]


def test_apparmor_is_the_hosts_own(made: PodsEngine) -> None:
    assert Capability.APPARMOR in made.lacks()


def test_a_lab_that_is_not_made_has_no_way_in(lab: PodsEngine) -> None:
    assert not lab.kubeconfig.exists()


def test_each_process_has_its_own_way_in(made: PodsEngine) -> None:
    kubeconfig = made.kubeconfig
    assert "server: https://127.0.0.1:" in kubeconfig.read_text()
    assert kubeconfig.stat().st_mode & 0o077 == 0


def test_what_kubeadm_says_where_it_gives_up_is_told(host: HandMadeHost, lab: PodsEngine) -> None:
    host.answers["kubeadm init"] = done(code=1, stdout="the kubelet is not healthy")
    with pytest.raises(LabError) as caught:
        lab.up(ignore)
    assert "the kubelet is not healthy" in caught.value.came_back
    assert fresh().status().state is State.PARTIAL
