"""What Pods share with the node that they run on: namespaces of the kernel, directories, ports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from checkers.api import Finding, Observer, Text, check, failed, passed
from checkers.kit.pod import Pod
from checkers.kit.text import listed
from checkers.kit.workload import CAUSES, Pods, Workload, of_workload, run_in

Shared = Literal["namespaces", "files", "ports"]

LINK = "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline"

_FIELDS = {"pid": "hostPID", "net": "hostNetwork", "ipc": "hostIPC"}
"""The kernel's name of a namespace -> the field of a Pod that gives it the node's."""
_CAUSES = {"pid": "host-pid", "net": "host-network", "ipc": "host-ipc"}
_EXPECTED: Mapping[Shared, Text] = {
    "namespaces": Text("process, network and IPC namespaces of its own", "拥有自己的进程、网络和 IPC 命名空间"),
    "files": Text("no directory of the node", "没有挂载节点的目录"),
    "ports": Text("no port of the node", "不占用节点的端口"),
}
_WHY: Mapping[Shared, Text] = {
    "namespaces": Text(
        "In a namespace of the node, a container sees the node's processes or connections as if it ran there.",
        "处于节点的命名空间中时，容器看到的进程或连接与直接在节点上运行无异。",
    ),
    "files": Text(
        "A directory of the node shows what other Pods and the kubelet left there, even when it is read-only.",
        "节点的目录会暴露其他 Pod 和 kubelet 留下的内容，只读挂载也一样。",
    ),
    "ports": Text(
        "A port of the node is reached at the node's address, where no NetworkPolicy for Pods applies.",
        "节点端口可以通过节点地址访问，面向 Pod 的 NetworkPolicy 在那里不起作用。",
    ),
}


@check(
    "host.apart",
    causes=(*CAUSES, *_CAUSES.values(), "some-namespaces", "host-path", "host-path-read-only", "host-port"),
)
def apart(
    cluster: Observer, *, workload: str, kind: Workload = "Deployment", namespace: str = "default", shares: Shared
) -> Finding:
    """No Pod of the workload shares this with its node: `namespaces`, `files` or `ports`."""
    wanted = _EXPECTED[shares]
    expected = Text(f"each Pod of {kind} {workload} has {wanted.en}", f"{kind} {workload} 的每个 Pod 都{wanted.zh}")

    def judge(pods: Pods) -> Finding:
        found = [(pod, _SHARED[shares](cluster, pod)) for pod in pods.pods]
        causes = {cause for _, of_pod in found for cause in of_pod}
        if shares == "namespaces" and causes and causes != set(_CAUSES.values()):
            causes.add("some-namespaces")
        if not causes:
            names = ", ".join(pod.name for pod, _ in found)
            return passed(expected, Text(f"nothing of the node in {names}", f"{names} 中没有节点的任何东西"))
        said = [
            Text(f"Pod {pod.name}: {words.en}", f"Pod {pod.name}：{words.zh}")
            for pod, of_pod in found
            for words in of_pod.values()
        ]
        return failed(expected, listed(said), _WHY[shares], LINK, causes)

    return of_workload(cluster, kind, workload, namespace, judge, expected, _WHY[shares], LINK)


def _namespaces(cluster: Observer, pod: Pod) -> dict[str, Text]:
    """Which namespaces the Pod shares with its node: by the kernel's numbers, and by the fields where nothing shows."""
    seen = _links(cluster, pod)
    shared: dict[str, Text] = {}
    for name, field in _FIELDS.items():
        if name in seen:
            path = f"/proc/1/ns/{name}"
            is_shared = cluster.on_node(pod.node, ["readlink", path]).stdout.strip() == seen[name]
        else:
            is_shared = bool(pod.spec.get(field))
        if is_shared:
            number = seen.get(name, "")
            shared[_CAUSES[name]] = Text(
                f"{field}: namespace {number or name} is that of node {pod.node}",
                f"{field}：命名空间 {number or name} 是节点 {pod.node} 的",
            )
    return shared


def _links(cluster: Observer, pod: Pod) -> dict[str, str]:
    """The kernel's numbers of the Pod's namespaces, `net` -> `net:[4026532000]`; none where no container tells."""
    for container in pod.running:
        links = {}
        for name in _FIELDS:
            ran = run_in(cluster, pod, container, ["readlink", f"/proc/self/ns/{name}"])
            if ran is not None and ran.stdout.strip():  # gVisor has none, and no namespace of the node
                links[name] = ran.stdout.strip()
        if links:
            return links
    return {}


def _files(cluster: Observer, pod: Pod) -> dict[str, Text]:
    """Which directories of its node the Pod has as volumes, by itself or through a claim."""
    paths: dict[str, list[str]] = {}
    for volume in pod.spec.get("volumes") or ():
        claim = volume.get("persistentVolumeClaim")
        named = [volume["hostPath"]["path"]] if volume.get("hostPath") else []
        named += _claimed(cluster, claim["claimName"], pod.namespace) if claim else []
        if named:
            paths[volume["name"]] = named
    if not paths:
        return {}
    mounts = [mount for container in pod.containers for mount in container.spec.get("volumeMounts") or ()]
    is_written = any(mount["name"] in paths and not mount.get("readOnly") for mount in mounts)
    words = ", ".join(path for named in paths.values() for path in named)
    cause = "host-path" if is_written else "host-path-read-only"
    return {cause: Text(f"hostPath {words} of node {pod.node}", f"节点 {pod.node} 的 hostPath {words}")}


def _claimed(cluster: Observer, name: str, namespace: str) -> list[str]:
    """The directory of a node that somebody made a volume of by hand; those of a storage class are made for a claim."""
    claim = cluster.get("PersistentVolumeClaim", name, namespace) or {"spec": {}}
    volume = cluster.get("PersistentVolume", claim["spec"].get("volumeName") or "-") or {"metadata": {}, "spec": {}}
    if "pv.kubernetes.io/provisioned-by" in (volume["metadata"].get("annotations") or {}):
        return []
    source = volume["spec"].get("hostPath") or volume["spec"].get("local") or {}
    return [source["path"]] if source else []


def _ports(cluster: Observer, pod: Pod) -> dict[str, Text]:  # noqa: ARG001 - the others ask the cluster
    """Which ports of its node lead to the Pod: those of its containers, or all that it opens in the node's network."""
    if pod.spec.get("hostNetwork"):
        words = Text(f"every port it opens is one of node {pod.node}", f"它打开的每个端口都是节点 {pod.node} 的端口")
        return {"host-network": Text(f"hostNetwork: {words.en}", f"hostNetwork：{words.zh}")}
    ports = [
        str(port["hostPort"])
        for container in pod.containers
        for port in container.spec.get("ports") or ()
        if port.get("hostPort")
    ]
    if not ports:
        return {}
    named = ", ".join(ports)
    return {"host-port": Text(f"hostPort {named} on node {pod.node}", f"节点 {pod.node} 上的 hostPort {named}")}


_SHARED: Mapping[Shared, Callable[[Observer, Pod], dict[str, Text]]] = {
    "namespaces": _namespaces,
    "files": _files,
    "ports": _ports,
}
"""What is asked about -> what finds it: cause -> what was seen."""
