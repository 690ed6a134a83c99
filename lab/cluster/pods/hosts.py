"""The nodes of the host cluster: which of them seats may be on, and whether these have the node image."""

from __future__ import annotations

import fcntl
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from math import inf
from typing import get_args
from urllib.parse import urlsplit

from lab import i18n, paths
from lab.clock import SYSTEM, Clock, wait_until
from lab.cluster.engine import Completed
from lab.cluster.host import containers
from lab.cluster.host.containers import Containers, Runtime
from lab.cluster.host.steps import Step, Steps
from lab.cluster.image import node_image
from lab.cluster.image.addons import IMPORT
from lab.cluster.machines.machine import refused
from lab.cluster.pods.hosting import HostCluster, Object
from lab.cluster.pods.manifest import SEATS
from lab.errors import LabError
from lab.progress import OnProgress

_IMPORT_SECONDS = 40
"""On a machine of two cores."""
_IMPORT_BOUND = 900
_LIST_BOUND = 60
_REPORT_SECONDS = 12
"""Since a kubelet's last report, of which it makes one every ten seconds."""
_UNANSWERED_SECONDS = 10
"""For which a kubelet that has not answered is taken not to answer: its node has many seats, and each is looked at."""
_unanswered: dict[tuple[HostCluster, str], float] = {}
"""When a node's kubelet has not answered."""


def are_reserved(nodes: Sequence[Object]) -> bool:
    """Whether the host has nodes that are for seats."""
    return any(map(_is_reserved, nodes))


def for_seats(nodes: Sequence[Object]) -> list[Object]:
    """Those that a seat may be put on: nodes for seats where there are any, else all that take Pods."""
    return _taking([node for node in nodes if _is_reserved(node)] or nodes)


def for_others(nodes: Sequence[Object]) -> list[Object]:
    """Those that take Pods and are not for seats."""
    return _taking([node for node in nodes if not _is_reserved(node)])


def dead(host: HostCluster, pods: Iterable[Object], clock: Clock = SYSTEM) -> set[str]:
    """The names of the nodes of these Pods that are dead. The host says of their Pods for minutes that they run.

    A node is dead whose kubelet neither answers nor reports. Who may not see that hears of it from the host's API
    server, most of a minute later.

    Raises:
        LabError: the host cluster cannot be asked.
    """
    pod_on = {node: pod for pod in pods if (node := pod["spec"].get("nodeName"))}
    return {node for node, pod in pod_on.items() if _is_dead(host, node, pod, clock)}


def provide_image(wish: str, runtime: Runtime | None, nodes: Sequence[Object], progress: OnProgress) -> str:
    """Have the node image on this computer and on these nodes. Returns its name.

    Args:
        wish: `auto`, `pull` or `build`, as for a lab of kind.

    Raises:
        LabError: a node has no image, and is no container of this computer that could be given it (`pods.image`).
    """
    here = containers.find(runtime)
    name = node_image.ensure(here, wish, progress)
    give(here, name, nodes, progress)
    return name


def give(here: Containers, name: str, nodes: Sequence[Object], progress: OnProgress) -> None:
    """Have an image of this computer on these nodes, too.

    Raises:
        LabError: a node has no image, and is no container of this computer that could be given it (`pods.image`).
    """
    lacking = [node for node in nodes if name not in _images(node)]
    strangers = [node["metadata"]["name"] for node in lacking if _container(node) is None]
    if strangers:
        raise LabError("pods.image", ", ".join(strangers), image=name)
    steps = Steps([Step(i18n.text("pods.step.image"), _IMPORT_SECONDS)] * len(lacking), progress)
    for node in lacking:
        steps.next()
        steps.say(node["metadata"]["name"])
        with _alone():
            if not _has(name, node):
                _give(here, name, node)


def _is_dead(host: HostCluster, node: str, pod: Object, clock: Clock) -> bool:
    answers = _answers(host, node, pod, clock)
    if answers:
        return False
    if answers is False and (lease := _lease(host, node)):
        return _stays_silent(host, node, lease, clock)
    found = host.items(f"/api/v1/nodes?fieldSelector=metadata.name%3D{node}")
    return not any(map(_says_whether_ready, found))


def _answers(host: HostCluster, node: str, pod: Object, clock: Clock) -> bool | None:
    """Whether a node's kubelet answers. One that did not a moment ago is not waited for again."""
    if clock.seconds() - _unanswered.get((host, node), -inf) < _UNANSWERED_SECONDS:
        return False
    answers = host.kubelet_answers(pod)
    if answers is False:
        _unanswered[host, node] = clock.seconds()
    return answers


def _stays_silent(host: HostCluster, node: str, lease: str, clock: Clock) -> bool:
    """Whether a node has not reported for longer than it may. Its next report is waited for until it is late.

    Args:
        lease: when it has reported last.
    """
    silent_for = host.now().timestamp() - datetime.fromisoformat(lease).timestamp()
    reported = wait_until(lambda: _lease(host, node) != lease, clock, bound=_REPORT_SECONDS - silent_for, every=1)
    return not reported


def _lease(host: HostCluster, node: str) -> str:
    """When a node has reported last; empty where this user may not see that."""
    try:
        found = host.get(f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{node}") or {"spec": {}}
    except LabError as refused:
        if refused.key != "pods.refused":
            raise
        return ""
    return str(found["spec"].get("renewTime", ""))


def _says_whether_ready(node: Object) -> bool:
    """Whether its kubelet reports to the host's API server, which takes most of a minute to notice that it does not."""
    conditions = node["status"].get("conditions") or ()
    return not any(each["type"] == "Ready" and each["status"] == "Unknown" for each in conditions)


def _taking(nodes: Sequence[Object]) -> list[Object]:
    return [node for node in nodes if not node["spec"].get("unschedulable") and not _repels(node)]


def _is_reserved(node: Object) -> bool:
    return (node["metadata"].get("labels") or {}).get(SEATS) == "true"


def _repels(node: Object) -> bool:
    """Whether it has a taint that a seat does not tolerate."""
    taints = node["spec"].get("taints") or ()
    return any(taint["effect"] != "PreferNoSchedule" and taint["key"] != SEATS for taint in taints)


def _images(node: Object) -> set[str]:
    """As the kubelet reports them: the largest fifty."""
    return {name for image in node["status"].get("images") or () for name in image.get("names") or ()}


def _container(node: Object) -> tuple[Runtime, str] | None:
    """The container that a node of a kind cluster is, and its runtime; None for others.

    kind says so itself: `kind://podman/CLUSTER/CONTAINER`.
    """
    said = urlsplit(node["spec"].get("providerID", ""))
    runtime = next((runtime for runtime in get_args(Runtime) if runtime == said.netloc), None)
    return (runtime, said.path.rpartition("/")[2]) if said.scheme == "kind" and runtime else None


@contextmanager
def _alone() -> Iterator[None]:
    """One image is handed over at a time: seats of a class that come up together want the same one."""
    with (paths.cache() / "host-images.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _has(image: str, node: Object) -> bool:
    """Whether a node has the image by now. The host's API server hears of that some time later."""
    asked = _on(node, "ctr", "--namespace", "k8s.io", "images", "list", "--quiet", f"name=={image}")
    listed = subprocess.run(asked, capture_output=True, check=False, timeout=_LIST_BOUND, text=True)
    return image in listed.stdout.split()


def _on(node: Object, *command: str) -> list[str]:
    """A command for this computer that runs one on a node that is a container here."""
    runtime, container = _container(node) or ("podman", "")
    return containers.find(runtime).argv("exec", "--interactive", container, *command)


def _give(here: Containers, image: str, node: Object) -> None:
    """Hand the image from this computer's runtime to the containerd of a node."""
    save = here.argv("save", image)
    take = _on(node, *IMPORT)
    with subprocess.Popen(save, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as saving:
        try:
            taken = subprocess.run(take, stdin=saving.stdout, capture_output=True, check=False, timeout=_IMPORT_BOUND)
        except subprocess.TimeoutExpired as late:
            saving.kill()
            what = f"{image} on {node['metadata']['name']}"
            raise LabError("wait", what=what, seconds=f"{_IMPORT_BOUND}") from late
    if taken.returncode:
        said = Completed(take, taken.returncode, taken.stdout, taken.stderr)
        raise refused(f"{node['metadata']['name']}: ctr images import", said)
