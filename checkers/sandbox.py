"""Sandboxes: the RuntimeClass that leads to one, and the kernel that the processes of a Pod have to do with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checkers.api import Finding, NotSeen, Observer, Text, check, failed, passed
from checkers.pod import Container, Pod
from checkers.runtime import inspect
from checkers.trouble import Trouble, absent, running_pod
from checkers.words import as_is, listed, of_container

RUNTIME_CLASS = "https://kubernetes.io/docs/concepts/containers/runtime-class/"
GVISOR = "https://gvisor.dev/docs/"

_VERSION = "node.k8s.io/v1"
_GVISOR = "io.containerd.runsc"
# Where gVisor's shim for containerd keeps what it knows of the containers that Kubernetes has it run.
_STATE = "/run/containerd/runsc/k8s.io"

_HANDLER = Text(
    "The handler is the name that the nodes' container runtime gives to a way of running Pods; a RuntimeClass only "
    "makes it known to the cluster.",
    "handler 是节点的容器运行时为某种运行方式所取的名字；RuntimeClass 只是让集群知道它。",
)
_CLASS = Text(
    "A RuntimeClass changes nothing by itself: a Pod that names none runs as before, on the node's own kernel.",
    "RuntimeClass 本身不改变任何事：没有指定它的 Pod 仍像以前一样，直接运行在节点的内核上。",
)
_KERNEL = Text(
    "On the node's own kernel, one hole in that kernel is the way from a container to the node and to all its Pods.",
    "直接使用节点的内核时，内核的一个漏洞就足以让容器越到节点和节点上的所有 Pod。",
)


@check("sandbox.runtime_class")
def runtime_class(lab: Observer, *, name: str, handler: str) -> Finding:
    """There is a RuntimeClass of this name, for this handler of the nodes' container runtime."""
    expected = Text(f"RuntimeClass {name} with the handler {handler}", f"RuntimeClass {name}，handler 为 {handler}")
    classes = {own["metadata"]["name"]: own["handler"] for own in lab.list("RuntimeClass", version=_VERSION)}
    if classes.get(name) == handler:
        return passed(expected, as_is(f"RuntimeClass {name}: handler {handler}"))
    found = listed([_classes(classes), *map(_handlers, lab.list("Node"))])
    return failed(expected, found, _HANDLER, RUNTIME_CLASS)


@check("sandbox.uses_class")
def uses_class(lab: Observer, *, pod: str, namespace: str = "default", runtime_class: str) -> Finding:
    """The Pod names this RuntimeClass."""
    expected = Text(
        f"Pod {pod} in namespace {namespace} uses RuntimeClass {runtime_class}",
        f"命名空间 {namespace} 中的 Pod {pod} 使用 RuntimeClass {runtime_class}",
    )
    obj = lab.get("Pod", pod, namespace)
    if obj is None:
        return absent(lab, pod, namespace).finding(expected, _CLASS, RUNTIME_CLASS)
    used = obj["spec"].get("runtimeClassName")
    found = as_is(f"Pod {pod}: runtimeClassName: {used or 'null'}")
    return passed(expected, found) if used == runtime_class else failed(expected, found, _CLASS, RUNTIME_CLASS)


@check("sandbox.gvisor")
def gvisor(lab: Observer, *, pod: str, namespace: str = "default") -> Finding:
    """The processes of every running container of the Pod have gVisor for a kernel, by what its node says of them."""
    expected = Text(
        f"every container of Pod {pod} runs in gVisor and sees its kernel",
        f"Pod {pod} 的每个容器都在 gVisor 中运行，看到的是 gVisor 的内核",
    )
    seen = running_pod(lab, pod, namespace)
    if isinstance(seen, Trouble):
        return seen.finding(expected, _KERNEL, GVISOR)
    kernels = [(own, _kernel(lab, seen, own)) for own in seen.running]
    wrong = [(own, kernel) for own, kernel in kernels if not kernel.is_gvisors]
    found = listed(of_container(own, kernel.told) for own, kernel in wrong or kernels)
    return failed(expected, found, _KERNEL, GVISOR) if wrong else passed(expected, found)


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
        """The node says that it is gVisor's, and so does what can be seen inside."""
        return self.runtime.startswith(_GVISOR) and not self.is_nodes

    @property
    def told(self) -> Text:
        """As a statement."""
        whose, whose_zh = ("the node's own kernel, ", "节点自己的内核，") if self.is_nodes else ("", "")
        return Text(
            f"run by {self.runtime}; {whose}{self.version}", f"由 {self.runtime} 运行；{whose_zh}{self.version}"
        )


def _kernel(lab: Observer, pod: Pod, container: Container) -> Kernel:
    known = inspect(lab, pod, container)
    if not known:
        gone = of_container(container, Text("its node does not know it any more", "其节点已经不再认识它"))
        raise NotSeen(gone)
    runtime = str(known["runtimeType"])
    of_node = lab.on_node(pod.node, ["cat", "/proc/version"]).stdout.strip()
    # A container that gVisor does not run has nothing between it and the node.
    version = _inside(lab, pod, container) if runtime.startswith(_GVISOR) else of_node
    return Kernel(runtime, version, is_nodes=version == of_node)


def _inside(lab: Observer, pod: Pod, container: Container) -> str:
    """What a process in there reads in `/proc/version`; gVisor itself tells, so no program of the image is asked.

    gVisor before 2026 cannot; then the image has to have a `cat`.
    """
    read = lab.on_node(pod.node, ["runsc", f"--root={_STATE}", "read", container.id, "/proc/version"])
    if read.code != 0:
        read = lab.exec(pod.name, container.name, ["cat", "/proc/version"], pod.namespace)
    return read.stdout.strip()


def _classes(handlers: Mapping[str, str]) -> Text:
    if not handlers:
        return Text("there is no RuntimeClass", "没有 RuntimeClass")
    return as_is(", ".join(f"RuntimeClass {name}: handler {handler}" for name, handler in sorted(handlers.items())))


def _handlers(node: Mapping[str, Any]) -> Text:
    """What the kubelet says its container runtime knows; the one without a name is the usual one."""
    handlers: Sequence[Mapping[str, Any]] = (node.get("status") or {}).get("runtimeHandlers") or ()
    names = ", ".join(sorted(own["name"] for own in handlers if own.get("name")))
    node_name = node["metadata"]["name"]
    return Text(f"{node_name} knows the handlers {names}", f"{node_name} 认识的 handler：{names}")
