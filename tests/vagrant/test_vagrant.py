"""The book's lab on real virtual machines: the exercises hold there, and so do snapshots, reset and `down`."""

from __future__ import annotations

import json
import subprocess

import pytest

from lab.cluster.record import load
from lab.cluster.vagrant import virtual
from lab.cluster.vagrant.engine import VagrantEngine
from lab.cluster.vagrant.hypervisor import facts
from tests.live.support import Cli
from tests.vagrant.conftest import UP_SECONDS, Watch

PROOFS = {
    # First what asks most of the machines, so that a run on slow ones fails soon.
    "gatekeeper-replica-limits": ("solution", "maximum-forgotten", "dryrun-action"),
    "busybox-security-context": ("solution", "escalation-unset", "group-forgotten"),
    "psa-warn-baseline": ("solution", "enforce-instead", "audit-instead"),
    "gvisor-runtimeclass": ("solution", "class-not-used", "handler-runc"),
    "etcd-encryption": ("solution", "identity-first", "file-not-mounted"),
    "apparmor-localhost": ("solution", "complain-mode", "unconfined"),
}
"""The solution of each exercise, and two of the mistakes that learners make."""
PROOF_SECONDS = 1800


def in_libvirt(*words: str) -> str:
    argv = ["virsh", "--connect", "qemu:///system", *words]
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout


def test_the_lab_has_the_books_names_and_addresses(ckslab: Cli) -> None:
    status = json.loads(ckslab.must("status", "--json"))
    assert (status["engine"], status["state"]) == ("vagrant", "ready")
    assert status["nodes"] == {"kube-control-plane": "Ready", "kube-worker-1": "Ready"}
    address = "jsonpath={.items[*].status.addresses[?(@.type=='InternalIP')].address}"
    assert ckslab.kubectl("get", "nodes", "--output", address).split() == ["192.168.56.10", "192.168.56.21"]


@pytest.mark.parametrize("node", ["kube-control-plane", "kube-worker-1"])
def test_base_reaches_a_node_by_name_as_candidate_who_may_become_root(ckslab: Cli, node: str) -> None:
    assert ckslab.must("ssh", node, "--", "sh", "-c", "hostname; id -un; sudo -n id -un").split() == [
        node,
        "candidate",
        "root",
    ]


def test_the_machines_lack_nothing_that_only_containers_lack(ckslab: Cli) -> None:
    memory = load(ckslab.lab)
    assert memory is not None
    assert set(memory.lacks) <= {"internet"}


@pytest.mark.parametrize(("exercise", "answer"), [(name, answer) for name, own in PROOFS.items() for answer in own])
def test_an_answer_gets_the_verdicts_that_it_gets_on_kind(
    ckslab: Cli, watch: Watch, exercise: str, answer: str
) -> None:
    with watch.step(f"prove {exercise} --answer {answer}"):
        # A proof that is remembered from other machines says nothing of these.
        ended = ckslab("prove", exercise, "--answer", answer, "--force", "--json", timeout=PROOF_SECONDS)
    assert ended.stdout, ended.stderr
    told = json.loads(ended.stdout)
    assert [own["problems"] for own in told["proofs"] if not own["holds"]] == []
    assert answer in {own["answer"] for own in told["proofs"] if not own["remembered"]}


def test_reset_gets_back_from_a_control_plane_without_manifests(ckslab: Cli, watch: Watch) -> None:
    ckslab.base("ssh kube-control-plane sudo rm /etc/kubernetes/manifests/kube-apiserver.yaml </dev/null")
    with watch.step("reset to the baseline"):
        ckslab.must("reset", timeout=PROOF_SECONDS)
    assert "kube-worker-1" in ckslab.kubectl("get", "nodes")


def test_where_even_the_baseline_is_lost_reset_goes_back_to_the_snapshots(ckslab: Cli, watch: Watch) -> None:
    ckslab.kubectl("create", "configmap", "made-later")
    ckslab.base("ssh kube-control-plane sudo rm -r /var/lib/ckslab </dev/null")
    with watch.step("reset by the snapshots"):
        ckslab.must("reset", timeout=PROOF_SECONDS)
    assert "made-later" not in ckslab.kubectl("get", "configmaps")
    # What the clock of a machine lacks, certificates and leases take ill.
    ahead = ckslab.must("ssh", "kube-worker-1", "--", "date", "+%s")
    assert abs(int(ahead) - int(ckslab.must("ssh", "kube-control-plane", "--", "date", "+%s"))) <= 60


def test_down_leaves_no_machine_and_no_file(ckslab: Cli, watch: Watch) -> None:
    provider = facts().provider
    assert provider is not None
    engine = VagrantEngine(ckslab.lab)
    with watch.step("down"):
        ckslab.must("down", timeout=UP_SECONDS)
    assert [name for name in virtual.machines(provider) if name.startswith(f"ckslab-{ckslab.lab}-")] == []
    if provider == "libvirt":
        assert f"ckslab-{ckslab.lab}" not in in_libvirt("net-list", "--all", "--name").split()
        assert f"ckslab-{ckslab.lab}-" not in in_libvirt("vol-list", "default")
    assert not engine.kubeconfig.parent.exists()
