"""Why a Pod does not run, and whose it is to mend: asked before anything is looked at inside the Pod."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from checkers.api import Finding, NoLook, Observer, Text, broken, failed
from checkers.pod import Container, Kind, Pod
from checkers.words import as_is, listed, of_container

_NO_IMAGE = {"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "ImageInspectError", "RegistryUnavailable"}
_BEGINNING = {"ContainerCreating", "PodInitializing"}
_AGAIN = Text("Wait until it runs, then grade again.", "请等到它运行后再评分。")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why nothing can be looked at in a Pod. `is_labs`: the lab is at fault."""

    words: Text
    is_labs: bool = False

    def finding(self, expected: Text, why: Text, link: str) -> Finding:
        """What a criterion that had to look inside the Pod says of it."""
        return broken(expected, self.words) if self.is_labs else failed(expected, self.words, why, link)


def running_pod(lab: Observer, name: str, namespace: str) -> Pod | Trouble:
    """The Pod, if each of its containers runs or has done its work; else what is in the way."""
    obj = lab.get("Pod", name, namespace)
    if obj is None:
        return absent(lab, name, namespace)
    pod = Pod(obj)
    if pod.metadata.get("deletionTimestamp"):
        return Trouble(Text(f"Pod {name} is being deleted.", f"Pod {name} 正在被删除。"))
    found = _ended(lab, pod) or _unplaced(lab, pod) or _held_up(lab, pod)
    if found is None:
        return pod
    return _node_down(lab, pod) or found


def absent(lab: Observer, name: str, namespace: str) -> Trouble:
    """There is no such Pod; where there is one of this name in another namespace, that is told."""
    elsewhere = [pod["metadata"]["namespace"] for pod in lab.list("Pod") if pod["metadata"]["name"] == name]
    words = Text(f"There is no Pod {name} in namespace {namespace}.", f"命名空间 {namespace} 中没有 Pod {name}。")
    if elsewhere:
        there = ", ".join(elsewhere)
        words = Text(f"{words.en} There is one in {there}.", f"{words.zh}它在 {there} 中。")
    return Trouble(words)


def _ended(lab: Observer, pod: Pod) -> Trouble | None:
    """The Pod as a whole has ended and will not run again."""
    if pod.phase not in ("Succeeded", "Failed"):
        return None
    reason, message = pod.status.get("reason", ""), pod.status.get("message", "")
    if reason:
        # "The node was low on resource": the machine is too small. A limit of the Pod's own reads otherwise.
        is_labs = reason == "NodeShutdown" or (reason == "Evicted" and message.startswith("The node"))
        return Trouble(_of_pod(pod, as_is(f"{pod.phase}: {reason}: {message}")), is_labs)
    ended = [own for own in pod.containers if "terminated" in own.state]
    ends = [of_container(own, _end(lab, pod, own, own.state["terminated"])) for own in ended]
    return Trouble(_of_pod(pod, listed([as_is(pod.phase), *ends])))


def _unplaced(lab: Observer, pod: Pod) -> Trouble | None:
    """No node was found for it."""
    if pod.node:
        return None
    for condition in pod.status.get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            down = [_down(node) for node in lab.list("Node") if not _is_ready(node)]
            said = as_is(f"{condition.get('reason', '')}: {condition.get('message', '')}")
            return Trouble(_of_pod(pod, listed([said, *down])), is_labs=bool(down))
    return Trouble(_of_pod(pod, Text(f"not scheduled yet. {_AGAIN.en}", f"尚未被调度。{_AGAIN.zh}")))


def _held_up(lab: Observer, pod: Pod) -> Trouble | None:
    """A container that should run does not."""
    waiting = [own for own in pod.containers if own.kind is not Kind.EPHEMERAL and not _is_well(own)]
    if not waiting and not pod.running:
        waiting = [own for own in pod.containers if own.kind is Kind.MAIN]  # all have ended, for the moment or for good
    if not waiting:
        return None
    # What only waits for another one tells nothing.
    telling = [own for own in waiting if own.state.get("waiting", {}).get("reason") not in _BEGINNING]
    return _container_trouble(lab, pod, (telling or waiting)[0])


def _is_well(container: Container) -> bool:
    if container.kind is Kind.INIT:
        return container.is_finished
    return container.is_running or container.is_finished


def _container_trouble(lab: Observer, pod: Pod, container: Container) -> Trouble:
    said, is_labs = _stuck(lab, pod, container), False
    if (container.state.get("waiting") or {}).get("reason") in _NO_IMAGE:
        is_labs = lab.provides(container.image)
    return Trouble(_of_pod(pod, of_container(container, said)), is_labs)


def _stuck(lab: Observer, pod: Pod, container: Container) -> Text:
    """Why a container does not run, in the words of whoever knows best."""
    state = container.state
    if "running" in state:
        return Text(
            f"still running, and the others wait for it. {_AGAIN.en}", f"仍在运行，其他容器在等待它。{_AGAIN.zh}"
        )
    if "terminated" in state:
        return _end(lab, pod, container, state["terminated"])
    waiting = state.get("waiting") or {}
    reason, message = waiting.get("reason", pod.phase), waiting.get("message", "")
    if reason in _NO_IMAGE:
        return as_is(f"{reason}: {container.image}: {_last_event(lab, pod, 'pull') or message}")
    if reason == "CrashLoopBackOff" and container.last_end:
        return _end(lab, pod, container, container.last_end, reason)
    if message:
        return as_is(f"{reason}: {message}")
    event = _last_event(lab, pod)
    if "fail" in event.lower():  # nothing comes of waiting alone
        return as_is(f"{reason}: {event}")
    return Text(f"{reason}: {event} {_AGAIN.en}", f"{reason}：{event} {_AGAIN.zh}")


def _end(lab: Observer, pod: Pod, container: Container, end: Mapping[str, Any], reason: str = "") -> Text:
    """How a container ended: its exit code, and its own last words if the kubelet has none."""
    words = end.get("message") or _last_line(lab, pod, container, previous=bool(reason))
    reasons = ", ".join(part for part in (reason, end.get("reason", "")) if part)
    code = end.get("exitCode")
    said, said_zh = (f": {words}", f"：{words}") if words else ("", "")
    return Text(f"ended with exit code {code} ({reasons}){said}", f"以退出码 {code} 结束（{reasons}）{said_zh}")


def _last_line(lab: Observer, pod: Pod, container: Container, *, previous: bool) -> str:
    try:
        lines = lab.logs(pod.name, container.name, pod.namespace, previous=previous)
    except NoLook:
        return ""  # it would only have made the message better
    return lines[-1] if lines else ""


def _last_event(lab: Observer, pod: Pod, about: str = "") -> str:
    """The newest event, or the newest that has this word in it."""
    messages = [message for message in lab.events(pod.object) if about in message]
    return messages[-1] if messages else ""


def _node_down(lab: Observer, pod: Pod) -> Trouble | None:
    """The machine that the Pod was placed on is gone, which explains all the rest."""
    node = lab.get("Node", pod.node) if pod.node else None
    if node is None or _is_ready(node):
        return None
    return Trouble(_of_pod(pod, _down(node)), is_labs=True)


def _is_ready(node: Mapping[str, Any]) -> bool:
    return _ready_condition(node).get("status") == "True"


def _down(node: Mapping[str, Any]) -> Text:
    name, message = node["metadata"]["name"], _ready_condition(node).get("message", "")
    return Text(f"node {name} is not ready: {message}", f"节点 {name} 未就绪：{message}")


def _ready_condition(node: Mapping[str, Any]) -> Mapping[str, Any]:
    conditions = (node.get("status") or {}).get("conditions") or ()
    return next((condition for condition in conditions if condition["type"] == "Ready"), {})


def _of_pod(pod: Pod, words: Text) -> Text:
    return Text(f"Pod {pod.name} does not run: {words.en}", f"Pod {pod.name} 没有运行：{words.zh}")
