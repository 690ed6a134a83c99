"""How host nodes come to the node image where no registry has it: it is handed to the containerd of each.

A node that kind made here is a container of this computer, and its programs are run by the runtime. On any other node a
Pod runs them (`lab.cluster.pods.loader`), and the image travels through the host's API server.
"""

from __future__ import annotations

import fcntl
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import get_args
from urllib.parse import urlsplit

from lab import i18n, paths
from lab.cluster.engine import Completed
from lab.cluster.host import containers, processes
from lab.cluster.host.containers import Containers, Runtime
from lab.cluster.host.steps import Step, Steps
from lab.cluster.host.wait import bounded
from lab.cluster.image.addons import IMPORT
from lab.cluster.machines.machine import refused
from lab.cluster.pods import loader
from lab.cluster.pods.hosting import HostCluster, Object
from lab.errors import LabError
from lab.progress import OnProgress

OnNode = Callable[..., list[str]]
"""Turns a command on a node into one for this computer."""

_SECONDS = 40
"""For a node that is a container here, on a machine of two cores."""
_BOUND = 1800
"""For 1 GiB through the API server, by 5 Mbit/s."""
_LIST_BOUND = 60
_CONTAINERD = "containerd://"
_IMPORT_BY_1 = ("ctr", "--namespace", "k8s.io", "images", "import", "--all-platforms", "-")
"""What containerd 1 knows of `IMPORT`."""


def import_image(
    image: str, here: Containers, host: HostCluster, namespace: str, nodes: Sequence[Object], progress: OnProgress
) -> None:
    """Have the image on these nodes.

    Args:
        here: a runtime of this computer that has it.
        namespace: of the host cluster, where privileged Pods may be made for that.

    Raises:
        LabError: a node cannot be given an image (`pods.image`), or does not take it (`pods.not-taken`, `pods.disk`).
    """
    lacking = [node for node in nodes if image not in _images(node)]
    steps = Steps([Step(i18n.text("pods.step.image"), _SECONDS)] * len(lacking), progress)
    for node in lacking:
        steps.next()
        steps.say(node["metadata"]["name"])
        with _alone(), _way_onto(node, host, namespace) as on_node:
            if not _has(image, node, on_node):
                _carry(image, here, node, on_node, steps)


def _images(node: Object) -> set[str]:
    """As the kubelet reports them: the largest fifty."""
    return {name for image in node["status"].get("images") or () for name in image.get("names") or ()}


@contextmanager
def _alone() -> Iterator[None]:
    """One image is handed over at a time: seats of a class that come up together want the same one."""
    with (paths.cache() / "host-images.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _way_onto(node: Object, host: HostCluster, namespace: str) -> Iterator[OnNode]:
    if found := _container(node):
        runtime, container = found
        yield lambda *command: runtime.argv("exec", "--interactive", container, *command)
        return
    if not _runtime_of(node).startswith(_CONTAINERD):
        raise LabError("pods.image", _runtime_of(node), node=node["metadata"]["name"])
    with loader.on(host, namespace, node) as on_node:
        yield on_node


def _container(node: Object) -> tuple[Containers, str] | None:
    """The container of this computer that a node of a kind cluster is, and its runtime; None for others.

    kind says so itself: `kind://podman/CLUSTER/CONTAINER`.
    """
    said = urlsplit(node["spec"].get("providerID", ""))
    name = next((name for name in get_args(Runtime) if name == said.netloc), None)
    if said.scheme != "kind" or name is None:
        return None
    container = said.path.rpartition("/")[2]
    try:
        runtime = containers.find(name)
        return (runtime, container) if runtime.inspect(container) else None
    except LabError:  # that runtime is on another computer
        return None


def _runtime_of(node: Object) -> str:
    """What runs its containers, such as `containerd://2.2.0`."""
    return str((node["status"].get("nodeInfo") or {}).get("containerRuntimeVersion", ""))


def _has(image: str, node: Object, on_node: OnNode) -> bool:
    """Whether a node has the image by now. The host's API server hears of that some time later."""
    asked = on_node("ctr", "--namespace", "k8s.io", "images", "list", "--quiet", f"name=={image}")
    try:
        listed = processes.run(asked, env={}, timeout=_LIST_BOUND)
    except FileNotFoundError as missing:
        raise LabError("pods.kubectl", str(missing)) from missing
    except subprocess.TimeoutExpired as late:
        what = f"ctr on {node['metadata']['name']}"
        raise LabError("wait", what=what, seconds=_LIST_BOUND) from late
    if not listed.ok:
        raise LabError("pods.image", listed.error, node=node["metadata"]["name"])
    return image in listed.text.split()


def _carry(image: str, here: Containers, node: Object, on_node: OnNode, steps: Steps) -> None:
    """Hand the image from this computer's runtime to the containerd of a node."""
    name = node["metadata"]["name"]
    take = on_node(*(_IMPORT_BY_1 if _runtime_of(node).startswith(f"{_CONTAINERD}1.") else IMPORT))
    hear = bounded(lambda _: steps.say(None), seconds=_BOUND, what=f"{image} on {name}")
    save = here.argv("save", image)
    with tempfile.TemporaryFile() as words, subprocess.Popen(save, stdout=subprocess.PIPE, stderr=words) as saving:
        assert saving.stdout is not None  # noqa: S101 - a pipe was asked for
        taken = processes.watch(take, env={}, on_line=hear, stdin=saving.stdout)
        if code := saving.poll():  # else it is at work, or ends because nobody reads any more
            words.seek(0)
            raise refused(f"{here.runtime} save {image}", Completed(save, code, b"", words.read()))
    if "no space left on device" in taken.text:
        raise LabError("pods.disk", taken.text, node=name)
    # The exit code of a command in a Pod is lost with the connection, and then it is taken for success.
    if not taken.ok or not _has(image, node, on_node):
        raise LabError("pods.not-taken", taken.text, node=name, image=image)
