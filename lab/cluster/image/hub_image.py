"""The image of a class's hub, for one inside a cluster: built on this computer out of the lab as it is here."""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path

import lab
from lab import paths
from lab.cluster.host import packages, processes
from lab.cluster.host.containers import Containers
from lab.cluster.image import addons, node_image
from lab.cluster.image.building import environment, follow
from lab.cluster.machines.machine import refused
from lab.progress import OnProgress

_TELL_SECONDS = 60


def current(addon_names: Collection[str]) -> str:
    """The name of the image that belongs to this lab, with these add-ons in it. Nothing is made.

    Raises:
        LabError: its builder does not say (`engine.refused`).
    """
    argv = _builder(addon_names, "--tell")
    told = processes.run(argv, env=environment(), timeout=_TELL_SECONDS)
    if not told.ok:
        raise refused("hub.build --tell", told)
    return told.text.strip()


def ensure(containers: Containers, addon_names: Collection[str], progress: OnProgress) -> str:
    """Have the image on this computer. Returns its name.

    Args:
        addon_names: nothing is built inside the cluster, so the image has those that the class needs.

    Raises:
        LabError: it cannot be built (`image.command`, `image.disk-full`, `image.registry`).
    """
    name = current(addon_names)
    if not containers.has_image(name):
        node_image.ensure(containers, "auto", progress)
        packages.for_building(progress, yes=False)
        addons.build(None, addon_names, progress)
        follow([*_builder(addon_names), "--runtime", containers.runtime], progress, env=containers.environment)
        node_image.remove_older(containers, name)
    return name


def _builder(addon_names: Collection[str], *options: str) -> list[str]:
    folder = Path(lab.__file__).parent
    chosen = [option for name in sorted(addon_names) for option in ("--addon", name)]
    what = ["--node", node_image.current(), "--lab", str(folder), "--cache", str(paths.cache())]
    return [sys.executable, "-m", "hub.build", *what, *chosen, *options]
