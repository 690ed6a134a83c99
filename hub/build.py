"""Build the image of a class's hub: `python -m hub.build --runtime podman --node IMAGE --lab DIR --cache DIR`.

Debian with Python, the kubectl of the node image, and the lab as it is here, with packages of the versions that are
here. It is made once for the same ingredients, and tells what it does in the events of node/events.py. `--tell` prints
the image's name and makes nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import yaml

import node
from node import events
from node.commands import Commands
from node.debian import Debian
from node.events import Step
from node.store import Artifact, Store, fingerprint

HERE = Path(__file__).resolve().parent
REPOSITORY = "localhost/ckslab-hub"
SYSTEM = ("python3", "tini", "ca-certificates")
PYTHON = {"bookworm": "3.11"}
"""Of each release of Debian that the hub can be made of."""
GLIBC = 36
"""The oldest that such a release has, 2.36: wheels for it and for older ones run there."""
DATA = ("exercises", "addons", "node")
"""What the lab reads, beside its code. An installed wheel has it inside `lab/`, and so has the image."""
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "_data", "recordings")


def main() -> int:
    """Build what is missing; 0 when the image is there, 1 with a `failed` event."""
    options = _arguments()
    build = Build(options.runtime, options.node, options.lab, options.addon, options.cache)
    if options.tell:
        print(build.image)
        return 0
    with events.alone(options.cache):
        return 0 if events.run(list(build.steps())) else 1


class Build:
    """Builds the image.

    Args:
        node_image: where kubectl is taken from.
        lab: the folder of the package `lab`; `checkers` is beside it.
        addons: those that are to be in the image. They have been built.
    """

    def __init__(self, runtime: str, node_image: str, lab: Path, addons: list[str], cache: Path) -> None:
        self._runtime = runtime
        self._node_image = node_image
        self._packages_of_lab = (lab, lab.with_name("checkers"))
        self._addons = sorted(addons)
        self._cache = cache
        self._commands = Commands(lambda line: events.say("line", text=line))
        self._store = Store(cache / "artifacts")
        release = yaml.safe_load((Path(node.__path__[0]) / "versions.yaml").read_text())["debian"]
        self._debian = Debian(release, self._commands)
        self._python = PYTHON[release]
        self._requirements = importlib.metadata.requires("ckslab") or []
        self._here = sorted(f"{each.name}=={each.version}" for each in importlib.metadata.distributions())
        self._system = Artifact("hub-system", 40, self._make_system, (release, *SYSTEM))
        self._packages = Artifact("hub-packages", 20, self._make_packages, (self._python, *self._here))

    @property
    def image(self) -> str:
        """Its name; the tag is a hash of all that goes into it."""
        sources = (*self._packages_of_lab, *(HERE.parent / name for name in DATA), HERE)
        parts = (self._system.key, self._packages.key, fingerprint(sources), self._node_image, *self._addons)
        return f"{REPOSITORY}:{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:12]}"

    def steps(self) -> Iterator[Step]:
        """What is still to be done."""
        for artifact in (self._system, self._packages):
            if not self._store.has(artifact):
                yield Step(artifact.name, artifact.seconds, partial(self._store.build, artifact))
        yield Step("hub-image", 40, self._assemble)

    def _make_system(self, target: Path, _: dict[str, Path]) -> None:
        self._debian.system(SYSTEM, target / "system.tar")

    def _make_packages(self, target: Path, _: dict[str, Path]) -> None:
        """What the lab requires, as wheels for the Python of the image, whichever runs here."""
        constraints = target / "constraints.txt"
        constraints.write_text("\n".join(self._here))
        options = ["--quiet", "--only-binary=:all:", f"--python-version={self._python}", f"--constraint={constraints}"]
        place = f"--target={target / 'packages'}"
        self._commands.run([*_installer(), *options, place, *self._requirements])

    def _assemble(self) -> None:
        with tempfile.TemporaryDirectory(dir=self._cache) as scratch:
            context = Path(scratch)
            shutil.copy(HERE / "Containerfile", context)
            os.link(self._store.path(self._system) / "system.tar", context / "system.tar")
            shutil.copytree(self._store.path(self._packages) / "packages", context / "packages")
            for package in self._packages_of_lab:
                shutil.copytree(package, context / "ckslab" / package.name, ignore=_LEFT_OUT)
            for name in DATA:
                shutil.copytree(HERE.parent / name, context / "ckslab" / "lab" / "_data" / name, ignore=_LEFT_OUT)
            (context / "cache").mkdir()
            for part in {part for name in self._addons for part in self._parts(name)}:
                shutil.copytree(part, context / "cache" / "artifacts" / part.name)
            values = {"NODE": self._node_image, "PACKAGES": f"/usr/local/lib/python{self._python}/dist-packages"}
            arguments = [f"--build-arg={name}={value}" for name, value in values.items()]
            self._commands.run(
                [self._runtime, "build", "--network=none", f"--tag={self.image}", *arguments, str(context)]
            )

    def _parts(self, addon: str) -> set[Path]:
        """The artifacts of an add-on, which the folder that the lab reads has links to."""
        built = self._cache / "addons" / addon
        return {path.resolve().parent for path in built.iterdir() if path.is_symlink()}


def _installer() -> list[str]:
    """pip or uv, whichever is there, taking wheels for any Linux that is new enough."""
    machine = platform.machine()
    if importlib.util.find_spec("pip"):
        tags = [f"manylinux2014_{machine}", *(f"manylinux_2_{minor}_{machine}" for minor in range(17, GLIBC + 1))]
        return [sys.executable, "-m", "pip", "install", *(f"--platform={tag}" for tag in tags)]
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}") or "uv"
    return [uv, "pip", "install", f"--python-platform={machine}-manylinux_2_{GLIBC}"]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Build the image of a class's hub.")
    parser.add_argument("--runtime", default="podman", help="docker, podman or nerdctl")
    parser.add_argument("--node", required=True, metavar="IMAGE", help="the node image")
    parser.add_argument("--lab", type=Path, required=True, metavar="DIR", help="the package `lab`")
    parser.add_argument("--addon", action="append", default=[], metavar="NAME", help="one that is to be in it, built")
    parser.add_argument("--cache", type=Path, required=True, help="directory for what is built on the way")
    parser.add_argument("--tell", action="store_true", help="print the image's name and make nothing")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
