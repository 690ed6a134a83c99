"""The baseline: the pristine state of a lab, kept on its machines, and the way back to it from whatever was made of it.

It is what etcd holds, the files of the system's configuration, the network of each node, and which AppArmor profiles it
has loaded. Everything else stays as it is: the learner's own files at home, images they pulled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from lab import i18n, log
from lab.clock import SYSTEM, Clock
from lab.cluster.engine import Capability, Completed, Engine, Node, Powered, Rescuer, State
from lab.cluster.machines import connectivity, etcd, health, network, programs
from lab.cluster.machines.base import HOME
from lab.cluster.machines.health import OnDetail
from lab.errors import LabError

_OF_KUBELET = tuple(
    f"/var/lib/kubelet/{name}"
    for name in ("config.yaml", "instance-config.yaml", "kubeadm-flags.env", "pki", "seccomp")
)
COVERED = ("/etc", "/usr/lib/systemd/system", f"{HOME}/.ssh", *_OF_KUBELET)
"""Files and directories of a node that the lab made."""
COVERED_ON_OTHERS = (
    *("/etc/kubernetes", "/etc/containerd", "/etc/apparmor.d", "/etc/cni/net.d", "/etc/systemd/system", "/etc/default"),
    *(
        "/etc/crictl.yaml",
        "/etc/ssh",
        "/etc/hosts",
        "/etc/sudoers",
        "/etc/sudoers.d",
        "/etc/sysctl.conf",
        "/etc/sysctl.d",
    ),
    *_OF_KUBELET,
)
"""The same on machines of the user's own, whose other configuration is theirs."""
COMMON = (
    *("/etc/kubernetes", "/etc/containerd", "/etc/cni/net.d", "/etc/apparmor.d", "/etc/systemd/system", "/etc/default"),
    *("/etc/crictl.yaml", "/etc/sysctl.conf", "/etc/sysctl.d"),
    *(f"/var/lib/kubelet/{name}" for name in ("config.yaml", "instance-config.yaml", "kubeadm-flags.env", "seccomp")),
)
"""What of a node every exercise builds on: quickly compared, and changed by no exercise that deletes its objects."""
COVERED_ON_BASE = ("/etc", f"{HOME}/.kube", f"{HOME}/.ssh", "/opt/lab")
"""The learner's ways into the cluster, and what the lab put at hand."""

_PARTS = ("baseline_files.sh", "baseline_network.sh", "baseline.sh")
_MACHINE_SECONDS = 120
_HURRIED_SECONDS = 60
"""For each thing that is awaited, where there is another way to go if it does not come."""
_QUICK_SECONDS = 20
"""The same where the cluster never stopped."""
_TRY_SECONDS = 60
"""For names to be resolved and Pods to be reached: the router tells its neighbours within seconds."""
_MISSING = 66
_OLDER = 65
_BLOCKED = 67
_CHANGED = 68
"""Exit codes of the script: there is no baseline, an earlier program made it, something stands in the way, something is
not as the baseline has it."""
_OBSTACLES = tuple(f"{what}\t" for what in ("program", "image", "damaged", "clock", "full"))
"""How lines of the script begin that say what stands in the way."""
_MOVED = "moved"
"""What the script prints where etcd's snapshot is of a time when the machines had other addresses."""
HOPELESS = ("baseline.missing", "baseline.older", "baseline.blocked")
"""What a machine that is started anew cannot change."""


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


def compare(engine: Engine) -> Mapping[str, Sequence[str]]:
    """What is not as the baseline has it, of what exercises have in common: name of a node -> files, services.

    One command on each node, side by side. A node without a baseline says nothing.
    """
    nodes = engine.nodes()

    def run(node: Node) -> Completed:
        return node.run(["bash", "-s", "compare", node.role, node.name, "", *COMMON], stdin=script())

    with ThreadPoolExecutor() as pool:
        compared = zip(nodes, pool.map(run, nodes), strict=True)
        return {node.name: done.text.splitlines() for node, done in compared if done.code == _CHANGED}


def restore(engine: Engine, say: OnDetail = lambda _: None, clock: Clock = SYSTEM) -> None:
    """Go back to the baseline, from whatever state, and wait until the cluster is healthy. May be cut off and repeated.

    Machines that do not run are started. Where nothing has changed but objects, these go back while the cluster runs;
    else, or where that does not help, the machines go back and the cluster starts anew. Where the baseline alone does
    not help, an engine that can do more does it, and the machines go back once more.

    Raises:
        LabError: nobody has allowed it (`baseline.forbidden`), though an earlier lab may have left one; there is none
            (`baseline.missing`) or an earlier program made it (`baseline.older`); something stands in the way that is
            named (`baseline.blocked`); or it does not help (`baseline.failed`): the lab must be made anew.
    """
    if why := engine.lacks().get(Capability.BASELINE):
        raise LabError("baseline.forbidden", why, lab=engine.lab)
    clock = clock.slower(engine.pace)
    if isinstance(engine, Powered):
        engine.power_on()
    say(i18n.text("baseline.unchanged"))
    if _all_but_etcd_is_unchanged(engine) and _restore_etcd(engine, say, clock):
        return
    say(i18n.text("baseline.machines"))
    try:
        _restore(engine, say, clock, hurried=isinstance(engine, Rescuer))
    except LabError as failure:
        if not isinstance(engine, Rescuer) or not engine.can_rescue(failure):
            raise
        log.fault("going back to the baseline; the machines are started anew", failure)
        say(i18n.text("baseline.rescue"))
        engine.rescue()
        _restore(engine, say, clock)


def _all_but_etcd_is_unchanged(engine: Engine) -> bool:
    """Whether files, services, network and programs of each node are as the baseline has them, and all are ready."""
    nodes = engine.nodes()
    try:
        with ThreadPoolExecutor() as pool:
            done = list(pool.map(_script(engine, "unchanged"), nodes))
        return all(ended.ok for ended in done) and engine.status().state is State.READY
    except LabError:
        return False


def _restore_etcd(engine: Engine, say: OnDetail, clock: Clock) -> bool:
    """Let etcd hold again what it held, and wait until the cluster is healthy; whether it is."""
    nodes = engine.nodes()
    say(i18n.text("baseline.etcd"))
    try:
        began = health.now(nodes)
        if not etcd.restore(nodes[0], clock):
            return False
        if engine.base().role == "base":
            _check(engine, engine.base(), _script(engine, "restore")(engine.base()))
        health.remove_strangers(nodes)
        health.await_control(nodes, began, say, clock, seconds=_QUICK_SECONDS)
        with connectivity.probes(engine) as tries:
            health.await_pods(nodes, began, say, clock, seconds=_QUICK_SECONDS)
            say(i18n.text("health.network"))
            tries.succeed(clock, seconds=_QUICK_SECONDS)
    except (LabError, OSError) as failure:
        log.fault("putting back what etcd held; the machines go back as a whole", failure)
        return False
    return True


def _restore(engine: Engine, say: OnDetail, clock: Clock, *, hurried: bool = False) -> None:
    seconds = _HURRIED_SECONDS if hurried else health.SECONDS
    try:
        began = health.now(engine.nodes())
        has_moved = _restore_machines(engine, say)
        health.await_control(engine.nodes(), began, say, clock, seconds=seconds)
        with connectivity.probes(engine) as tries:
            health.await_pods(engine.nodes(), began, say, clock, seconds=seconds)
            # Last, since a kubelet that found no API server when it started may report seconds after it runs its Pods.
            health.await_nodes(engine.nodes(), began, say, clock, seconds=seconds)
            if has_moved:
                network.restart_router(engine.nodes())
            say(i18n.text("health.network"))
            tries.succeed(clock, seconds=_TRY_SECONDS)
        with suppress(LabError):  # the quick way is not taken, then
            _script(engine, "renew")(engine.nodes()[0])
    except LabError as late:
        if late.key.startswith("baseline."):
            raise
        came_back = f"{late.tried} {late.came_back}".strip()
        raise LabError("baseline.failed", came_back, lab=engine.lab) from late


def _restore_machines(engine: Engine, say: OnDetail) -> bool:
    """Run the script on each machine, and once more where another machine had what was lost.

    Returns whether what etcd holds again names addresses that the machines had before.
    """
    done = list(_on_each_machine(engine, "restore"))
    lost = {machine.name: programs.lost(ended.error) for machine, ended in done if ended.code == _BLOCKED}
    if any(lost.values()):
        say(i18n.text("baseline.programs"))
        programs.bring_back(_machines(engine), lost)
        done = list(_on_each_machine(engine, "restore"))
    for machine, ended in done:
        _check(engine, machine, ended)
    return any(_MOVED in ended.text.splitlines() for _, ended in done)


def _check(engine: Engine, machine: Node, ended: Completed) -> None:
    for code, key in ((_MISSING, "baseline.missing"), (_OLDER, "baseline.older")):
        if ended.code == code:
            raise LabError(key, machine=machine.name, lab=engine.lab)
    if ended.code == _BLOCKED:
        obstacles = [_obstacle(line) for line in ended.error.splitlines() if line.startswith(_OBSTACLES)]
        raise LabError("baseline.blocked", "\n".join(obstacles), machine=machine.name, lab=engine.lab)
    if not ended.ok:
        raise LabError("baseline.failed", f"{machine.name}: {ended.error}", lab=engine.lab)


def _obstacle(line: str) -> str:
    """What the script found to stand in the way, in the user's language."""
    what, name, *details = line.split("\t")
    return i18n.text(f"baseline.obstacle.{what}", name=name, details=" ".join(details).strip())


def _machines(engine: Engine) -> Sequence[Node]:
    """All of the lab's, each once: base may be one of the nodes."""
    return list({machine.name: machine for machine in (*engine.nodes(), engine.base())}.values())


def _on_each_machine(engine: Engine, verb: str) -> Iterator[tuple[Node, Completed]]:
    """Run the script on all machines at once."""
    machines = _machines(engine)
    run = _script(engine, verb)
    with ThreadPoolExecutor() as pool:
        yield from zip(machines, pool.map(run, machines), strict=True)


def script() -> bytes:
    """What runs on a machine, for bash to read from its standard input."""
    folder = Path(__file__).parent
    return b"".join((folder / part).read_bytes() for part in _PARTS)


def _script(engine: Engine, verb: str) -> Callable[[Node], Completed]:
    base = engine.base().name
    powered = isinstance(engine, Powered)
    addresses = engine.addresses() if isinstance(engine, Powered) else {}
    lines = "\n".join(f"{address} {name}" for name, address in sorted(addresses.items()))
    of_node = COVERED if powered else COVERED_ON_OTHERS

    def run(machine: Node) -> Completed:
        covered = {
            **dict.fromkeys(of_node if machine.role != "base" else ()),
            **dict.fromkeys(_covered_on_base(powered) if machine.name == base else ()),
        }
        argv = ["bash", "-s", verb, machine.role, machine.name, lines, *covered]
        return machine.run(argv, stdin=script(), timeout=_MACHINE_SECONDS)

    return run


def _covered_on_base(powered: bool) -> Sequence[str]:
    return COVERED_ON_BASE if powered else [path for path in COVERED_ON_BASE if path != "/etc"]
