"""What is wrong with how the API server would be started: the kubelet, the manifests, a file that one of them names.

What runs now does not tell: it was started by what lay on the node then.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from posixpath import dirname, join, normpath

from checkers.api import Finding, LabBroken, NotSeen, Observer, Text, failed, passed
from checkers.kit.mounts import is_within
from checkers.kit.static_pods import NODE, Folder, Kubelet, Manifest, kubelet, manifests
from checkers.kit.text import as_is, listed

STATIC_POD = "https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/"
DOWN = Text(
    "The kubelet runs the API server and etcd from manifests on the node; nothing in the cluster can be seen or "
    "changed until they run.",
    "kubelet 根据节点上的清单运行 API 服务器和 etcd；它们不运行，就无法查看或更改集群中的任何东西。",
)
CAUSES = (
    "no-manifest",
    "second-manifest",
    "flag-missing",
    "flag-elsewhere",
    "not-mounted",
    "volume-unknown",
    "hostpath-type",
    "file-missing",
    "not-lasting",
    "changed-afterwards",
    "kubelet-stopped",
    "kubelet-disabled",
    "unknown-flag",
)
"""What all checks of the API server's next start may find."""
NOTICED = 60.0
"""Seconds in which the kubelet makes a new API server of a changed manifest, and that one loads its files."""

_LOADED = re.compile(r'^apiserver_encryption_config_controller_last_config_info\{.*\bhash="sha256:(\w+)".*\} 1$', re.M)
_STARTED = re.compile(r"^process_start_time_seconds ([\d.e+]+)$", re.M)
# All metrics together are megabytes.
_METRICS = (
    "kubectl --kubeconfig /etc/kubernetes/admin.conf get --raw /metrics"
    " | grep -e ^apiserver_encryption_config -e ^process_start_time_seconds"
)
# A key never leaves the node: nothing of that many letters matters here.
_READ = (
    'readlink -- "$1" || echo; set -e; stat --dereference --format=%Z -- "$1"; sha256sum < "$1";'
    " sed -E -e 's#[A-Za-z0-9+/]{16,}={0,2}#masked#g'"
    " -e 's#(secret[[:punct:]]?[[:space:]]*:[[:space:]]*)[^,}]+#\\1masked#g' -- \"$1\""
)
_LINKS = 8
_EMPTIED = ("/tmp", "/run", "/var/run", "/dev/shm")  # noqa: S108 - nothing is written there


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that is not right, and whether time alone may mend it. `why` is for what needs more than the usual."""

    cause: str
    found: Text
    why: Text | None = None
    may_pass: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """A file that a flag names, as it lies on the node; what looks like a key is masked in its text.

    Attributes:
        changed: when it was last changed, seconds since 1970.
    """

    place: str
    changed: float
    hash: str
    text: str


@dataclass(frozen=True, slots=True)
class Running:
    """The metrics of the API server that runs: hashes of the encryption configurations it has loaded, and its start."""

    hashes: Sequence[str]
    since: float

    @classmethod
    def of(cls, cluster: Observer) -> Running:
        """Ask it."""
        metrics = cluster.on_node(NODE, ["sh", "-c", _METRICS]).stdout
        since = _STARTED.search(metrics)
        if since is None:
            raise LabBroken(Text("The API server does not show its metrics.", "API 服务器没有显示它的指标。"))
        return cls(_LOADED.findall(metrics), float(since[1]))


Judge = Callable[[Manifest, float], Iterable[Wrong]]
"""What is wrong with one manifest, by the node's clock."""


def all_wrong(cluster: Observer, judge: Judge) -> Sequence[Wrong]:
    """Everything that is wrong: what `judge` says of each manifest, and the kubelet that reads them."""
    starter = kubelet(cluster)
    folder = manifests(cluster, starter.folder)
    if not folder.manifests:
        return [_no_manifest(folder, starter), *_not_started(starter)]
    by_file = {manifest.file: list(judge(manifest, folder.now)) for manifest in folder.manifests}
    wrong = [fault for faults in by_file.values() for fault in faults]
    if len(by_file) > 1 and wrong:
        # Where one of them lacks a flag, the other one that has it is no other program's.
        wrong = [replace(fault, cause="flag-missing") if fault.cause == "flag-elsewhere" else fault for fault in wrong]
        wrong.insert(0, _several([*by_file]))
    return [*wrong, *_not_started(starter)]


def finding_of(wrong: Sequence[Wrong], expected: Text, right: Text, why: Text, link: str) -> Finding:
    """`right` where nothing is wrong. What time may mend alone is no failure yet."""
    if not wrong:
        return passed(expected, right)
    certain = [fault for fault in wrong if not fault.may_pass]
    if not certain:
        raise NotSeen(wrong[0].found)
    found = listed([fault.found for fault in certain])
    return failed(expected, found, certain[0].why or why, link, {fault.cause for fault in certain})


def named_file(cluster: Observer, manifest: Manifest, flag: str, *, by_content: bool = False) -> File | Wrong:
    """The file that the flag names, wherever it lies on the node.

    Args:
        by_content: `changed` is of its content alone: a change of its owner or its mode does not count.
    """
    return file_at(cluster, manifest, manifest.flag(flag) or "", by_content=by_content)


def file_at(cluster: Observer, manifest: Manifest, path: str, *, by_content: bool = False) -> File | Wrong:
    """The file that the API server sees at this path."""
    read = _READ.replace("%Z", "%Y") if by_content else _READ
    path = normpath(join("/", path))
    for _ in range(_LINKS):
        place = manifest.on_node(path)
        if not place:
            words = (
                f"{manifest.file}: {path} is on no volume, so the container does not see such a file of the node",
                f"{manifest.file}：{path} 不在任何卷中，容器看不到节点上的这个文件",
            )
            return Wrong("not-mounted", Text(*words))
        ran = cluster.on_node(NODE, ["sh", "-c", read, "sh", place])
        link, _, rest = ran.stdout.partition("\n")
        if link:  # it is resolved inside the container, where an absolute one begins at the container's root
            path = normpath(join(dirname(path), link))
            continue
        if ran.code != 0:
            return Wrong("file-missing", as_is(ran.stderr.strip() or place))
        if emptied := next((folder for folder in _EMPTIED if is_within(place, folder)), ""):
            words = (
                f"{place} on {NODE} is gone once the node is started again: {emptied} is emptied then",
                f"{NODE} 上的 {place} 在节点重新启动后就不存在了：{emptied} 会被清空",
            )
            return Wrong("not-lasting", Text(*words))
        changed, hashed, text = rest.split("\n", 2)
        return File(place, float(changed), hashed.split()[0], text)
    return Wrong("file-missing", Text(f"{path}: too many links", f"{path}：链接层数过多"))


def without_flag(cluster: Observer, manifest: Manifest, flag: str) -> Wrong:
    """The manifest does not give the flag; perhaps another file does."""
    folder = dirname(manifest.file)
    others = cluster.on_node(NODE, ["grep", "--recursive", "--files-with-matches", "-e", flag, "--", folder])
    there = [file for file in others.stdout.split() if file != manifest.file]
    if there:
        words = (
            f"{manifest.file} does not give {flag}; it is in {', '.join(there)}",
            f"{manifest.file} 中没有 {flag}；它在 {', '.join(there)} 中",
        )
        return Wrong("flag-elsewhere", Text(*words))
    return Wrong("flag-missing", Text(f"{manifest.file} does not give {flag}", f"{manifest.file} 中没有 {flag}"))


def unstartable(cluster: Observer, manifest: Manifest) -> Iterator[Wrong]:
    """Why the kubelet would not start the Pod at all."""
    if unknown := ", ".join(manifest.unknown_volumes()):
        words = (
            f"{manifest.file} mounts what is not among its volumes: {unknown}",
            f"{manifest.file} 挂载了不在其 volumes 中的卷：{unknown}",
        )
        yield Wrong("volume-unknown", Text(*words))
    if misfits := manifest.misfits(cluster):
        yield Wrong("hostpath-type", listed(misfits))


def changed_afterwards(file: File, *, may_pass: bool = False) -> Wrong:
    """The file is another one than the API server read when it started."""
    words = (
        f"{file.place} on {NODE} is not what it has loaded: the file was changed after it started",
        f"{NODE} 上的 {file.place} 不是它已加载的内容：文件在它启动之后被修改过",
    )
    return Wrong("changed-afterwards", Text(*words), may_pass=may_pass)


def _no_manifest(folder: Folder, starter: Kubelet) -> Wrong:
    place = starter.folder or "staticPodPath"
    unread = listed(folder.unread) if folder.unread else as_is("-")
    words = (
        f"the kubelet finds no Pod that runs kube-apiserver in {place}: {unread.en}",
        f"kubelet 在 {place} 中找不到运行 kube-apiserver 的 Pod：{unread.zh}",
    )
    return Wrong("no-manifest", Text(*words))


def _several(files: Sequence[str]) -> Wrong:
    words = (
        f"the kubelet takes each of these files for the API server, and only one of them can run: {', '.join(files)}",
        f"kubelet 把下列每个文件都当作 API 服务器，而只有一个能运行：{', '.join(files)}",
    )
    return Wrong("second-manifest", Text(*words))


def _not_started(starter: Kubelet) -> Iterator[Wrong]:
    """Why nothing would start the API server again."""
    if not starter.runs:
        words = (
            f"the kubelet on {NODE} does not run, so nothing would start the API server again ({starter.state})",
            f"{NODE} 上的 kubelet 没有运行，没有谁会再次启动 API 服务器（{starter.state}）",
        )
        yield Wrong("kubelet-stopped", Text(*words))
    if not starter.enabled:
        words = (
            f"the kubelet on {NODE} is not started with the node, so neither is the API server ({starter.state})",
            f"{NODE} 上的 kubelet 不随节点启动，API 服务器也就不会启动（{starter.state}）",
        )
        yield Wrong("kubelet-disabled", Text(*words))
