"""What this machine allows, as far as it changes how a lab is made on it."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CAP_SYS_RESOURCE = 24
_ADMINISTRATORS = "/usr/local/sbin:/usr/sbin:/sbin"  # not on every user's PATH

INOTIFY_WANTED = 48
"""What the systemd, kubelets, containerd and control plane of a lab take; where one is refused, a node hangs."""
INOTIFY_OF_A_HOST = 512
"""What a machine should give each user that has several labs on it; few systems give more than 128 by themselves."""


def may_raise_limits(status: str) -> bool:
    """Whether a process may raise limits and lower its OOM score, from the text of its /proc/PID/status."""
    effective = next((line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")), "0")
    return bool(int(effective, 16) >> _CAP_SYS_RESOURCE & 1)


def this_process() -> str:
    """The kernel's account of this process; empty where there is no /proc."""
    try:
        return Path("/proc/self/status").read_text()
    except OSError:
        return ""


def runs_systemd() -> bool:
    """Whether systemd manages this machine's cgroups."""
    return Path("/run/systemd/system").is_dir()


def has_cgroup_v1() -> bool:
    """Whether this machine has the old cgroups, which newer container runtimes no longer take."""
    return Path("/sys/fs/cgroup").is_dir() and not Path("/sys/fs/cgroup/cgroup.controllers").exists()


def is_root() -> bool:
    """Whether this process may do everything."""
    return os.geteuid() == 0


def has_program(name: str) -> bool:
    """Whether a program is there, be it one that only administrators have on their PATH."""
    return bool(shutil.which(name) or shutil.which(name, path=_ADMINISTRATORS))


def is_debian() -> bool:
    """Whether packages come by apt-get."""
    return shutil.which("apt-get") is not None


def inotify_left(most: int = INOTIFY_WANTED) -> int:
    """How many inotify instances this user may still have, found out by making them; `most` at the most."""
    libc, made = ctypes.CDLL(None), list[int]()
    with _many_files():
        try:
            while len(made) < most and (instance := libc.inotify_init1(os.O_CLOEXEC)) >= 0:
                made.append(instance)
        finally:
            for instance in made:
                os.close(instance)
    return len(made)


@contextmanager
def _many_files() -> Iterator[None]:
    """Let this process have as many files open as it may, for a moment: an instance counts as one."""
    usual, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (usual, most))


def free_bytes(directory: Path) -> int:
    """Room on the disk that holds a directory, or will hold it."""
    existing = next(path for path in (directory, *directory.parents) if path.exists())
    return shutil.disk_usage(existing).free
