"""What was done in an exercise that deletes its objects is undone as thoroughly as by the baseline, and faster."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from lab.catalog.load import load
from lab.cluster.engine import Engine
from lab.cluster.machines import baseline
from tests.live.support import Cli

ANSWERS = {
    "psa-warn-baseline": ("every-namespace", "scratch-namespace", "policy-for-privileged-only", "pod-in-default"),
    "gvisor-runtimeclass": ("two-classes", "pod-elsewhere", "scheduling-and-sidecar"),
}
PASSING = ("events", "leases", "masterleases", "services/endpoints", "endpointslices", "ranges", "controllerrevisions")
"""What etcd holds that comes and goes by itself."""
READ = """
etcdctl --endpoints https://127.0.0.1:2379 --cacert /etc/kubernetes/pki/etcd/ca.crt \
  --cert /etc/kubernetes/pki/etcd/server.crt --key /etc/kubernetes/pki/etcd/server.key \
  get /registry/ --prefix --keys-only
"""


@pytest.fixture(scope="module", autouse=True)
def _clean_afterwards(ckslab: Cli) -> Iterator[None]:
    yield
    ckslab.must("reset", timeout=400)


@pytest.mark.parametrize("exercise", ANSWERS)
def test_a_start_after_any_answer_is_as_clean_as_one_from_the_baseline(
    exercise: str, lab: Engine, ckslab: Cli, capsys: pytest.CaptureFixture[str]
) -> None:
    ckslab.must("reset", timeout=400)
    ckslab.must("start", exercise, timeout=400)
    clean, way_back = everything(lab), last_way_back(lab)
    scripts = {answer.name: answer.script_text for answer in load().exercise(exercise).answers}
    for answer in ANSWERS[exercise]:
        ckslab.base(scripts[answer])
        began = time.monotonic()
        started = ckslab("start", exercise, timeout=400)
        with capsys.disabled():
            print(f"\n{exercise} after {answer}: started in {time.monotonic() - began:.1f} s ", end="")
        assert started.returncode == 0, started.stderr
        assert last_way_back(lab) == way_back
        assert everything(lab) == clean
        assert baseline.compare(lab) == {}


def everything(lab: Engine) -> set[str]:
    """All that etcd holds by name, and how namespaces and nodes are labelled, tainted and cordoned."""
    node = lab.nodes()[0]
    keys = node.run(["sh", "-c", READ]).text.split()
    listed = node.run(
        ["kubectl", "--kubeconfig=/etc/kubernetes/admin.conf", "get", "namespaces,nodes", "--output=json"]
    ).text
    marks = [
        json.dumps([item["metadata"]["name"], item["metadata"]["labels"], item["spec"]], sort_keys=True)
        for item in json.loads(listed)["items"]
    ]
    return {key for key in keys if not key.startswith(tuple(f"/registry/{kind}/" for kind in PASSING))} | set(marks)


def last_way_back(lab: Engine) -> str:
    """What etcd's revisions were raised by when the lab went back to the baseline for the last time."""
    return lab.nodes()[0].read("/var/lib/ckslab/baseline/whole/bump").decode()


def test_a_start_notices_damage_to_a_node_and_goes_back_to_the_baseline(lab: Engine, ckslab: Cli) -> None:
    ckslab.base("ssh kube-worker-1 'echo nonsense | sudo tee -a /etc/containerd/config.toml'")
    started = ckslab("start", "gvisor-runtimeclass", timeout=400)
    assert started.returncode == 0, started.stderr
    assert baseline.compare(lab) == {}
