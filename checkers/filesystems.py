"""The file systems that containers see: what of them can be written, and where a file lies."""

from __future__ import annotations

from collections.abc import Sequence

from checkers.api import Finding, Observer, Text, check, failed, passed
from checkers.kit.mounts import Mount, around, is_within, mounts
from checkers.kit.pod import Container, Kind, Pod
from checkers.kit.text import as_is, listed, of_container
from checkers.kit.workload import CAUSES, Pods, Workload, of_workload, run_in

LINK = "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"
VOLUMES = "https://kubernetes.io/docs/concepts/storage/volumes/#emptydir"

_OF_KUBELET = ("/etc/hosts", "/etc/hostname", "/etc/resolv.conf")
"""Files that a kubelet mounts into each container, and lets it write."""
_OF_RUNTIME = ("/proc", "/sys", "/dev")

_READ_ONLY = Text(
    "Whoever takes over a program that can write to its root file system can replace its programs and settings, and "
    "leave tools behind.",
    "如果程序可以写根文件系统，攻入者就能替换其中的程序和配置，并留下自己的工具。",
)
_IN_VOLUME = Text(
    "What a program has to write needs a volume of its own, once its root file system is read-only.",
    "根文件系统只读之后，程序要写入的内容必须放在卷中。",
)


@check(
    "filesystems.read_only",
    causes=(*CAUSES, "root-writable", "root-writable-in-some", "init-container-left", "volume-over"),
)
def read_only(
    cluster: Observer,
    *,
    workload: str,
    kind: Workload = "Deployment",
    namespace: str = "default",
    paths: Sequence[str] = (),
) -> Finding:
    """No container of the workload can write to its root file system, or to a volume that lies over these directories.

    One in such a directory or above it counts as well. The kernel's mounts decide, and the fields
    where a container has ended.
    """
    named = ", ".join(("/", *paths))
    expected = Text(
        f"in every container of {kind} {workload}, {named}: read-only",
        f"在 {kind} {workload} 的每个容器中，{named} 都只读",
    )

    def judge(pods: Pods) -> Finding:
        seen = [(pod, container, mounts(cluster, pod, container)) for pod, container in pods.containers]
        wrong = [(pod, container, found) for pod, container, found in seen if _open(found, paths)]
        if not wrong:
            shown = [pods.of_container(pod, container, _what_is_left(found)) for pod, container, found in seen]
            return passed(expected, listed(shown))
        shown = [
            pods.of_container(pod, container, _what_is_open(_open(found, paths))) for pod, container, found in wrong
        ]
        return failed(expected, listed(shown), _READ_ONLY, LINK, causes(pods, wrong))

    def causes(pods: Pods, wrong: Sequence[tuple[Pod, Container, Sequence[Mount]]]) -> set[str]:
        roots = [container for _, container, found in wrong if around(found, "/").is_writable]
        if not roots:
            return {"volume-over"}
        every = {container.name for _, container in pods.containers}
        found = {"root-writable" if {root.name for root in roots} == every else "root-writable-in-some"}
        if {root.kind for root in roots} == {Kind.INIT} and len(roots) == len(wrong):
            found.add("init-container-left")
        return found

    return of_workload(cluster, kind, workload, namespace, judge, expected, _READ_ONLY, LINK)


@check("filesystems.in_volume", causes=(*CAUSES, "no-container", "no-file", "in-root", "read-only", "old"))
def in_volume(
    cluster: Observer,
    *,
    workload: str,
    kind: Workload = "Deployment",
    namespace: str = "default",
    container: str,
    path: str,
    minutes: int = 0,
) -> Finding:
    """In this container of each Pod the file is there, and lies on a volume that can be written.

    With `minutes`, it has been written within that time.
    """
    in_time = Text(f" written in the last {minutes} min", f"{minutes} 分钟之内写过的") if minutes else as_is("")
    expected = Text(
        f"in container {container} of {kind} {workload}, {path}{in_time.en}, in a volume that can be written",
        f"{kind} {workload} 的容器 {container} 中有{in_time.zh} {path}，且位于可写的卷中",
    )

    def judge(pods: Pods) -> Finding:
        texts, causes = [], set()
        for pod in pods.pods:
            meant = next((each for each in pod.running if each.name == container), None)
            cause, words = _place(cluster, pod, meant, path, minutes)
            causes |= {cause} if cause else set()
            said = words if meant is None else of_container(meant, words)
            texts.append(Text(f"Pod {pod.name}: {said.en}", f"Pod {pod.name}：{said.zh}"))
        found = listed(texts)
        return failed(expected, found, _IN_VOLUME, VOLUMES, causes) if causes else passed(expected, found)

    return of_workload(cluster, kind, workload, namespace, judge, expected, _IN_VOLUME, VOLUMES)


def _place(cluster: Observer, pod: Pod, container: Container | None, path: str, minutes: int) -> tuple[str, Text]:
    """What is wrong with a file or its place, empty where nothing is; and where it is."""
    if container is None:
        return "no-container", Text("there is no such container that runs", "没有这个正在运行的容器")
    ran = run_in(cluster, pod, container, ["ls", "-d", path])
    if ran is None or ran.code != 0:
        return "no-file", as_is(ran.stderr.strip() if ran else f"{path}: no `ls`")
    mount = around(mounts(cluster, pod, container), path)
    if mount.path == "/":
        return "in-root", Text(f"{path} lies on the root file system", f"{path} 位于根文件系统上")
    if not mount.is_writable:
        return "read-only", Text(f"{path} lies on {mount.path}, read-only", f"{path} 位于 {mount.path}，只读")
    if minutes:
        recent = run_in(cluster, pod, container, ["find", path, "-mmin", f"-{minutes}"])
        if recent is not None and not recent.stdout.strip():
            return "old", Text(f"{path} is not written any more", f"{path} 已不再被写入")
    return "", Text(f"{path} lies on the volume at {mount.path}", f"{path} 位于挂载在 {mount.path} 的卷中")


def _open(found: Sequence[Mount], paths: Sequence[str]) -> list[str]:
    """Where the root file system, one of these directories, or something in them can be written."""
    over = [mount.path for path in ("/", *paths) if (mount := around(found, path)).is_writable]
    inside = [
        mount.path
        for mount in found
        if mount.is_writable and mount.path not in _OF_KUBELET and any(is_within(mount.path, path) for path in paths)
    ]
    return sorted({*over, *inside})


def _what_is_open(places: Sequence[str]) -> Text:
    if "/" in places:
        return Text("its root file system can be written", "根文件系统可以写入")
    named = ", ".join(places)
    return Text(f"the volume at {named} can be written", f"挂载在 {named} 的卷可以写入")


def _what_is_left(found: Sequence[Mount]) -> Text:
    """What can be written, besides what each container gets from its runtime and its kubelet."""
    places = [
        mount.path
        for mount in found
        if mount.is_writable
        and mount.path not in _OF_KUBELET
        and not any(is_within(mount.path, place) for place in _OF_RUNTIME)
    ]
    if not places:
        return Text("nothing can be written", "没有可写的地方")
    named = ", ".join(places)
    return Text(f"only {named} can be written", f"只有 {named} 可以写入")
