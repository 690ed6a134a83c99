"""The baseline: the pristine state of a lab, kept on its machines, and the way back to it from whatever was made of it.

It is what etcd holds, the files that exercises have learners change, and which AppArmor profiles a node has loaded.
Everything else stays as it is: the learner's own files at home, images they pulled.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab import i18n
from lab.clock import SYSTEM, Clock
from lab.cluster import health
from lab.cluster.base import HOME
from lab.cluster.engine import Capability, Completed, Engine, Node, Rescuer
from lab.cluster.health import OnDetail
from lab.errors import LabError

COVERED = (
    "/etc/kubernetes",
    "/etc/containerd",
    "/etc/apparmor.d",
    "/etc/cni/net.d",
    "/etc/systemd/system",
    "/etc/default",
    "/etc/crictl.yaml",
    "/etc/ssh",
    "/var/lib/kubelet/config.yaml",
    "/var/lib/kubelet/instance-config.yaml",
    "/var/lib/kubelet/kubeadm-flags.env",
    "/var/lib/kubelet/pki",
    "/var/lib/kubelet/seccomp",
)
"""Files and directories of a node."""
COVERED_ON_BASE = (f"{HOME}/.kube", f"{HOME}/.ssh", "/opt/lab")
"""The learner's ways into the cluster, and what the lab put at hand."""

_SCRIPT = Path(__file__).with_suffix(".sh")
_MACHINE_SECONDS = 120
_MISSING = 66
"""The exit code of the script where a machine has no baseline."""


def save(engine: Engine) -> None:
    """Keep the state of a lab that is healthy and that nobody has worked in.

    Raises:
        LabError: a machine refused (`baseline.save`).
    """
    for machine, done in _on_each_machine(engine, "save"):
        if not done.ok:
            raise LabError("baseline.save", done.error, machine=machine.name)


def follow(engine: Engine) -> None:
    """Tell the baseline, and the certificates in use, of addresses that changed while the machines did not run.

    Raises:
        LabError: a machine refused (`baseline.follow`).
    """
    for machine, done in _on_each_machine(engine, "follow"):
        if not done.ok:
            raise LabError("baseline.follow", done.error, machine=machine.name, lab=engine.lab)


def restore(engine: Engine, say: OnDetail = lambda _: None, clock: Clock = SYSTEM) -> None:
    """Go back to the baseline, from whatever state, and wait until the cluster is healthy.

    Raises:
        LabError: nobody has allowed it (`baseline.forbidden`), though an earlier lab may have left one; there is none
            (`baseline.missing`) or it does not help (`baseline.failed`): the lab must be made anew.
    """
    if why := engine.lacks().get(Capability.BASELINE):
        raise LabError("baseline.forbidden", why, lab=engine.lab)
    clock = clock.slower(engine.pace)
    try:
        _restore(engine, say, clock)
    except LabError:
        if not isinstance(engine, Rescuer):
            raise
        say(i18n.text("baseline.snapshot"))
        if not engine.rescue():
            raise
        _await_healthy(engine, health.now(engine.nodes()), say, clock)


def _restore(engine: Engine, say: OnDetail, clock: Clock) -> None:
    began = health.now(engine.nodes())
    say(i18n.text("baseline.machines"))
    for machine, done in _on_each_machine(engine, "restore"):
        if done.code == _MISSING:
            raise LabError("baseline.missing", machine=machine.name, lab=engine.lab)
        if not done.ok:
            raise LabError("baseline.failed", f"{machine.name}: {done.error}", lab=engine.lab)
    _await_healthy(engine, began, say, clock)


def _await_healthy(engine: Engine, began: str, say: OnDetail, clock: Clock) -> None:
    try:
        health.await_healthy(engine.nodes(), began, say, clock)
    except LabError as late:
        raise LabError("baseline.failed", late.tried, lab=engine.lab) from late


def _on_each_machine(engine: Engine, verb: str) -> Iterator[tuple[Node, Completed]]:
    """Run the script on all machines at once; base may be one of the nodes."""
    base = engine.base()

    def run(machine: Node) -> Completed:
        covered = [
            *(COVERED if machine.role != "base" else ()),
            *(COVERED_ON_BASE if machine.name == base.name else ()),
        ]
        argv = ["bash", "-s", verb, machine.role, *covered]
        return machine.run(argv, stdin=_SCRIPT.read_bytes(), timeout=_MACHINE_SECONDS)

    machines = {machine.name: machine for machine in (*engine.nodes(), base)}.values()
    with ThreadPoolExecutor() as pool:
        yield from zip(machines, pool.map(run, machines), strict=True)
