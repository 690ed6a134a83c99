"""The box that virtual machines are made from: the node image as a machine, where it is there, or Debian's own."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from lab import i18n, paths
from lab.cluster.host import containers, processes
from lab.cluster.host import facts as host
from lab.cluster.host.steps import Step, Steps
from lab.cluster.image import node_image as image
from lab.cluster.image.building import follow
from lab.cluster.machines.machine import refused
from lab.cluster.record import Provider
from lab.cluster.vagrant import virtual
from lab.cluster.vagrant.program import Vagrant
from lab.errors import LabError
from lab.progress import OnProgress

PLAIN = "debian/bookworm64"
"""Furnished by download when its machine first starts."""
_BUILT = re.compile(r"ckslab-[0-9a-f]{16}")
_TELL_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Box:
    """A box by Vagrant's name for it, and the folder with its kernel where it has no boot loader."""

    name: str
    boot: str = ""


def ensure(vagrant: Vagrant, choice: str, provider: Provider, progress: OnProgress) -> Box:
    """Have the box.

    Args:
        choice: `auto`, `pull` (Debian's, and downloads), `build` (out of the node image), or a box made elsewhere.

    Raises:
        LabError: only libvirt takes a box that was built (`vagrant.box-provider`).
    """
    if choice == "build" and provider != "libvirt":
        raise LabError("vagrant.box-provider", provider=provider)
    if choice not in ("auto", "pull", "build"):
        return Box(choice)
    if choice == "build" or (choice == "auto" and provider == "libvirt" and not image.registry_answers(progress)):
        return _build(vagrant, progress)
    return Box(PLAIN)


def _build(vagrant: Vagrant, progress: OnProgress) -> Box:
    """The node image as a box; made once for the same files.

    Raises:
        LabError: it is completed in a root directory of its own, which takes root (`vagrant.box-root`).
    """
    if not host.is_root():
        raise LabError("vagrant.box-root")
    runtime = containers.find()
    source = image.ensure(runtime, "auto", progress)
    program = str(paths.data("vagrant") / "box.py")
    options = ["--runtime", runtime.runtime, "--image", source, "--cache", str(paths.cache())]
    argv = [sys.executable, program, *options]
    told = _told([*argv, "--tell"])
    box = Box(told["name"], told["boot"])
    if box.name not in vagrant.boxes():
        follow(argv, progress, env=runtime.environment)
        steps = Steps([Step(i18n.text("vagrant.step.box"), 20)], progress)
        steps.next()
        vagrant.add_box(box.name, told["box"])
        _remove_older(vagrant, box.name)
    return box


def _remove_older(vagrant: Vagrant, name: str) -> None:
    """Boxes built earlier, unless machines still run on them."""
    for older in vagrant.boxes():
        if _BUILT.fullmatch(older) and older != name:
            with suppress(LabError):
                vagrant.remove_box(older)
                virtual.forget_box(older)


def _told(argv: Sequence[str]) -> dict[str, str]:
    done = processes.run(argv, env={"PYTHONPATH": str(paths.data("node").parent)}, timeout=_TELL_SECONDS)
    if not done.ok:
        raise refused("vagrant/box.py --tell", done)
    told: dict[str, str] = json.loads(done.stdout)
    return told
