"""What it costs to make a lab and to take it back, beside what kind alone needs for the same nodes.

    python -m bench.lab [RUNS]

The node image must be there. Two labs of this name are made and removed, one after the other, in each run; the best of
the runs counts. Aims: `up` at most 1.25 times as long as `kind create cluster`; a reset in at most 10 seconds, where a
learner has changed objects alone; where files of a node as well, the cluster starts anew.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench.__main__ import row
from lab.cluster import create_lab
from lab.cluster.host import containers, facts
from lab.cluster.image import node_image
from lab.cluster.kind.config import kind_config
from lab.cluster.machines import baseline
from lab.cluster.machines.kubectl import Kubectl
from lab.cluster.machines.kubelet import HostFacts
from lab.cluster.record import Record
from lab.progress import ignore

NAME = "ckslab-bench"
SLEEP = ("sleep", "1h")
MANIFEST = "/etc/kubernetes/manifests/kube-scheduler.yaml"
RUNS = 2


@contextmanager
def bare(engine: containers.Containers) -> Iterator[float]:
    """A cluster by kind alone, of the lab's image and configuration; the seconds that its making took."""
    name = f"{NAME}-bare"
    host = HostFacts(
        cgroup_v1=not Path("/sys/fs/cgroup/cgroup.controllers").exists(),
        may_raise_limits=facts.may_raise_limits(facts.this_process()),
    )
    variable = "PODMAN" if engine.runtime == "podman" else "DOCKER"
    settings = {"KIND_EXPERIMENTAL_PROVIDER": engine.runtime, f"KIND_EXPERIMENTAL_{variable}_NETWORK": name}

    def kind(verb: str, *options: str, stdin: bytes = b"") -> None:
        argv = [str(node_image.kind_program()), verb, "cluster", "--kubeconfig", str(kubeconfig), *options]
        done = engine.watch(argv, lambda _: None, stdin, settings)
        if not done.ok:
            raise SystemExit(done.text)

    with tempfile.TemporaryDirectory() as folder:
        kubeconfig = Path(folder) / "kubeconfig"
        engine.must("network", "create", name)
        try:
            before = time.monotonic()
            kind("create", "--image", node_image.current(), "--config", "-", stdin=kind_config(name, host).encode())
            yield time.monotonic() - before
        finally:
            kind("delete", "--name", name)
            engine.must("network", "rm", name)


def ours() -> tuple[float, float, float]:
    """Seconds of `up`, of a reset of the whole lab where objects have changed, and where a file of a node has."""
    engine = create_lab(NAME, Record())
    control_plane = engine.nodes()[0]
    try:
        return (
            seconds(partial(engine.up, ignore)),
            seconds(partial(baseline.restore, engine), after=partial(change_objects, Kubectl(control_plane))),
            seconds(partial(baseline.restore, engine), after=partial(control_plane.write, MANIFEST, b"")),
        )
    finally:
        engine.down(ignore)


def seconds(do: Callable[[], None], after: Callable[[], None] = lambda: None) -> float:
    """What it takes to do something, once something else is done."""
    after()
    before = time.monotonic()
    do()
    return time.monotonic() - before


def change_objects(kubectl: Kubectl) -> None:
    """What a learner may leave: a namespace with Pods, a label where there was none, a role that is gone."""
    kubectl.do("create", "namespace", "work")
    kubectl.do("create", "deployment", "work", "--namespace=work", "--image=busybox:1.28", "--replicas=3", "--", *SLEEP)
    kubectl.do("rollout", "status", "deployment/work", "--namespace=work")
    kubectl.do("label", "namespace", "default", "team=blue")
    kubectl.do("delete", "clusterrole", "view")


def main(runs: int) -> None:
    """Print the two rows."""
    found = containers.find()
    node_image.ensure(found, "auto", ignore)
    made: list[float] = []
    labs: list[tuple[float, float, float]] = []
    for _ in range(runs):
        with bare(found) as bare_seconds:
            made.append(bare_seconds)
        labs.append(ours())
    ups, objects, files = (min(column) for column in zip(*labs, strict=True))
    row("up, image present", ups, "bare kind create", min(made))
    row("reset, objects changed", objects, "10 seconds", 10.0)
    row("reset, a manifest changed", files, "10 seconds", 10.0)
    print(f"load average           {' '.join(f'{load:.1f}' for load in os.getloadavg())} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)
