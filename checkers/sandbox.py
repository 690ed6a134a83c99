"""Sandboxes: the RuntimeClass that leads to one, and the kernel that the processes of a Pod have to do with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checkers.api import Finding, NotSeen, Observer, Text, check, failed, passed
from checkers.kit.pod import Container, Pod
from checkers.kit.runtime import inspect
from checkers.kit.text import as_is, listed, of_container
from checkers.kit.trouble import CAUSES, absent, of_running_pod
from checkers.kit.workload import CAUSES as OF_WORKLOAD
from checkers.kit.workload import Pods, Workload, of_workload

RUNTIME_CLASS = "https://kubernetes.io/docs/concepts/containers/runtime-class/"
GVISOR = "https://gvisor.dev/docs/"

_VERSION = "node.k8s.io/v1"
_GVISOR = "io.containerd.runsc"
# Where gVisor's shim for containerd keeps what it knows of the containers that Kubernetes has it run.
_STATE = "/run/containerd/runsc/k8s.io"

# How many RuntimeClasses a finding names where the right one is missing.
_MOST = 5

_HANDLER = Text(
    "The handler is the name that the nodes' container runtime gives to a way of running Pods; a RuntimeClass only "
    "makes it known to the cluster.",
    "handler 是节点的容器运行时为某种运行方式所取的名字；RuntimeClass 只是让集群知道它。",
)
_CLASS = Text(
    "A RuntimeClass changes nothing by itself: a Pod that names none runs as before, on the node's own kernel.",
    "RuntimeClass 本身不改变任何事：没有指定它的 Pod 仍像以前一样，直接运行在节点的内核上。",
)
_NODE = Text(
    "Each node has handlers of its own: that a sandbox starts on one says nothing of another.",
    "每个节点有自己的 handler：沙箱在一个节点上能启动，并不说明在另一个节点上也能。",
)
_KERNEL = Text(
    "On the node's own kernel, one hole in that kernel is the way from a container to the node and to all its Pods.",
    "直接使用节点的内核时，内核的一个漏洞就足以让容器越到节点和节点上的所有 Pod。",
)
_PRICE = Text(
    "A sandbox takes memory and time from every system call: what is trusted and has work to do is better without one.",
    "沙箱会占用内存，并使每个系统调用变慢：受信任而又繁忙的工作负载最好不用它。",
)


@check("sandbox.runtime_class", causes=("handler-unknown", "handler-runc", "other-name"))
def runtime_class(cluster: Observer, *, name: str, handler: str) -> Finding:
    """There is a RuntimeClass of this name, for this handler of the nodes' container runtime."""
    expected = Text(f"RuntimeClass {name} with the handler {handler}", f"RuntimeClass {name}，handler 为 {handler}")
    there = cluster.get("RuntimeClass", name, version=_VERSION)
    if there is not None and there["handler"] == handler:
        return passed(expected, as_is(f"RuntimeClass {name}: handler {handler}"))
    classes = [there] if there else cluster.list("RuntimeClass", version=_VERSION)
    nodes = cluster.list("Node")
    found = listed([_classes(classes), *map(_describe_handlers, nodes)])
    return failed(expected, found, _HANDLER, RUNTIME_CLASS, _class_causes(there, classes, handler, nodes))


@check("sandbox.uses_class", causes=("pod-elsewhere", "no-class", "other-class", "other-class-alike"))
def uses_class(cluster: Observer, *, pod: str, namespace: str = "default", runtime_class: str) -> Finding:
    """The Pod names this RuntimeClass."""
    expected = Text(
        f"Pod {pod} in namespace {namespace} uses RuntimeClass {runtime_class}",
        f"命名空间 {namespace} 中的 Pod {pod} 使用 RuntimeClass {runtime_class}",
    )
    obj = cluster.get("Pod", pod, namespace)
    if obj is None:
        return absent(cluster, pod, namespace).finding(expected, _CLASS, RUNTIME_CLASS)
    used = obj["spec"].get("runtimeClassName")
    found = as_is(f"Pod {pod}: runtimeClassName: {used or 'null'}")
    if used == runtime_class:
        return passed(expected, found)
    return failed(expected, found, _CLASS, RUNTIME_CLASS, _use_causes(cluster, used, runtime_class))


def _use_causes(cluster: Observer, used: str | None, wanted: str) -> set[str]:
    if not used:
        return {"no-class"}
    handlers = [_handler(cluster, name) for name in (used, wanted)]
    is_alike = handlers[0] is not None and handlers[0] == handlers[1]
    return {"other-class", "other-class-alike"} if is_alike else {"other-class"}


@check("sandbox.gvisor", causes=(*CAUSES, "no-class", "other-handler", "on-another-node"))
def gvisor(cluster: Observer, *, pod: str, namespace: str = "default", node: str = "") -> Finding:
    """The processes of every running container of the Pod have gVisor for a kernel, by what its node says of them.

    Where a node is named, the Pod runs there.
    """
    place, place_zh = (f" on {node}", f"在 {node} 上") if node else ("", "")
    expected = Text(
        f"every container of Pod {pod} runs in gVisor{place} and sees its kernel",
        f"Pod {pod} 的每个容器都{place_zh}在 gVisor 中运行，看到的是 gVisor 的内核",
    )

    def judge(found_pod: Pod) -> Finding:
        kernels = [(container, _kernel(cluster, found_pod, container)) for container in found_pod.running]
        wrong = [(container, kernel) for container, kernel in kernels if not kernel.is_gvisors]
        found = listed(of_container(container, kernel.text) for container, kernel in wrong or kernels)
        if wrong:
            cause = "other-handler" if found_pod.spec.get("runtimeClassName") else "no-class"
            return failed(expected, found, _KERNEL, GVISOR, (cause,))
        if node and found_pod.node != node:
            elsewhere = Text(f"Pod {pod} runs on {found_pod.node}", f"Pod {pod} 在 {found_pod.node} 上运行")
            return failed(expected, elsewhere, _NODE, RUNTIME_CLASS, ("on-another-node",))
        return passed(expected, found)

    return of_running_pod(cluster, pod, namespace, judge, expected, _KERNEL, GVISOR)


@check(
    "sandbox.inside",
    causes=(
        *(*OF_WORKLOAD, "no-class", "template-only", "other-handler", "some-pods", "others-inside", "next-refused"),
        "next-outside",
    ),
)
def inside(cluster: Observer, *, workload: str, kind: Workload = "Deployment", namespace: str = "default") -> Finding:
    """Every container of each Pod of the workload has gVisor for a kernel, and its next Pods will have it, too."""
    expected = Text(f"each Pod of {kind} {workload} runs in gVisor", f"{kind} {workload} 的每个 Pod 都在 gVisor 中运行")

    def judge(pods: Pods) -> Finding:
        kernels = _kernels(cluster, pods)
        wrong = [each for each in kernels if not each[2].is_gvisors]
        found = listed(pods.of_container(pod, container, kernel.text) for pod, container, kernel in wrong or kernels)
        if not wrong:
            if following := _outside_next(cluster, pods):
                return failed(expected, following, _KERNEL, GVISOR, ("next-outside",))
            return passed(expected, found)
        outside = {pod.name: pod for pod, _, _ in wrong}
        causes = {_why_outside(pod, pods.template) for pod in outside.values()}
        if len(outside) < len(pods.pods):
            causes.add("some-pods")
        if "no-class" in causes:
            causes |= _round_about(cluster, pods.template, namespace)
        return failed(expected, found, _KERNEL, GVISOR, causes)

    return of_workload(cluster, kind, workload, namespace, judge, expected, _KERNEL, GVISOR)


@check("sandbox.outside", causes=(*OF_WORKLOAD, "in-sandbox"))
def outside(cluster: Observer, *, workload: str, kind: Workload = "Deployment", namespace: str = "default") -> Finding:
    """Every container of each Pod of the workload runs on its node's own kernel."""
    expected = Text(
        f"each Pod of {kind} {workload} runs on its node's own kernel",
        f"{kind} {workload} 的每个 Pod 都直接运行在节点的内核上",
    )

    def judge(pods: Pods) -> Finding:
        kernels = _kernels(cluster, pods)
        wrong = [each for each in kernels if each[2].is_gvisors]
        found = listed(pods.of_container(pod, container, kernel.text) for pod, container, kernel in wrong or kernels)
        return failed(expected, found, _PRICE, GVISOR, ("in-sandbox",)) if wrong else passed(expected, found)

    return of_workload(cluster, kind, workload, namespace, judge, expected, _PRICE, GVISOR)


def _outside_next(cluster: Observer, pods: Pods) -> Text | None:
    """Where the Pods are in a sandbox and the next ones will not be: what these are made from. None where they will."""
    named = pods.template.spec.get("runtimeClassName") if pods.template else None
    classes = {pod.spec.get("runtimeClassName") for pod in pods.pods}
    if pods.template is None or named in classes:
        return None
    if named and _handler(cluster, named) in {_handler(cluster, each) for each in classes if each}:
        return None
    return Text(
        f"its Pods run in gVisor, but not the next ones, by its template: runtimeClassName: {named or 'null'}",
        f"它的 Pod 在 gVisor 中运行，但按模板，今后的 Pod 不会：runtimeClassName: {named or 'null'}",
    )


def _handler(cluster: Observer, runtime_class: str) -> str | None:
    found = cluster.get("RuntimeClass", runtime_class, version=_VERSION)
    return str(found["handler"]) if found else None


def _why_outside(pod: Pod, template: Pod | None) -> str:
    if pod.spec.get("runtimeClassName"):
        return "other-handler"
    return "template-only" if template and template.spec.get("runtimeClassName") else "no-class"


def _round_about(cluster: Observer, template: Pod | None, namespace: str) -> set[str]:
    """What is so already around a workload that was left outside: other Pods use a class, or its next one has to."""
    causes = set()
    if any(pod["spec"].get("runtimeClassName") for pod in cluster.list("Pod", namespace)):
        causes.add("others-inside")
    if template is not None:
        metadata = {"generateName": "next-", "namespace": namespace}
        following = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template.spec}
        if not cluster.dry_run(following).accepted:
            causes.add("next-refused")
    return causes


def _kernels(cluster: Observer, pods: Pods) -> list[tuple[Pod, Container, Kernel]]:
    return [(pod, container, _kernel(cluster, pod, container)) for pod, container in pods.running]


@dataclass(frozen=True, slots=True)
class Kernel:
    """What a container has for a kernel.

    Attributes:
        runtime: what the node's container runtime runs the container by.
        version: what `/proc/version` says in there.
        is_nodes: which is the same as on the node.
    """

    runtime: str
    version: str
    is_nodes: bool

    @property
    def is_gvisors(self) -> bool:
        """The node says that it is gVisor's, and so does `/proc/version` inside."""
        return self.runtime.startswith(_GVISOR) and not self.is_nodes

    @property
    def text(self) -> Text:
        """As a statement."""
        whose, whose_zh = ("the node's own kernel, ", "节点自己的内核，") if self.is_nodes else ("", "")
        return Text(
            f"run by {self.runtime}; {whose}{self.version}", f"由 {self.runtime} 运行；{whose_zh}{self.version}"
        )


def _kernel(cluster: Observer, pod: Pod, container: Container) -> Kernel:
    known = inspect(cluster, pod, container)
    if not known:
        gone = of_container(container, Text("its node does not know it any more", "其节点已经不再认识它"))
        raise NotSeen(gone)
    runtime = str(known["runtimeType"])
    of_node = cluster.on_node(pod.node, ["cat", "/proc/version"]).stdout.strip()
    # A container that gVisor does not run has nothing between it and the node.
    version = _inside(cluster, pod, container) if runtime.startswith(_GVISOR) else of_node
    return Kernel(runtime, version, is_nodes=version == of_node)


def _inside(cluster: Observer, pod: Pod, container: Container) -> str:
    """What a process in there reads in `/proc/version`; gVisor itself reads it, so no program of the image is needed.

    gVisor before 2026 cannot; then the image has to have a `cat`.
    """
    read = cluster.on_node(pod.node, ["runsc", f"--root={_STATE}", "read", container.id, "/proc/version"])
    if read.code != 0:
        read = cluster.exec(pod.name, container.name, ["cat", "/proc/version"], pod.namespace)
    return read.stdout.strip()


def _classes(classes: Sequence[Mapping[str, Any]]) -> Text:
    if not classes:
        return Text("there is no RuntimeClass", "没有 RuntimeClass")
    handlers = sorted((one["metadata"]["name"], one["handler"]) for one in classes)
    names = ", ".join(f"RuntimeClass {name}: handler {handler}" for name, handler in handlers[:_MOST])
    return as_is(names + (", ..." if len(handlers) > _MOST else ""))


def _class_causes(
    there: Mapping[str, Any] | None,
    classes: Sequence[Mapping[str, Any]],
    handler: str,
    nodes: Sequence[Mapping[str, Any]],
) -> set[str]:
    if there is None:
        return {"other-name"} if any(one["handler"] == handler for one in classes) else set()
    if there["handler"] == "runc":
        return {"handler-runc"}
    known = {name for node in nodes for name in _handlers(node)}
    return {"handler-unknown"} if known and there["handler"] not in known else set()


def _handlers(node: Mapping[str, Any]) -> list[str]:
    """What the kubelet says its container runtime knows; the one without a name is the usual one."""
    handlers: Sequence[Mapping[str, Any]] = (node.get("status") or {}).get("runtimeHandlers") or ()
    return sorted(handler["name"] for handler in handlers if handler.get("name"))


def _describe_handlers(node: Mapping[str, Any]) -> Text:
    names, node_name = ", ".join(_handlers(node)), node["metadata"]["name"]
    return Text(f"{node_name} knows the handlers {names}", f"{node_name} 认识的 handler：{names}")
