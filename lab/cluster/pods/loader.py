"""A Pod that runs programs of its host node, on the node's own files: for what the API server cannot be asked to do.

No image with programs in it has to be there for that, which is why it can hand an image to a node that pulls none: the
Pod runs the node's programs with the node's libraries. Of images, any that the node has will do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from lab.cluster.pods import condition, manifest
from lab.cluster.pods.hosting import HostCluster, Object
from lab.cluster.pods.manifest import CONTAINER
from lab.cluster.pods.node import PodNode
from lab.errors import LabError

_NAME = "image-loader"
_LABEL = "dev.ckslab.images"
"""On a Namespace that is there for it alone."""
_NODE = "/node"
"""Where it has the node's files. Nothing is written there: what changes the node is asked of its containerd."""
_PROGRAMS = ("/usr", "/bin", "/lib")
_ALSO = {"amd64": ("/lib64",)}
"""Where the dynamic linker is, on some processors."""
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_SECONDS = 3600
"""After which it ends, should nobody be left who removes it."""
_START_SECONDS = 90
_END_SECONDS = 60
_ON_ITS_WAY = ("Pending", "ContainerCreating")


@contextmanager
def namespace(host: HostCluster, name: str) -> Iterator[str]:
    """A Namespace for that alone while the `with` block lasts. One that was left of an earlier run is taken again.

    Args:
        name: part of what it is called.

    Raises:
        LabError: somebody else has one that is called so (`pods.taken`).
    """
    called = f"{manifest.namespace_of(name)}-images"
    place = f"/api/v1/namespaces/{called}"
    labels = {_LABEL: name, **manifest.TAKES_PRIVILEGED}
    host.create(
        "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": called, "labels": labels}}
    )
    found = host.get(place) or {"metadata": {}}
    if (found["metadata"].get("labels") or {}).get(_LABEL) != name:
        raise LabError("pods.taken", namespace=called)
    try:
        yield called
    finally:
        host.delete(place, {"preconditions": {"uid": found["metadata"]["uid"]}})


@contextmanager
def on(host: HostCluster, namespace: str, node: Object) -> Iterator[Callable[..., list[str]]]:
    """Have such a Pod on a node while the `with` block lasts. What it gives turns a command there into one for here.

    Args:
        namespace: one that takes privileged Pods.

    Raises:
        LabError: the API server refuses the Pod, or the node does not start it (`pods.image`).
    """
    name = node["metadata"]["name"]
    pods = f"/api/v1/namespaces/{namespace}/pods"
    mine = f"{pods}?fieldSelector=metadata.name%3D{_NAME}"
    try:
        _remove(host, pods, mine)  # what was left of an earlier run may be on another node
        _start(host, namespace, node, mine)
        yield lambda *command: PodNode(host, namespace, _NAME, "worker").argv("chroot", _NODE, *command)
    except LabError as error:
        if error.key != "pods.refused":
            raise
        raise LabError("pods.image", error.came_back, node=name) from error
    finally:
        with suppress(LabError):  # it ends by itself, and its Namespace is removed
            _remove(host, pods, mine)


def _start(host: HostCluster, namespace: str, node: Object, mine: str) -> None:
    host.create(f"/api/v1/namespaces/{namespace}/pods", _pod(namespace, node))
    last: list[Object] = []

    def has_begun(pods: Sequence[Object]) -> bool:
        last[:] = pods
        return not pods or condition.of(pods[0]) not in _ON_ITS_WAY

    host.await_objects(mine, has_begun, seconds=_START_SECONDS)
    if not any(map(condition.runs, last)):
        raise LabError("pods.image", "; ".join(map(condition.trouble, last)), node=node["metadata"]["name"])


def _remove(host: HostCluster, pods: str, mine: str) -> None:
    host.delete(f"{pods}/{_NAME}", {})
    host.await_objects(mine, lambda left: not left, seconds=_END_SECONDS)


def _pod(namespace: str, node: Object) -> dict[str, Any]:
    facts = node["status"].get("nodeInfo") or {}
    programs = (*_PROGRAMS, *_ALSO.get(str(facts.get("architecture")), ()))
    container = {
        "name": CONTAINER,
        "image": _any_image(node),
        "imagePullPolicy": "Never",
        "command": ["chroot", _NODE, "sleep", str(_SECONDS)],
        "env": [{"name": "PATH", "value": _PATH}],
        "securityContext": {"privileged": True, "runAsUser": 0},
        "volumeMounts": [
            {"name": "node", "mountPath": _NODE, "readOnly": True},
            *({"name": path.strip("/"), "mountPath": path, "readOnly": True} for path in programs),
        ],
    }
    spec = {
        "nodeName": node["metadata"]["name"],
        "tolerations": [{"operator": "Exists"}],
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "restartPolicy": "Never",
        "activeDeadlineSeconds": _SECONDS,
        "terminationGracePeriodSeconds": 0,
        "containers": [container],
        "volumes": [
            {"name": "node", "hostPath": {"path": "/"}},
            *({"name": path.strip("/"), "hostPath": {"path": path}} for path in programs),
        ],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": _NAME, "namespace": namespace}, "spec": spec}


def _any_image(node: Object) -> str:
    """The smallest that the node has; empty where it tells of none."""
    images = [image for image in node["status"].get("images") or () if image.get("names")]
    smallest = sorted(images, key=lambda image: int(image.get("sizeBytes", 0)))
    return str(smallest[0]["names"][-1]) if smallest else ""
