"""Volumes: what is mounted where, and whom the files in them belong to."""

from __future__ import annotations

from collections.abc import Sequence
from posixpath import dirname, normpath

from checkers.api import Finding, NoExec, Observer, Ran, Text, check, failed, passed
from checkers.pod import Container, Pod
from checkers.trouble import Trouble, running_pod
from checkers.words import as_is, listed, of_container

EMPTY_DIR = "https://kubernetes.io/docs/concepts/storage/volumes/#emptydir"
SECURITY_CONTEXT = "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"

_MOUNT = Text(
    "A file outside the volume is in the container's own layer: lost with the container, and out of fsGroup's reach.",
    "卷之外的文件位于容器自己的可写层：随容器一起消失，fsGroup 也不作用于它。",
)
_GROUP = Text(
    "A new file in a volume gets the group of the directory it is made in, which is the Pod's fsGroup.",
    "卷中的新文件继承所在目录的组，也就是 Pod 的 fsGroup。",
)


@check("volumes.empty_dir")
def empty_dir(lab: Observer, *, pod: str, namespace: str = "default", path: str) -> Finding:
    """A running container of the Pod has an emptyDir volume mounted at this path."""
    expected = Text(
        f"a container of Pod {pod} has an emptyDir volume mounted at {path}",
        f"Pod {pod} 的一个容器在 {path} 挂载了 emptyDir 卷",
    )
    seen = running_pod(lab, pod, namespace)
    if isinstance(seen, Trouble):
        return seen.finding(expected, _MOUNT, EMPTY_DIR)
    holders = _holders(seen, path)
    found = _mounts(seen, holders or seen.running)
    return passed(expected, found) if holders else failed(expected, found, _MOUNT, EMPTY_DIR)


@check("volumes.file_group")
def file_group(lab: Observer, *, pod: str, namespace: str = "default", path: str, group: int) -> Finding:
    """There is a file in an emptyDir volume of the Pod, and it belongs to this group."""
    expected = Text(
        f"in Pod {pod} there is the file {path} in an emptyDir volume, and it belongs to group {group}",
        f"Pod {pod} 的 emptyDir 卷中有文件 {path}，且属于组 {group}",
    )
    seen = running_pod(lab, pod, namespace)
    if isinstance(seen, Trouble):
        return seen.finding(expected, _GROUP, SECURITY_CONTEXT)
    holders = _holders(seen, dirname(path))
    if not holders:
        return failed(expected, _mounts(seen, seen.running), _MOUNT, EMPTY_DIR)
    looks = [(own, _ls(lab, seen, own, path)) for own in holders]
    found = listed(of_container(own, as_is(ran.stdout.strip() or ran.stderr.strip())) for own, ran in looks)
    if any(_group_of_file(ran) == group for _, ran in looks):
        return passed(expected, found)
    return failed(expected, found, _GROUP, SECURITY_CONTEXT)


def _holders(pod: Pod, path: str) -> tuple[Container, ...]:
    """The running containers that have an emptyDir volume at this path."""
    return tuple(own for own in pod.running if _types(pod, own).get(normpath(path)) == "emptyDir")


def _types(pod: Pod, container: Container) -> dict[str, str]:
    """Where the container has volumes -> of what type each is. `name` is a field that every volume has."""
    types = {
        volume["name"]: next((field for field in volume if field != "name"), "emptyDir")
        for volume in pod.spec.get("volumes") or ()
    }
    mounts = container.spec.get("volumeMounts") or ()
    return {normpath(mount["mountPath"]): types.get(mount["name"], "") for mount in mounts}


def _mounts(pod: Pod, containers: Sequence[Container]) -> Text:
    """The mounts that its author made; each container has the service account's too, which would only distract."""
    said = []
    for own in containers:
        mounts = {path: kind for path, kind in _types(pod, own).items() if not path.startswith("/var/run/secrets/")}
        words = ", ".join(f"{path} ({kind})" for path, kind in mounts.items())
        said.append(of_container(own, as_is(words) if words else Text("no volume mounted", "没有挂载卷")))
    return listed(said)


def _ls(lab: Observer, pod: Pod, container: Container, path: str) -> Ran:
    try:
        return lab.exec(pod.name, container.name, ["ls", "-lnd", path], pod.namespace)
    except NoExec as error:
        # The image that the task names has `ls`; that this one has none is what the learner chose.
        return Ran(127, "", str(error))


def _group_of_file(ran: Ran) -> int | None:
    """From a line like `-rw-r--r-- 1 1000 2000 6 Jan 1 00:00 PATH`; None where there is no such file."""
    columns = ran.stdout.split()
    if ran.code != 0 or len(columns) < 4 or not columns[0].startswith("-"):
        return None
    return int(columns[3])
