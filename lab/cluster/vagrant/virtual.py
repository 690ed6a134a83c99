"""What a hypervisor itself has, whoever made it: machines by name, and what an interrupted Vagrant left behind."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Collection, Sequence

from lab.cluster.engine import Completed
from lab.cluster.host import processes
from lab.cluster.record import Provider

_SECONDS = 30
_LIBVIRT = ("virsh", "--connect", "qemu:///system")
_POOL = "default"
_BENEATH = re.compile(r"<backingStore>\s*<path>(.*)</path>")
_VIRTUALBOX = re.compile(r'^"(?P<name>.*)" \{(?P<id>.*)\}$', re.MULTILINE)


def machines(provider: Provider) -> dict[str, str]:
    """Every virtual machine of this host by name, with the hypervisor's id for it. None where its tool is missing."""
    if provider == "virtualbox":
        listed = _ask(["VBoxManage", "list", "vms"]).text
        return {found["name"]: found["id"] for found in _VIRTUALBOX.finditer(listed)}
    listed = _ask([*_LIBVIRT, "list", "--all", "--uuid", "--name"]).text
    return {name: uuid for uuid, name in (line.split(maxsplit=1) for line in listed.splitlines() if line.strip())}


def sweep(provider: Provider, network: str, names: Collection[str]) -> None:
    """Remove what Vagrant does when it removes a machine, and could not know of when it was interrupted.

    VirtualBox keeps a disk with its machine, and its networks belong to nobody.

    Args:
        network: of the lab.
        names: the hypervisor's names of the lab's machines; those that there is a machine of are left alone.
    """
    if provider != "libvirt":
        return
    there = machines(provider)
    for name in names:
        if name not in there:
            _ask([*_LIBVIRT, "vol-delete", f"{name}.img", "--pool", _POOL])
    if not set(names) & set(there):
        for verb in ("net-destroy", "net-undefine"):
            _ask([*_LIBVIRT, verb, network])


def forget_box(name: str) -> None:
    """Remove libvirt's copy of a box, which Vagrant leaves there, unless somebody's disk is made over it."""
    listed = _ask([*_LIBVIRT, "vol-list", "--pool", _POOL]).text.splitlines()[2:]
    volumes = [line.split()[0] for line in listed if line.strip()]
    disks = [_ask([*_LIBVIRT, "vol-dumpxml", volume, "--pool", _POOL]).text for volume in volumes]
    beneath = {path for disk in disks for path in _BENEATH.findall(disk)}
    for volume in volumes:
        if volume.startswith(f"{name}_vagrant_box_image_") and not any(path.endswith(f"/{volume}") for path in beneath):
            _ask([*_LIBVIRT, "vol-delete", volume, "--pool", _POOL])


def _ask(argv: Sequence[str]) -> Completed:
    """What a hypervisor's tool says. Where it is missing or does not answer, Vagrant's own refusal will tell."""
    try:
        return processes.run(argv, env={"LC_ALL": "C"}, timeout=_SECONDS)
    except (FileNotFoundError, subprocess.TimeoutExpired) as silent:
        return Completed(argv, 127, b"", str(silent).encode())
