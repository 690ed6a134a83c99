"""System packages that a lab needs: installed by apt-get with the user's consent, named where there is none."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from lab import i18n
from lab.cluster.host import containers, processes
from lab.cluster.host import facts as host
from lab.cluster.host.containers import Containers, Runtime
from lab.cluster.host.steps import Step, Steps
from lab.cluster.machines.machine import refused
from lab.errors import LabError
from lab.progress import OnProgress

# podman with the network that resolves containers by name, and a runtime that also runs where cgroups are old.
_RUNTIME = ("podman", "runc", "iptables")
_NETWORK = ("netavark", "aardvark-dns")
_BUILD = ("mmdebstrap",)


def container_runtime(progress: OnProgress, runtime: Runtime | None, *, yes: bool) -> Containers:
    """The runtime to use; podman is installed where there is none."""
    try:
        found = containers.find(runtime)
    except LabError as missing:
        installable = missing.key == "runtime.missing" or runtime == "podman"
        if not (installable and host.is_debian()) or shutil.which("podman"):
            raise
    else:
        # podman's own packaging only recommends these; without them nodes neither start nor find each other.
        if found.runtime != "podman" or not host.is_debian() or not _lacking(_RUNTIME):
            return found
    _install([*_RUNTIME, *_NETWORK], progress, yes=yes)
    return containers.find(runtime)


def for_building(progress: OnProgress, *, yes: bool) -> None:
    """What building the node image needs besides Go, which comes by itself."""
    if not _lacking(_BUILD):
        return
    if not host.is_debian():
        raise LabError("packages.unknown", packages=", ".join(_BUILD))
    _install([*_BUILD, "debian-archive-keyring"], progress, yes=yes)


def _lacking(programs: Sequence[str]) -> list[str]:
    """Those programs that are missing; a package has the name of its program."""
    return [name for name in programs if not host.has_program(name)]


def _install(names: list[str], progress: OnProgress, *, yes: bool) -> None:
    command = [*([] if host.is_root() else ["sudo"]), "apt-get"]
    install = [*command, "install", "--yes", "--no-install-recommends", *names]
    if not yes:
        raise LabError("packages.consent", packages=", ".join(names), command=" ".join(install))
    steps = Steps([Step(i18n.text("packages.step", packages=", ".join(names)), 40)], progress)
    steps.next()
    for argv in ([*command, "update"], install):
        completed = processes.watch(argv, env={"DEBIAN_FRONTEND": "noninteractive"}, on_line=steps.say)
        if not completed.ok:
            raise refused(" ".join(argv[:3]), completed)
