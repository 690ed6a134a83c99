"""The file systems that a container sees, and what of them can be written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from posixpath import commonpath, normpath

from checkers.api import NoExec, NotSeen, Observer, Text
from checkers.kit.pod import Container, Pod
from checkers.kit.runtime import inspect
from checkers.kit.text import of_container

_READ_ONLY = {"secret", "configMap", "downwardAPI", "projected", "image"}
"""Volumes of these types are mounted read-only, whatever a container asks for."""


@dataclass(frozen=True, slots=True)
class Mount:
    """One mount: where it is, and whether anybody at all can write to it."""

    path: str
    is_writable: bool


def mounts(cluster: Observer, pod: Pod, container: Container) -> Sequence[Mount]:
    """What the kernel has mounted for the container; what its fields ask for where it has ended."""
    if not container.is_running:
        return asked_for(pod, container)
    try:
        ran = cluster.exec(pod.name, container.name, ["cat", "/proc/mounts"], pod.namespace)
        if ran.code == 0:
            return of_lines(ran.stdout.splitlines())
    except NoExec:
        pass  # the node knows as well
    pid = None if pod.spec.get("runtimeClassName") else inspect(cluster, pod, container).get("pid")
    if pid is None:
        return asked_for(pod, container)
    on_node = cluster.on_node(pod.node, ["cat", f"/proc/{pid}/mounts"])
    if on_node.code != 0:
        raise NotSeen(of_container(container, Text("it has just ended", "它刚刚结束")))
    return of_lines(on_node.stdout.splitlines())


def of_lines(lines: Iterable[str]) -> list[Mount]:
    """Lines of `/proc/mounts`, like `/dev/sda1 /data ext4 ro,relatime 0 0`, in the order in which they were mounted."""
    fields = [line.split() for line in lines]
    return [Mount(_unescaped(each[1]), "ro" not in each[3].split(",")) for each in fields if len(each) > 3]


def asked_for(pod: Pod, container: Container) -> list[Mount]:
    """What the fields of a container ask for: its root file system, and each volume."""
    context = container.spec.get("securityContext") or {}
    volumes = {volume["name"]: volume for volume in pod.spec.get("volumes") or ()}
    return [
        Mount("/", not context.get("readOnlyRootFilesystem")),
        *(
            Mount(
                normpath(mount["mountPath"]), not (mount.get("readOnly") or _READ_ONLY & volumes[mount["name"]].keys())
            )
            for mount in container.spec.get("volumeMounts") or ()
        ),
    ]


def around(found: Sequence[Mount], path: str) -> Mount:
    """The mount that a path lies on; of several at the same place, the last is on top."""
    over = [mount for mount in found if is_within(path, mount.path)]
    return max(reversed(over), key=lambda mount: len(mount.path), default=Mount("/", True))


def is_within(path: str, directory: str) -> bool:
    """Whether a path is this directory, or lies in it."""
    return commonpath([normpath(path), directory]) == directory


def _unescaped(path: str) -> str:
    """The kernel writes a blank as `\\040`."""
    return re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), path)
