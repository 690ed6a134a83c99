"""What goes wrong around a lab is told with the next step; nothing is lost, and nobody else's things are touched."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator

import pytest

from lab.clock import SYSTEM, wait_until
from lab.cluster import record
from lab.cluster.containers import LABEL, Containers
from lab.cluster.engine import Engine
from tests.live.support import Cli, belongings, engine_of, remains

EXERCISE = "busybox-security-context"
BOUND = 300


@pytest.fixture
def engine(lab: Engine) -> Containers:
    return engine_of(lab.lab)


def image_of(lab: Engine) -> str:
    memory = record.load(lab.lab)
    assert memory is not None
    return memory.made_from


def machines(engine: Containers, lab: Engine) -> dict[str, str]:
    """Id of each machine of a lab -> since when it runs."""
    names = belongings(lab.lab).containers
    return {found["Id"]: found["State"]["StartedAt"] for found in engine.inspect(*names)}


def verdicts(printed: str) -> set[str]:
    return {criterion["verdict"] for criterion in json.loads(printed)["criteria"]}


# A stranger of the same name


@pytest.fixture
def stranger(lab: Engine, engine: Containers) -> Iterator[tuple[Cli, str]]:
    """A lab that was not made yet, and the id of a container that already has the name of one of its nodes."""
    name = f"{lab.lab}-taken"
    created = engine.must("create", "--name", f"{name}-worker", "--entrypoint", "sleep", image_of(lab), "infinity")
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
    graded = ckslab("grade", EXERCISE, "--json")
    assert graded.returncode == 1
    assert verdicts(graded.stdout) <= {"pass", "fail"}


# A second lab


def test_a_lab_interrupted_as_it_was_made_is_made_anew_and_removed_beside_another(
    engine: Containers, lab: Engine, ckslab: Cli
) -> None:
    second, before = Cli(f"{lab.lab}2"), machines(engine, lab)
    making = subprocess.Popen(
        second.argv("up", "--image", image_of(lab)), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    nodes = belongings(second.lab).containers[:2]
    assert wait_until(lambda: len(engine.inspect(*nodes)) == len(nodes), SYSTEM, bound=60)
    making.send_signal(signal.SIGINT)
    _, words = making.communicate(timeout=60)
    assert making.returncode == 130
    assert "Traceback" not in words
    assert json.loads(second("status", "--json").stdout)["state"] == "partial"

    second.must("up", timeout=BOUND)
    assert json.loads(second.must("status", "--json"))["state"] == "ready"
    assert second.must("ssh", "kube-worker-1", "--", "hostname") == "kube-worker-1\n"
    owned = belongings(second.lab)
    assert len(owned.volumes) >= 2
    second.must("down")
    assert remains(owned) == []

    assert machines(engine, lab) == before
    assert json.loads(ckslab.must("status", "--json"))["state"] == "ready"
