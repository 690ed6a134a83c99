"""What goes wrong around a lab is told with the next step; nothing is lost, and nobody else's things are touched."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from lab.cluster.engine import Engine
from lab.cluster.host.containers import LABEL, Containers
from tests.live.support import Cli, belongings, engine_of, image_of, remains

EXERCISE = "busybox-security-context"
BOUND = 300
ETCD_BY_ITS_ADDRESS = """
ssh kube-control-plane sudo bash -eu <<'NODE'
pki=/etc/kubernetes/pki/etcd
etcdctl --endpoints "https://$(hostname -I | cut -d' ' -f1):2379" --cacert $pki/ca.crt \\
  --cert $pki/server.crt --key $pki/server.key endpoint health 2>&1
NODE
"""


@pytest.fixture
def engine(lab: Engine) -> Containers:
    return engine_of(lab.lab)


def verdicts(printed: str) -> set[str]:
    return {criterion["verdict"] for criterion in json.loads(printed)["criteria"]}


# A stranger of the same name


@pytest.fixture
def stranger(lab: Engine, engine: Containers) -> Iterator[tuple[Cli, str]]:
    """A lab that was not made yet, and the id of a container that already has the name of one of its nodes."""
    name = f"{lab.lab}-taken"
    created = engine.must("create", "--name", f"{name}-worker", "--entrypoint", "sleep", image_of(lab.lab), "infinity")
    yield Cli(name), created.text.strip()
    engine.must("rm", "--force", "--volumes", f"{name}-worker")


def test_a_strangers_container_of_a_labs_name_is_refused_and_untouched(
    engine: Containers, stranger: tuple[Cli, str]
) -> None:
    ckslab, container = stranger
    for verb in ("up", "down"):
        ended = ckslab(verb)
        assert ended.returncode == 3
        assert f"{ckslab.lab}-worker. They were not touched." in ended.stderr
    assert remains(belongings(ckslab.lab)) == [f"container {ckslab.lab}-worker"]
    assert [found["Id"] for found in engine.inspect(f"{ckslab.lab}-worker")] == [container]


def test_a_strangers_network_of_a_labs_name_is_refused_and_untouched(lab: Engine, engine: Containers) -> None:
    ckslab = Cli(f"{lab.lab}-taken")
    network = f"ckslab-{ckslab.lab}"
    engine.must("network", "create", "--label", f"{LABEL}=another", network)
    try:
        ended = ckslab("up")
        assert ended.returncode == 3
        assert network in ended.stderr
        assert remains(belongings(ckslab.lab)) == [f"network {network}"]
    finally:
        engine.must("network", "rm", network)


# The cluster gone


def test_a_cluster_that_is_gone_is_no_mistake_of_the_learner_and_up_brings_it_back(
    engine: Containers, lab: Engine, ckslab: Cli
) -> None:
    ckslab.must("start", EXERCISE)
    *nodes, base = belongings(lab.lab).containers
    engine.must("kill", *nodes)
    assert ckslab("status").returncode == 3
    gone = ckslab("grade", EXERCISE, "--json")
    assert gone.returncode == 3
    assert verdicts(gone.stdout) == {"broken"}

    engine.must("stop", "--time", "2", base)
    status = json.loads(ckslab("status", "--json").stdout)
    assert status["state"] == "stopped"
    ckslab.must("up", timeout=BOUND)
    assert json.loads(ckslab.must("status", "--json"))["nodes"]["kube-worker-1"] == "Ready"
    assert "is healthy" in ckslab.base(ETCD_BY_ITS_ADDRESS)
    graded = ckslab("grade", EXERCISE, "--json")
    assert graded.returncode == 1
    assert verdicts(graded.stdout) <= {"pass", "fail"}
