"""The first process of a container, as the kernel sees it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from checkers.api import NoExec, Observer
from checkers.kit import capabilities
from checkers.kit.pod import Container, Pod
from checkers.kit.runtime import inspect


@dataclass(frozen=True, slots=True)
class Process:
    """Who a process is and what it may become. None: neither the kernel nor the Pod's fields say.

    Attributes:
        groups: supplementary ones; those that the image adds are only known from the kernel.
        from_kernel: the kernel said so. Else this is what the Pod's fields ask for.
        capabilities: what it has, and what it could come to have by starting a program.
        seccomp: 0 without a filter of system calls, 2 with one.
    """

    user: int | None
    group: int | None
    groups: frozenset[int]
    no_new_privileges: bool
    from_kernel: bool
    capabilities: frozenset[str] = frozenset()
    seccomp: int | None = None


def first_process(cluster: Observer, pod: Pod, container: Container) -> Process:
    """Look inside the container; where it has no `cat`, from its node; where it has ended, at the fields alone."""
    by_fields = asked_for(pod, container)
    if not container.is_running:
        return by_fields
    try:
        return _from_inside(cluster, pod, container, by_fields)
    except NoExec:
        status = _status_from_node(cluster, pod, container)
        return _from_status(status, by_fields) if status else by_fields


def asked_for(pod: Pod, container: Container) -> Process:
    """What the fields ask for; a container's own go before the Pod's, and fsGroup is one of its groups."""
    shared = pod.spec.get("securityContext") or {}
    groups = {shared.get("fsGroup"), *(shared.get("supplementalGroups") or ())}
    return Process(
        user=pod.setting(container, "runAsUser"),
        group=pod.setting(container, "runAsGroup"),
        groups=frozenset(group for group in groups if group is not None),
        no_new_privileges=pod.setting(container, "allowPrivilegeEscalation") is False,
        from_kernel=False,
        capabilities=capabilities.asked_for(container.spec.get("securityContext") or {}),
    )


def _from_inside(cluster: Observer, pod: Pod, container: Container, by_fields: Process) -> Process:
    # With one process namespace for the whole Pod, or the node's, process 1 is another's; ours has the same rights.
    shared = pod.spec.get("shareProcessNamespace") or pod.spec.get("hostPID")
    path = f"/proc/{'self' if shared else '1'}/status"
    ran = cluster.exec(pod.name, container.name, ["cat", path], pod.namespace)
    status = _fields(ran.stdout)
    if "Uid" not in status:  # gVisor's /proc tells neither ids nor NoNewPrivs
        status |= _ids(cluster.exec(pod.name, container.name, ["id"], pod.namespace).stdout)
    return _from_status(status, by_fields)


def _status_from_node(cluster: Observer, pod: Pod, container: Container) -> Mapping[str, str]:
    """The same file on the node; nothing where the node sees another process or other numbers than the Pod does."""
    is_elsewhere = pod.spec.get("runtimeClassName") or pod.spec.get("hostUsers") is False
    pid = None if is_elsewhere else inspect(cluster, pod, container).get("pid")
    if pid is None:
        return {}
    return _fields(cluster.on_node(pod.node, ["cat", f"/proc/{pid}/status"]).stdout)


def _from_status(status: Mapping[str, str], by_fields: Process) -> Process:
    """What the kernel says; what it leaves out is as asked for."""
    if "Uid" not in status:
        return by_fields
    no_new, seccomp, bounding = status.get("NoNewPrivs"), status.get("Seccomp"), status.get("CapBnd")
    held = capabilities.of_bits(bounding, status.get("CapPrm", "")) if bounding else by_fields.capabilities
    return Process(
        user=int(status["Uid"].split()[0]),
        group=int(status["Gid"].split()[0]),
        groups=frozenset(int(group) for group in status.get("Groups", "").split()),
        no_new_privileges=by_fields.no_new_privileges if no_new is None else no_new == "1",
        from_kernel=True,
        capabilities=held,
        seccomp=int(seccomp) if seccomp else None,
    )


def _fields(status: str) -> dict[str, str]:
    """`/proc/PID/status`: a name, a colon, its values."""
    pairs = (line.partition(":") for line in status.splitlines())
    return {name: value.strip() for name, _, value in pairs}


def _ids(output: str) -> dict[str, str]:
    """The output of `id`, `uid=1000(web) gid=3000 groups=2000,3000`, in the form of `/proc/PID/status`."""
    found = {name: re.sub(r"\([^)]*\)", "", values) for name, values in re.findall(r"(\w+)=(\S+)", output)}
    if "uid" not in found or "gid" not in found:
        return {}
    return {"Uid": found["uid"], "Gid": found["gid"], "Groups": found.get("groups", "").replace(",", " ")}
