"""What it costs to make a lab and to take it back, beside what kind alone needs for the same nodes.

    python -m bench.lab [RUNS]

The node image must be there. Two labs of this name are made and removed, one after the other, in each run; the best of
the runs counts. Aims: `up` at most 1.25 times as long as `kind create cluster`; a reset in at most 10 seconds.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.__main__ import row
from lab.cluster import create_lab
from lab.cluster.host import containers, facts
from lab.cluster.image import node_image
from lab.cluster.kind.config import kind_config
from lab.cluster.machines import baseline
from lab.cluster.machines.kubelet import HostFacts
from lab.cluster.record import Record
from lab.progress import ignore

NAME = "ckslab-bench"
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


def ours() -> tuple[float, float]:
    """Seconds of `up`, and of a reset of the whole lab."""
    engine = create_lab(NAME, Record())
    try:
        before = time.monotonic()
        engine.up(ignore)
        up = time.monotonic() - before
        before = time.monotonic()
        baseline.restore(engine)
        return up, time.monotonic() - before
    finally:
        engine.down(ignore)


def main(runs: int) -> None:
    """Print the two rows."""
    found = containers.find()
    node_image.ensure(found, "auto", ignore)
    made: list[float] = []
    lab: list[tuple[float, float]] = []
    for _ in range(runs):
        with bare(found) as seconds:
            made.append(seconds)
        lab.append(ours())
    row("up, image present", min(up for up, _ in lab), "bare kind create", min(made))
    row("reset of the whole lab", min(reset for _, reset in lab), "10 seconds", 10.0)
    print(f"load average           {' '.join(f'{load:.1f}' for load in os.getloadavg())} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)
