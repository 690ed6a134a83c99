"""What this machine has for virtual machines, found out without starting one."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from lab.cluster.host import processes
from lab.cluster.record import Provider
from lab.cluster.vagrant import table

_PROCESSORS = Path("/proc/cpuinfo")
_SOCKETS = ("/run/libvirt/libvirt-sock", "/run/libvirt/virtqemud-sock")
"""Where libvirt answers: its one daemon, or the one for QEMU where each has its own."""
_PLUGINS_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides whether a lab of virtual machines can be made here, and how fast it is.

    Attributes:
        processor: as `uname -m` has it.
        in_windows: this Linux is itself a virtual machine of Windows, whose Hyper-V holds the processor.
        accelerates: the processor runs virtual machines in hardware; None where it does not tell.
        memory: bytes, used or not.
        wanted: bytes that the lab's machines take of it.
        has_vagrant: its program is on the path.
        provider: the one that Vagrant can use.
        libvirt_said: why libvirt does not answer; empty where it does.
    """

    processor: str
    in_windows: bool
    accelerates: bool | None
    memory: int
    wanted: int
    has_vagrant: bool
    provider: Provider | None
    libvirt_said: str


def facts() -> Facts:
    """Look."""
    has_vagrant = shutil.which("vagrant") is not None
    return Facts(
        processor=platform.machine(),
        in_windows="microsoft" in platform.release().lower(),
        accelerates=_accelerates(),
        memory=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        wanted=sum(machine.memory for machine in table.machines()) * 2**20,
        has_vagrant=has_vagrant,
        provider=_provider(has_vagrant=has_vagrant),
        libvirt_said=_libvirt_said(),
    )


def _accelerates() -> bool | None:
    """By the flags of Intel's and AMD's processors."""
    try:
        lines = _PROCESSORS.read_text().splitlines()
    except OSError:
        return None
    flags = next((line.split() for line in lines if line.startswith("flags")), None)
    return None if flags is None else bool({"vmx", "svm"} & set(flags))


def _provider(*, has_vagrant: bool) -> Provider | None:
    """VirtualBox comes with Vagrant's support for it; libvirt's is a plugin."""
    if shutil.which("VBoxManage"):
        return "virtualbox"
    if not has_vagrant:
        return None
    try:
        listed = processes.run(["vagrant", "plugin", "list"], env={}, timeout=_PLUGINS_SECONDS)
    except subprocess.TimeoutExpired:
        return None
    return "libvirt" if "vagrant-libvirt" in listed.text else None


def _libvirt_said() -> str:
    said = ""
    for path in _SOCKETS:
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(path)
            except OSError as error:
                said = said or f"{path}: {error.strerror}"
            else:
                return ""
    return said
