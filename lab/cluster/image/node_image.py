"""The node image: pulled where a container registry answers, else built from package registries alone (`node/`)."""

from __future__ import annotations

import http.client
import json
import shutil
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from lab import i18n, paths
from lab.cluster.host import facts as host
from lab.cluster.host import packages
from lab.cluster.host.containers import Containers, Runtime
from lab.cluster.host.steps import Step, Steps
from lab.cluster.image.building import follow
from lab.errors import LabError
from lab.fingerprint import fingerprint
from lab.progress import OnProgress

REPOSITORY = "localhost/ckslab-node"
LABEL = "dev.ckslab.image"
"""On the image: `pull` or `build`."""

_REGISTRIES = ("https://registry-1.docker.io/v2/", "https://storage.googleapis.com/gvisor/releases/release/")
_REGISTRY_SECONDS = 4.0
_BUILD_BYTES = 15 * 2**30
_PULL_BYTES = 3 * 2**30


def setup(progress: OnProgress, *, runtime: Runtime | None = None, image: str = "auto", yes: bool = False) -> None:
    """System packages and the node image. Does nothing where they are there, and goes on where it was interrupted.

    Args:
        image: `auto`, `pull`, `build`, or the name of an image made elsewhere.
        yes: the user consents to installing system packages.
    """
    containers = packages.container_runtime(progress, runtime, yes=yes)
    ensure(containers, image, progress, yes=yes)


def ensure(containers: Containers, image: str, progress: OnProgress, *, yes: bool = False) -> str:
    """Have the image that nodes are made from, and the kind program. Returns the image's name."""
    if image not in ("auto", "pull", "build"):
        _ensure_foreign(containers, image, progress, yes=yes)
        return image
    name = current()
    if containers.has_image(name) and kind_program().exists():
        return name
    if image == "pull" or (image == "auto" and registry_answers(progress)):
        _build(containers, progress, tag=None, yes=yes)
        _pull(containers, name, progress)
    else:
        _build(containers, progress, tag=name, yes=yes)
    remove_older(containers, name)
    return name


def current() -> str:
    """The name of the image that belongs to this version of `node/`; its tag is a hash of all files there."""
    return f"{REPOSITORY}:{fingerprint(paths.data('node'))[:12]}"


def versions() -> Mapping[str, Any]:
    """What the image is made of."""
    loaded: Mapping[str, Any] = yaml.safe_load((paths.data("node") / "versions.yaml").read_text(encoding="utf-8"))
    return loaded


def kind_program() -> Path:
    """The kind that makes clusters of the image."""
    return paths.cache() / "bin" / "kind"


def origin(containers: Containers, name: str) -> str:
    """How the image came to be: `pull`, `build`, or nothing where it is not one of ours."""
    found = containers.call("image", "inspect", name)
    if not found.ok:
        return ""
    config = json.loads(found.stdout)[0].get("Config") or {}
    return str((config.get("Labels") or {}).get(LABEL, ""))


def _ensure_foreign(containers: Containers, image: str, progress: OnProgress, *, yes: bool) -> None:
    if not kind_program().exists():
        _build(containers, progress, tag=None, yes=yes)
    if not containers.has_image(image):
        steps = Steps([Step(i18n.text("image.step.pull"), 120)], progress)
        steps.next()
        pulled = containers.watch(containers.argv("pull", image), steps.say)
        if not pulled.ok:
            raise LabError("image.foreign", pulled.text, image=image)


def registry_answers(progress: OnProgress) -> bool:
    """Whether what a lab is made of can be downloaded; where it cannot, it is built."""
    steps = Steps([Step(i18n.text("image.step.look"), _REGISTRY_SECONDS)], progress)
    steps.next()
    answers = _in_time(lambda: all(map(_answers, _REGISTRIES)))
    steps.say(i18n.text("image.registry" if answers else "image.no-registry"))
    return answers


def _in_time(ask: Callable[[], bool]) -> bool:
    """Whether the answer is yes, and soon. Looking up a name knows no bound, so the question may be left behind."""
    answers: list[bool] = []
    asking = threading.Thread(target=lambda: answers.append(ask()), daemon=True)
    asking.start()
    asking.join(_REGISTRY_SECONDS)
    return answers == [True]


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=_REGISTRY_SECONDS).close()  # noqa: S310 - fixed https addresses
    except urllib.error.HTTPError as answer:
        # A registry wants to know who asks; a proxy that lets nobody through is no registry.
        return answer.code in (401, 404)
    except (OSError, http.client.HTTPException):
        return False
    return True


def _pull(containers: Containers, name: str, progress: OnProgress) -> None:
    _require_room(_PULL_BYTES)
    wanted, folder = versions(), paths.data("node")
    arguments = {
        "NODE": wanted["pull"]["node"],
        "GVISOR": wanted["pull"]["gvisor"],
        "PACKAGES": " ".join(wanted["packages"]["learner"]),
    }
    options = [option for key, value in arguments.items() for option in ("--build-arg", f"{key}={value}")]
    steps = Steps([Step(i18n.text("image.step.pull"), 180)], progress)
    steps.next()
    with tempfile.TemporaryDirectory() as context:
        shutil.copytree(folder, context, dirs_exist_ok=True)
        argv = containers.argv("build", "--tag", name, *options, "--file", f"{context}/Containerfile", context)
        made = containers.watch(argv, steps.say)
    if not made.ok:
        raise LabError("image.pull", made.text)


def _build(containers: Containers, progress: OnProgress, *, tag: str | None, yes: bool) -> None:
    """Run `node.build`; without a tag it makes the kind program alone."""
    if tag:
        _require_room(_BUILD_BYTES)
        packages.for_building(progress, yes=yes)
    argv = [sys.executable, "-m", "node.build", "--runtime", containers.runtime, "--cache", str(paths.cache())]
    follow([*argv, *(["--tag", tag] if tag else [])], progress, env=containers.environment)


def _require_room(wanted: int) -> None:
    free = host.free_bytes(paths.cache())
    if free < wanted:
        gibibytes = 2**30
        raise LabError("disk.short", folder=paths.cache(), free=f"{free / gibibytes:.1f}", wanted=wanted // gibibytes)


def remove_older(containers: Containers, name: str) -> None:
    """Images that were built before this one, under the same name but for its tag, unless something runs on them."""
    repository, _, _ = name.rpartition(":")
    listed = containers.call("images", "--filter", f"reference={repository}", "--format", "{{.Repository}}:{{.Tag}}")
    for image in listed.text.split():
        if image != name:
            containers.call("rmi", image)
