"""Volumes: what is mounted where, and whom the files in them belong to."""

from __future__ import annotations

from collections.abc import Sequence
from posixpath import normpath

from checkers.api import Finding, NoExec, Observer, Ran, Text, check, failed, passed
from checkers.kit.pod import Container, Pod
from checkers.kit.processes import Process, first_process
from checkers.kit.text import as_is, listed, of_container
from checkers.kit.trouble import CAUSES, of_running_pod
from checkers.pods import running

EMPTY_DIR = "https://kubernetes.io/docs/concepts/storage/volumes/#emptydir"
SECURITY_CONTEXT = "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"

_ACCOUNT = "/var/run/secrets/"

_MOUNT = Text(
    "A file outside the volume is in the container's own layer: lost with the container, and out of fsGroup's reach.",
    "卷之外的文件位于容器自己的可写层：随容器一起消失，fsGroup 也不作用于它。",
)
_GROUP = Text(
    "A new file in a volume gets the group of the directory it is made in, which is the Pod's fsGroup.",
    "卷中的新文件继承所在目录的组，也就是 Pod 的 fsGroup。",
)


@check("volumes.empty_dir", causes=(*CAUSES, "mounted-in-another"))
def empty_dir(
    cluster: Observer, *, pod: str, namespace: str = "default", path: str, image: str = "", command: Sequence[str] = ()
) -> Finding:
    """A running container of the Pod has an emptyDir volume mounted at this path.

    Where an image is given, the container of this image and command has it, if there is such a one.
    """
    expected = Text(
        f"an emptyDir volume is mounted at {path} in {_asked_for(pod, image).en}",
        f"{_asked_for(pod, image).zh}在 {path} 挂载了 emptyDir 卷",
    )

    def judge(found_pod: Pod) -> Finding:
        meant = _containers_of_task(found_pod, image, command)
        holders = _holders(found_pod, meant, path)
        # A mount in another container is what the learner took for right: the finding has it, too.
        found = _mounts(found_pod, holders or found_pod.running)
        if holders:
            return passed(expected, found)
        causes = ("mounted-in-another",) if _holders(found_pod, found_pod.running, path) else ()
        why = _above(path) if _with_volume_around(found_pod, meant, path) else _MOUNT
        return failed(expected, found, why, EMPTY_DIR, causes)

    return of_running_pod(cluster, pod, namespace, judge, expected, _MOUNT, EMPTY_DIR)


@check(
    "volumes.fs_group",
    causes=(*CAUSES, "fsgroup-unset", "fsgroup-other", "supplemental-group", "primary-group", "owner-changed"),
)
def fs_group(cluster: Observer, *, pod: str, namespace: str = "default", group: int) -> Finding:
    """This is the Pod's file system group: its emptyDir volumes belong to it, and every container is a member.

    To be a member is not enough: `supplementalGroups` makes members, too, and leaves the volumes to root.
    """
    expected = Text(
        f"fsGroup of Pod {pod} is {group}: its volumes belong to group {group}, and every container is a member",
        f"Pod {pod} 的 fsGroup 为 {group}：其卷属于组 {group}，且每个容器都是该组的成员",
    )

    def judge(found_pod: Pod) -> Finding:
        field = (found_pod.spec.get("securityContext") or {}).get("fsGroup")
        processes = [(container, first_process(cluster, found_pod, container)) for container in found_pod.judged]
        outside = [(container, process) for container, process in processes if group not in process.groups]
        roots = [(path, owner) for path, owner in _roots(cluster, found_pod) if owner is not None]
        strange = [(path, owner) for path, owner in roots if owner != group]
        is_right = field == group and not outside and not strange
        texts = [
            as_is(f"Pod {pod}: fsGroup: {'null' if field is None else field}"),
            *(of_container(container, _groups(process)) for container, process in outside or processes),
            *(Text(f"{path} belongs to group {owner}", f"{path} 属于组 {owner}") for path, owner in strange or roots),
        ]
        if is_right:
            return passed(expected, listed(texts))
        owners = [owner for _, owner in roots]
        causes = _fs_group_causes(found_pod, group, [process for _, process in processes], owners)
        return failed(expected, listed(texts), _GROUP, SECURITY_CONTEXT, causes)

    return of_running_pod(cluster, pod, namespace, judge, expected, _GROUP, SECURITY_CONTEXT)


def _fs_group_causes(pod: Pod, group: int, processes: Sequence[Process], owners: Sequence[int]) -> set[str]:
    """What was set in place of fsGroup."""
    context = pod.spec.get("securityContext") or {}
    if context.get("fsGroup") is not None:
        return {"fsgroup-other"} if context["fsGroup"] != group else set()
    found = {"fsgroup-unset"}
    if group in (context.get("supplementalGroups") or ()):
        found.add("supplemental-group")
    if any(process.group == group for process in processes):
        found.add("primary-group")
    if group in owners:
        found.add("owner-changed")
    return found


@check("volumes.file_group", causes=(*CAUSES, "no-file", "mounted-in-another"))
def file_group(
    cluster: Observer,
    *,
    pod: str,
    namespace: str = "default",
    path: str,
    group: int,
    image: str = "",
    command: Sequence[str] = (),
) -> Finding:
    """There is a file in an emptyDir volume of the Pod, and it belongs to this group.

    Where an image is given, the container of this image and command has it, if there is such a one.
    """
    expected = Text(
        f"the file {path} is in an emptyDir volume in {_asked_for(pod, image).en}, and belongs to group {group}",
        f"{_asked_for(pod, image).zh}的 emptyDir 卷中有文件 {path}，且属于组 {group}",
    )

    def judge(found_pod: Pod) -> Finding:
        holders = _with_volume_around(found_pod, _containers_of_task(found_pod, image, command), path)
        if not holders:
            causes = ("mounted-in-another",) if _with_volume_around(found_pod, found_pod.running, path) else ()
            return failed(expected, _mounts(found_pod, found_pod.running), _MOUNT, EMPTY_DIR, causes)
        files = [(container, _ls(cluster, found_pod, container, path)) for container in holders]
        found = listed(of_container(container, as_is(_output(ran))) for container, ran in files)
        if any(_group(ran, "-") == group for _, ran in files):
            return passed(expected, found)
        is_missing = all("No such file" in ran.stderr for _, ran in files)
        return failed(expected, found, _GROUP, SECURITY_CONTEXT, ("no-file",) if is_missing else ())

    return of_running_pod(cluster, pod, namespace, judge, expected, _GROUP, SECURITY_CONTEXT)


def _asked_for(pod: str, image: str) -> Text:
    """Where the volume has to be mounted."""
    if image:
        return Text(f"the container of Pod {pod} that runs {image}", f"Pod {pod} 中运行 {image} 的容器")
    return Text(f"a container of Pod {pod}", f"Pod {pod} 的一个容器")


def _containers_of_task(pod: Pod, image: str, command: Sequence[str]) -> tuple[Container, ...]:
    """The containers that the task names. Where none is as it asks, another criterion says so, and any will do."""
    return (running(pod, image, command) if image else ()) or pod.running


def _holders(pod: Pod, containers: Sequence[Container], path: str) -> tuple[Container, ...]:
    """Those of the containers that have an emptyDir volume at this path."""
    return tuple(holder for holder in containers if _types(pod, holder).get(normpath(path)) == "emptyDir")


def _with_volume_around(pod: Pod, containers: Sequence[Container], path: str) -> tuple[Container, ...]:
    """Those of the containers in which this path lies in an emptyDir volume, wherever that is mounted."""
    return tuple(container for container in containers if _type_around(pod, container, path) == "emptyDir")


def _type_around(pod: Pod, container: Container, path: str) -> str:
    """Of what type the volume is that this path lies in; empty where it lies in none."""
    types = _types(pod, container)
    around = [place for place in types if normpath(path).startswith(f"{place.rstrip('/')}/")]
    return types[max(around, key=len)] if around else ""


def _above(path: str) -> Text:
    """Why a volume that is mounted further up is not what was asked for."""
    return Text(
        f"A volume is mounted above: {path} is a directory in it, and no mount point.",
        f"卷挂载在更上层的目录：{path} 只是其中的一个目录，并不是挂载点。",
    )


def _roots(cluster: Observer, pod: Pod) -> list[tuple[str, int | None]]:
    """Where emptyDir volumes are mounted, and which group each mount point belongs to; None where that is unknown."""
    return [
        (path, _group(_ls(cluster, pod, container, path), "d"))
        for container in pod.running
        for path, kind in _types(pod, container).items()
        if kind == "emptyDir"
    ]


def _types(pod: Pod, container: Container) -> dict[str, str]:
    """Where the container has volumes -> of what type each is. `name` is a field that every volume has."""
    types = {
        volume["name"]: next((field for field in volume if field != "name"), "emptyDir")
        for volume in pod.spec.get("volumes") or ()
    }
    mounts = container.spec.get("volumeMounts") or ()
    return {normpath(mount["mountPath"]): types.get(mount["name"], "") for mount in mounts}


def _mounts(pod: Pod, containers: Sequence[Container]) -> Text:
    """The mounts that its author made; that of the service account, which each container has too, would distract."""
    texts = []
    for container in containers:
        mounts = {path: kind for path, kind in _types(pod, container).items() if not path.startswith(_ACCOUNT)}
        words = ", ".join(f"{path} ({kind})" for path, kind in mounts.items())
        texts.append(of_container(container, as_is(words) if words else Text("no volume mounted", "没有挂载卷")))
    return listed(texts)


def _ls(cluster: Observer, pod: Pod, container: Container, path: str) -> Ran:
    try:
        return cluster.exec(pod.name, container.name, ["ls", "-lnd", path], pod.namespace)
    except NoExec as error:
        # The image that the task names has `ls`; that this one has none is what the learner chose.
        return Ran(127, "", str(error))


def _output(ran: Ran) -> str:
    return ran.stdout.strip() or ran.stderr.strip()


def _groups(process: Process) -> Text:
    numbers = ", ".join(str(group) for group in sorted(process.groups))
    return Text(f"groups {numbers or 'none'}", f"附加组 {numbers or '无'}")


def _group(ran: Ran, kind: str) -> int | None:
    """From a line like `-rw-r--r-- 1 1000 2000 6 Jan 1 00:00 PATH`; None where it is of another kind, or not there."""
    columns = ran.stdout.split()
    if ran.code != 0 or len(columns) < 4 or not columns[0].startswith(kind):
        return None
    return int(columns[3])
