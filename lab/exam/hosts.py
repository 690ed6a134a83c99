"""The labs of an exam as its hosts: from the shell of the first one, `ssh HOST` leads to the base of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from lab.cluster.engine import Engine, Joinable, Node, State
from lab.cluster.machines import access
from lab.cluster.machines.base import HOME, LEARNER
from lab.cluster.machines.machine import must
from lab.errors import LabError, UsageError
from lab.practice.session import Session

_MARK = "# exam"
"""Ends the lines of /etc/hosts that name hosts."""
_KNOWN = "/etc/ssh/ssh_known_hosts"
_KEY = f"{HOME}/.ssh/id_ed25519.pub"
_ADMITTED = f"{HOME}/.ssh/authorized_keys"
_PROMPT = "/etc/ssh/sshd_config.d/10-ckslab-host.conf"
"""Has the prompt of who comes by ssh name the host."""
_SSHD = """
mkdir -p /run/sshd && ssh-keygen -A > /dev/null
pkill -HUP --pidfile /run/sshd.pid 2> /dev/null || /usr/sbin/sshd
"""
"""Starts sshd on a base, or has it read its configuration again."""


@dataclass(frozen=True, slots=True)
class Host:
    """A lab, by the name that the exam gives it, with the session that sets its tasks and grades them."""

    name: str
    session: Session

    @property
    def engine(self) -> Engine:
        """The lab's."""
        return self.session.engine

    @property
    def machines(self) -> tuple[Node, ...]:
        """Base and the nodes, each once: a node may be base as well."""
        return tuple({node.name: node for node in (self.engine.base(), *self.engine.nodes())}.values())


def connect(hosts: Sequence[Host]) -> None:
    """Let `ssh HOST` lead from the first host's base to the base of each. May be repeated: a restart undoes it.

    Raises:
        UsageError: these labs cannot be connected (`exam.one_host`).
        LabError: a machine or the runtime refuses.
    """
    if len(hosts) == 1:
        return
    first, *others = hosts
    if not isinstance(first.engine, Joinable):
        raise UsageError("exam.one_host", engine=first.engine.name)
    for other in others:
        first.engine.join(other.engine.lab)
    terminal = first.engine.base()
    key = terminal.read(_KEY)
    with ThreadPoolExecutor() as pool:
        host_keys = list(pool.map(partial(_admit, key=key), hosts))
    _name_hosts(terminal, {host.name: _address(host) for host in hosts})
    terminal.write(_KNOWN, b"".join(host_keys))
    for host in hosts:
        _check_login(terminal, host)


def part(hosts: Sequence[Host]) -> None:
    """Give the labs back: each is open to its learner, and none is connected to another. One that is gone is given up.

    Raises:
        LabError: a lab that is there refuses.
    """
    there = [host for host in hosts if _is_there(host)]
    reopen(there)
    first, *others = hosts
    if isinstance(first.engine, Joinable) and first in there:
        for other in others:
            first.engine.leave(other.engine.lab)


def close_after(hosts: Sequence[Host], seconds: float) -> None:
    """Have every machine close itself in so many seconds, whoever watches."""
    _on_each_machine(hosts, partial(access.close_after, seconds=seconds))


def close(hosts: Sequence[Host]) -> None:
    """End what the learner runs on every machine, and let nobody in."""
    _on_each_machine(hosts, access.close)


def reopen(hosts: Sequence[Host]) -> None:
    """Let the learner in again."""
    _on_each_machine(hosts, access.reopen)


def _is_there(host: Host) -> bool:
    """Whether its lab can be used. Where even the runtime is gone, it cannot."""
    try:
        return host.engine.status().state is State.READY
    except LabError:
        return False


def place_of_shell(hosts: Sequence[Host]) -> str:
    """The host that the learner's newest `ssh` from the terminal leads to; empty where there is none."""
    listed = hosts[0].engine.base().run(["ps", "-C", "ssh", "--sort=start_time", "-o", "args="])
    names = {host.name for host in hosts}
    reached = [word for line in listed.text.splitlines() for word in line.split() if word in names]
    return reached[-1] if reached else ""


def _on_each_machine(hosts: Sequence[Host], do: Callable[[Node], None]) -> None:
    with ThreadPoolExecutor() as pool:
        list(pool.map(do, [machine for host in hosts for machine in host.machines]))


def _admit(host: Host, key: bytes) -> bytes:
    """Let whoever has this key in on a base. Returns the line of known_hosts for it."""
    base = host.engine.base()
    base.write(_ADMITTED, key, mode=0o600)
    must(base, ["chown", f"{LEARNER}:{LEARNER}", _ADMITTED])
    base.write(f"{HOME}/.hushlogin", b"")  # who comes by ssh has no use for Debian's terms each time
    base.write(_PROMPT, f"SetEnv debian_chroot={host.name}\n".encode())
    must(base, ["bash", "-c", _SSHD])
    return f"{host.name} ".encode() + base.read("/etc/ssh/ssh_host_ed25519_key.pub")


def _address(host: Host) -> str:
    """Of its base, in its lab's network, which the terminal has joined."""
    assert isinstance(host.engine, Joinable)  # noqa: S101 - `connect` has seen to it
    return host.engine.addresses()[host.engine.base().name]


def _name_hosts(terminal: Node, addresses: Mapping[str, str]) -> None:
    others = [line for line in terminal.read("/etc/hosts").decode().splitlines() if not line.endswith(_MARK)]
    lines = [f"{address}\t{name}\t{_MARK}" for name, address in addresses.items()]
    terminal.write("/etc/hosts", "\n".join([*others, *lines, ""]).encode())


def _check_login(terminal: Node, host: Host) -> None:
    """See that the learner gets to a host.

    Raises:
        LabError: not so (`exam.no_way`).
    """
    ssh = ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", "-o", "LogLevel=ERROR", host.name, "true"]
    tried = terminal.run(["runuser", "--user", LEARNER, "--", *ssh])
    if not tried.ok:
        raise LabError("exam.no_way", tried.error, host=host.name, lab=host.engine.lab)
