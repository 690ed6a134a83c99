"""Making base a workstation: it reaches every node by name and by key, and the cluster as its administrator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import yaml

from lab.cluster.engine import Node
from lab.cluster.host.wait import until
from lab.cluster.machines.machine import must
from lab.errors import LabError

LEARNER = "candidate"
HOME = f"/home/{LEARNER}"

_KEY = f"{HOME}/.ssh/id_ed25519"
_HOST_KEY = "/etc/ssh/ssh_host_ed25519_key.pub"
_MARK = "# ckslab"
_SSH_SECONDS = 30


def furnish(base: Node, nodes: Sequence[Node], addresses: Mapping[str, str]) -> None:
    """Give base its key, its view of the network and its kubeconfig, and see that it gets to each node.

    May be repeated: addresses change with a restart.

    Args:
        base: may be one of the nodes.
        addresses: of each node and of base, by name.

    Raises:
        LabError: a node's sshd does not start (`wait`), or does not let the learner in (`base.login`).
    """
    for node in nodes:
        until(partial(_has_host_key, node), seconds=_SSH_SECONDS, what=f"sshd on {node.name}")
    every = {machine.name: machine for machine in (base, *nodes)}
    with ThreadPoolExecutor() as machines:  # a tenth of a second each time, and they need not wait for one another
        naming = machines.map(partial(name_machine, addresses=addresses), every.values())
        public_key = _key_pair(base)
        host_keys = b"".join(machines.map(partial(_admit, public_key=public_key), nodes))
        list(naming)
    base.write(f"{HOME}/.ssh/config", _ssh_config(nodes), mode=0o600)
    base.write(f"{HOME}/.ssh/known_hosts", host_keys, mode=0o600)
    base.write(f"{HOME}/.kube/config", _kubeconfig(nodes[0]), mode=0o600)
    _own_home(base)
    for node in nodes:
        _check_login(base, node)


def as_learner(*command: str) -> list[str]:
    """What whoever may become anyone runs on base to be the learner there: a shell, or a command."""
    variables = [f"HOME={HOME}", "TERM=xterm-256color", "LANG=C.UTF-8"]
    return ["sudo", "--user", LEARNER, "--", "env", f"--chdir={HOME}", *variables, *(command or ("bash", "--login"))]


def name_machine(machine: Node, addresses: Mapping[str, str]) -> None:
    """Let a machine call itself and the others as tasks do."""
    if machine.role != "base":
        must(machine, ["hostname", machine.name])
    foreign = [line for line in machine.read("/etc/hosts").decode().splitlines() if _MARK not in line]
    ours = [f"{address}\t{name}\t{_MARK}" for name, address in addresses.items()]
    machine.write("/etc/hosts", "\n".join([*foreign, *ours, ""]).encode())


def _key_pair(base: Node) -> bytes:
    """A key made for this lab, on base; its public half."""
    public_key = f"{_KEY}.pub"
    # Making it may have been cut off, or the learner have removed a half.
    is_whole = base.run(["test", "-s", _KEY, "-a", "-s", public_key]).ok
    if not is_whole:
        must(base, ["install", "--directory", "--mode=700", f"{HOME}/.ssh"])
        must(base, ["rm", "--force", _KEY, public_key])
        must(base, ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"{LEARNER}@base", "-f", _KEY])
    return base.read(public_key)


def _has_host_key(node: Node) -> bool:
    """Whether sshd has made the node's key, which it does when it first starts."""
    return node.run(["test", "-s", _HOST_KEY]).ok


def _admit(node: Node, public_key: bytes) -> bytes:
    """Let the learner in. Returns the line of known_hosts for the node, so that nobody is asked whether to trust it."""
    node.write(f"{HOME}/.ssh/authorized_keys", public_key, mode=0o600)
    _own_home(node)
    return f"{node.name} ".encode() + node.read(_HOST_KEY)


def _ssh_config(nodes: Sequence[Node]) -> bytes:
    return f"Host {' '.join(node.name for node in nodes)}\n  User {LEARNER}\n  LogLevel ERROR\n".encode()


def _kubeconfig(control_plane: Node) -> bytes:
    """The administrator's, with the control plane by the name that the learner knows."""
    config = yaml.safe_load(control_plane.read("/etc/kubernetes/admin.conf"))
    for cluster in config["clusters"]:
        cluster["cluster"]["server"] = f"https://{control_plane.name}:6443"
    return yaml.safe_dump(config).encode()


def _own_home(machine: Node) -> None:
    """Files were written by root; sshd and the learner want them to be the learner's."""
    must(machine, ["chown", "--recursive", f"{LEARNER}:{LEARNER}", HOME])
    must(machine, ["chmod", "700", f"{HOME}/.ssh"])


def _check_login(base: Node, node: Node) -> None:
    """See that the learner gets from base to a node.

    Raises:
        LabError: not so (`base.login`).
    """
    ssh = ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", node.name, "true"]
    completed = base.run(["runuser", "--user", LEARNER, "--", *ssh])
    if not completed.ok:
        raise LabError("base.login", completed.error, node=node.name)
