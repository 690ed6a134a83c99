"""Add-ons: built on this computer when they are wanted, or before that in the background, and loaded onto a lab."""

from __future__ import annotations

import fcntl
import sys
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import yaml

from lab import i18n, paths
from lab.cluster.engine import Capability, Engine, Node
from lab.cluster.host import processes
from lab.cluster.image import addon
from lab.cluster.image.building import environment, follow
from lab.cluster.machines import patience
from lab.cluster.machines.kubectl import Kubectl
from lab.cluster.machines.machine import refused
from lab.progress import OnProgress

MANIFESTS = "/opt/lab/manifests"
"""On base: what the learner installs from."""
_TOOLS = "/usr/local/bin"
_MARKS = "/var/lib/ckslab/addons"
"""On a node: a file for each add-on whose images were loaded, with the key of what they were built from."""
_LOAD_SECONDS = 300
_INSTALL_SECONDS = 180
_DETACH_SECONDS = 10
IMPORT = (
    *("ctr", "--namespace", "k8s.io", "images", "import", "--local", "--all-platforms", "--discard-unpacked-layers"),
    *("--label", "io.cri-containerd.pinned=pinned", "-"),
)
"""Has containerd take images from standard input, as for the node image. A kubelet that cleans up keeps them."""


def build(engine: Engine | None, names: Iterable[str], progress: OnProgress) -> None:
    """Have these add-ons on this computer, as this lab needs them. Nothing on the lab is touched.

    Args:
        engine: None: as any lab may need them, also one whose nodes reach no registry.

    Raises:
        LabError: one cannot be built (`image.command`, `image.disk-full`, `image.registry`).
    """
    for wanted in map(addon.find, sorted(names)):
        title = i18n.text("addon.step.build", addon=wanted.name, minutes=wanted.minutes)
        follow(_builder(engine, [wanted.id]), progress, title=partial(_always, title))


def build_later(engine: Engine, names: Sequence[str] | None = None) -> None:
    """Begin to build add-ons in the background: unless some are named, those whose first build is short.

    It goes on when this program ends. Where it fails, whoever wants the add-on builds it and hears why.
    """
    wanted = [name for name in addon.names() if not addon.find(name).is_long] if names is None else names
    if wanted:
        argv = [*_builder(engine, wanted), "--background", str(log())]
        processes.run(argv, env=environment(), timeout=_DETACH_SECONDS)


def is_building() -> bool:
    """Whether add-ons are built in the background at this moment."""
    try:
        with (paths.cache() / "addons.lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def is_built(name: str) -> bool:
    """Whether an add-on is on this computer, for labs that reach no registry. It may be one of an earlier version."""
    return (_built(name) / "images.tar").exists()


def log() -> Path:
    """What the build in the background told, in events."""
    return paths.state() / "addons.log"


def load(engine: Engine, names: Iterable[str]) -> None:
    """Put add-ons that are built onto the lab. Images that are there already, as after most resets, are not loaded.

    Raises:
        LabError: a node does not take an image (`engine.refused`).
    """
    for name in sorted(names):
        if _wants_images(engine):
            for node in engine.nodes():
                _load_images(node, name)
        for manifest in sorted((_built(name) / "manifests").iterdir()):
            content = manifest.read_bytes()
            softened = patience.softened(content) if engine.pace > 1 else content
            engine.base().write(f"{MANIFESTS}/{manifest.name}", softened)
        for tool in sorted((_built(name) / "tools").iterdir()):
            engine.base().write(f"{_TOOLS}/{tool.name}", tool.read_bytes(), mode=0o755)


def install(engine: Engine, names: Iterable[str]) -> None:
    """Install add-ons that are loaded, as a learner would do from base, and wait until they are at work.

    The server applies the manifests: definitions of kinds may be too large for the annotation that kubectl would make.

    Raises:
        LabError: the API server refused something, or it did not come up in time (`kubectl`).
    """
    kubectl = Kubectl(engine.nodes()[0])
    for name in sorted(names):
        for manifest in sorted((_built(name) / "manifests").iterdir()):
            content = manifest.read_bytes()
            seconds = _INSTALL_SECONDS * engine.pace
            softened = patience.softened(content) if engine.pace > 1 else content
            kubectl.do("apply", "--server-side", "--filename=-", stdin=softened, timeout=seconds)
            for namespace in sorted(_namespaces_of_deployments(content)):
                bound = f"--timeout={seconds:.0f}s"
                wait = ["wait", "--for=condition=Available", "deployment", "--all", f"--namespace={namespace}", bound]
                kubectl.do(*wait, timeout=seconds + 10)


def _namespaces_of_deployments(manifest: bytes) -> set[str]:
    objects = [document for document in yaml.load_all(manifest, Loader=yaml.CSafeLoader) if document]
    return {str(each["metadata"]["namespace"]) for each in objects if each.get("kind") == "Deployment"}


def _always(title: str, _: str) -> str:
    """The title of a build's one step, whatever the step is called."""
    return title


def _load_images(node: Node, name: str) -> None:
    """Import the add-on's images into a node's containerd, unless they are there and are those that are built."""
    mark, key = f"{_MARKS}/{name}", (_built(name) / "key").read_bytes()
    if _has_images(node, name) and _content(node, mark) == key:
        return
    imported = node.run(IMPORT, stdin=(_built(name) / "images.tar").read_bytes(), timeout=_LOAD_SECONDS)
    if not imported.ok:
        raise refused(f"{node.name}: ctr images import", imported)
    node.write(mark, key)


def _has_images(node: Node, name: str) -> bool:
    listed = node.run(["ctr", "--namespace", "k8s.io", "images", "list", "--quiet"])
    return set(addon.find(name).images) <= set(listed.text.split())


def _content(node: Node, path: str) -> bytes:
    try:
        return node.read(path)
    except FileNotFoundError:
        return b""


def _wants_images(engine: Engine) -> bool:
    """Whether the lab's nodes reach no registry to pull from."""
    return Capability.INTERNET in engine.lacks()


def _built(name: str) -> Path:
    return paths.cache() / "addons" / name


def _builder(engine: Engine | None, names: Sequence[str]) -> list[str]:
    options = [] if engine is None or _wants_images(engine) else ["--without-images"]
    return [sys.executable, "-m", "addons.build", "--cache", str(paths.cache()), *options, *names]
