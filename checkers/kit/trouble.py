"""Why a Pod does not run or stay up, and whose it is to mend: asked before anything is observed inside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from checkers.api import Finding, NoObservation, NotSeen, Observer, Text, broken, failed
from checkers.kit.images import MISSING, missing
from checkers.kit.limits import beyond
from checkers.kit.pod import Container, Kind, Pod
from checkers.kit.text import as_is, listed, of_container

STEADY = 5.0
"""Seconds that a container has to have run to count as one that stays up."""
HEALTHY = 600.0
"""Seconds after which the kubelet, too, takes what it has restarted for healthy: an end after that is forgotten."""
PATIENCE = 10
"""Seconds to wait for what is on its way. A Pod that was made longer ago is not waited for by check after check."""

CAUSES = (
    "not-running",
    "pod-elsewhere",
    "image-not-there",
    "does-not-stay-up",
    "command-not-found",
    "no-sandbox",
    "root-asked-for",
    "seccomp-profile-absent",
)
"""What a finding of a Pod that does not run may have among its causes. `not-running`: there is one, of that name."""

_BEGINNING = {"ContainerCreating", "PodInitializing"}
_NODES_DOING = {"Unknown", "ContainerStatusUnknown"}
"""Why a container ended when its machine was switched off, which says nothing of the container."""
_AGAIN = Text("Wait until it runs, then grade again.", "请等到它运行后再评分。")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why nothing can be observed in a Pod.

    Attributes:
        is_labs: the lab is at fault.
        begun: nothing is wrong yet, the Pod is on its way since this moment; empty where it is not.
        causes: some of `CAUSES`.
        pod: the Pod, where there is one.
        container: the one that is in the way, where it is one.
    """

    words: Text
    is_labs: bool = False
    begun: str = ""
    causes: tuple[str, ...] = ()
    pod: Pod | None = None
    container: Container | None = None

    def finding(self, expected: Text, why: Text, link: str, causes: Iterable[str] = ()) -> Finding:
        """The finding of a criterion that needs the Pod to run; `causes` besides those known here."""
        if self.is_labs:
            return broken(expected, self.words)
        return failed(expected, self.words, why, link, {*self.causes, *causes})


def of_running_pod(
    cluster: Observer,
    name: str,
    namespace: str,
    judge: Callable[[Pod], Finding],
    expected: Text,
    why: Text,
    link: str,
    *,
    more: Callable[[Trouble], Iterable[str]] | None = None,
) -> Finding:
    """Judge a Pod that runs; where it does not, or no longer does while it is judged, say why.

    Args:
        more: causes besides that the check knows of, where the Pod does not run.
    """
    pod = running_pod(cluster, name, namespace)
    if isinstance(pod, Trouble):
        return pod.finding(expected, why, link, more(pod) if more else ())
    try:
        return judge(pod)
    except NotSeen:
        # A container that has just ended has nothing to observe; that it ended says more.
        later = running_pod(cluster, name, namespace)
        if isinstance(later, Trouble):
            return later.finding(expected, why, link, more(later) if more else ())
        raise


def running_pod(cluster: Observer, name: str, namespace: str) -> Pod | Trouble:
    """The Pod, if each of its containers stays up or has done its work; else what is in the way.

    A container that happens to be up may end in a second, and a Pod that is right may have been made a second ago. So
    what is on its way or has just begun is given a few seconds, and what ended a short while ago is not taken for up.
    """
    found = _as_it_is(cluster, name, namespace)
    for _ in range(PATIENCE):
        if isinstance(found, Pod) or not found.begun or _since(found.begun, cluster.now()) >= PATIENCE:
            break
        cluster.wait(1)
        found = _as_it_is(cluster, name, namespace)
    return _steady(cluster, found) if isinstance(found, Pod) else found


def trouble_in(cluster: Observer, namespace: str) -> Trouble | None:
    """What is in the way of a Pod of a namespace, the first that does not run; None if all do."""
    for obj in cluster.list("Pod", namespace):
        found = running_pod(cluster, obj["metadata"]["name"], namespace)
        if isinstance(found, Trouble):
            return found
    return None


def _as_it_is(cluster: Observer, name: str, namespace: str) -> Pod | Trouble:
    """The Pod, if at this moment each of its containers runs or has done its work; else what is in the way."""
    obj = cluster.get("Pod", name, namespace)
    if obj is None:
        return absent(cluster, name, namespace)
    pod = Pod(obj)
    if pod.metadata.get("deletionTimestamp"):
        return Trouble(Text(f"Pod {name} is being deleted.", f"Pod {name} 正在被删除。"))
    found = _ended(cluster, pod) or _unplaced(cluster, pod) or _held_up(cluster, pod)
    if found is None:
        return pod
    return _node_down(cluster, pod) or found


def _steady(cluster: Observer, pod: Pod) -> Pod | Trouble:
    """The Pod, once none of its containers is expected to end any moment; else how the first of them ended before."""
    waits = _waits(pod, cluster.now())
    if not waits:
        return pod
    longest = max(waits.values())
    if longest <= PATIENCE:
        cluster.wait(longest)
        again = _as_it_is(cluster, pod.name, pod.namespace)
        if isinstance(again, Trouble):
            return again
        pod, waits = again, _waits(again, cluster.now())
    restarted = [container for container in pod.running if container.name in waits and container.last_end]
    if not restarted:
        return pod
    said = _end(cluster, pod, restarted[0], restarted[0].last_end, again=True)
    return _of_container(pod, restarted[0], said, "does-not-stay-up")


def _waits(pod: Pod, now: datetime) -> dict[str, float]:
    """The containers that may end any moment -> the seconds until they have run longer than they did before."""
    waits = {container.name: _wait(container, now) for container in pod.running}
    return {name: seconds for name, seconds in waits.items() if seconds > 0}


def _wait(container: Container, now: datetime) -> float:
    started = container.state["running"].get("startedAt")
    if not started:
        return 0.0
    # Clocks of two machines may differ; nobody waits longer for that.
    age = max(0.0, _since(started, now))
    return (_lasted(container.last_end) or 0.0) + STEADY - age


def _since(moment: str, now: datetime) -> float:
    return (now - datetime.fromisoformat(moment)).total_seconds()


def _lasted(end: Mapping[str, Any]) -> float | None:
    """The seconds that a container ran; None where that says nothing against it: it ran long, or its machine ended."""
    if not (end.get("startedAt") and end.get("finishedAt")) or end.get("reason") in _NODES_DOING:
        return None
    seconds = _since(end["startedAt"], datetime.fromisoformat(end["finishedAt"]))
    return seconds if seconds < HEALTHY else None


def absent(cluster: Observer, name: str, namespace: str) -> Trouble:
    """There is no such Pod; where there is one of this name in another namespace, the finding says so."""
    elsewhere = [pod["metadata"]["namespace"] for pod in cluster.list("Pod", name=name)]
    words = Text(f"There is no Pod {name} in namespace {namespace}.", f"命名空间 {namespace} 中没有 Pod {name}。")
    if elsewhere:
        there = ", ".join(elsewhere)
        words = Text(f"{words.en} There is one in {there}.", f"{words.zh}它在 {there} 中。")
    return Trouble(words, causes=("pod-elsewhere",) if elsewhere else ())


def _ended(cluster: Observer, pod: Pod) -> Trouble | None:
    """The Pod as a whole has ended and will not run again."""
    if pod.phase not in ("Succeeded", "Failed"):
        return None
    reason, message = pod.status.get("reason", ""), pod.status.get("message", "")
    if reason:
        if lacking := beyond(pod, message):
            return Trouble(_of_pod(pod, lacking), is_labs=True)
        # "The node was low on resource": the machine is too small. A limit in the Pod's spec reads otherwise.
        is_labs = reason == "NodeShutdown" or (reason == "Evicted" and message.startswith("The node"))
        return Trouble(_of_pod(pod, as_is(f"{pod.phase}: {reason}: {message}")), is_labs, causes=("not-running",))
    ended = [container for container in pod.containers if "terminated" in container.state]
    ends = [
        of_container(container, _end(cluster, pod, container, container.state["terminated"])) for container in ended
    ]
    causes = ("not-running", "does-not-stay-up")
    return Trouble(_of_pod(pod, listed([as_is(pod.phase), *ends])), causes=causes, container=_first(ended, Kind.MAIN))


def _unplaced(cluster: Observer, pod: Pod) -> Trouble | None:
    """No node was found for it."""
    if pod.node:
        return None
    for condition in pod.status.get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            down = [_down(node) for node in cluster.list("Node") if not _is_ready(node)]
            said = as_is(f"{condition.get('reason', '')}: {condition.get('message', '')}")
            return Trouble(_of_pod(pod, listed([said, *down])), is_labs=bool(down), causes=("not-running",))
    said = Text(f"not scheduled yet. {_AGAIN.en}", f"尚未被调度。{_AGAIN.zh}")
    return Trouble(_of_pod(pod, said), begun=_made(pod), causes=("not-running",), pod=pod)


def _held_up(cluster: Observer, pod: Pod) -> Trouble | None:
    """A container that should run does not."""
    waiting = [
        container
        for container in pod.containers
        if container.kind is not Kind.EPHEMERAL and not _is_well(pod, container)
    ]
    if not waiting and not pod.running:
        # All have ended, for the moment or for good.
        waiting = [container for container in pod.containers if container.kind is Kind.MAIN]
    if not waiting:
        return None
    # What only waits for another one tells nothing.
    telling = [container for container in waiting if _reason(container) not in _BEGINNING]
    return _container_trouble(cluster, pod, (telling or waiting)[0])


def _is_well(pod: Pod, container: Container) -> bool:
    if container.kind is Kind.INIT:
        return container.is_finished
    if container.is_running:
        return True
    # What the kubelet starts again has not done its work by ending, even if it ended well.
    policy = container.spec.get("restartPolicy") or pod.spec.get("restartPolicy") or "Always"
    return container.is_finished and policy != "Always"


def _reason(container: Container) -> str:
    """Why the container waits; empty where it does not."""
    return str((container.state.get("waiting") or {}).get("reason") or "")


def _container_trouble(cluster: Observer, pod: Pod, container: Container) -> Trouble:
    reason = _reason(container)
    if reason in MISSING:
        found = missing(cluster, pod, container, f"{reason}: {container.image}: {_not_pulled(cluster, pod, container)}")
        return replace(_of_container(pod, container, found.words, "image-not-there"), is_labs=found.is_labs)
    if reason in _BEGINNING or not container.state:
        return _begun(cluster, pod, container)
    said = _stuck(cluster, pod, container)
    if "runAsUser breaks non-root policy" in said.en:
        return _of_container(pod, container, said, "root-asked-for")
    if "seccomp profile" in said.en:
        return _of_container(pod, container, said, "seccomp-profile-absent")
    if "executable file not found" in said.en or "no such file or directory" in said.en:
        return _of_container(pod, container, said, "command-not-found")
    is_over = reason == "CrashLoopBackOff" or "terminated" in container.state
    causes = ("does-not-stay-up",) if is_over and container.kind is not Kind.INIT else ()
    return replace(_of_container(pod, container, said, *causes), begun=_passing(pod, container))


def _of_container(pod: Pod, container: Container, said: Text, *causes: str) -> Trouble:
    words = _of_pod(pod, of_container(container, said))
    return Trouble(words, causes=("not-running", *causes), pod=pod, container=container)


def _first(containers: Sequence[Container], kind: Kind) -> Container | None:
    return next((container for container in containers if container.kind is kind), None)


def _passing(pod: Pod, container: Container) -> str:
    """Since when it is on its way where nothing is wrong with it; empty where something is.

    That is an init container at work, and what ended well after a long time, and is about to be started again.
    """
    end = container.state.get("terminated") or {}
    if container.is_finished and end.get("startedAt") and _lasted(end) is None:
        return str(end["finishedAt"])
    return _made(pod) if container.is_running else ""


def _made(pod: Pod) -> str:
    return str(pod.metadata.get("creationTimestamp") or "")


def _not_pulled(cluster: Observer, pod: Pod, container: Container) -> str:
    """Why the image could not be had. The newest event mostly says that it is not tried for a while: no reason."""
    about = (f'Failed to pull image "{container.image}"', f'Container image "{container.image}" is not present')
    messages = [message for message in cluster.events(pod.object) if message.startswith(about)]
    return messages[-1] if messages else str(container.state["waiting"].get("message", ""))


def _begun(cluster: Observer, pod: Pod, container: Container) -> Trouble:
    """A container that is being made: whether something is in the way, by the Pod's last event."""
    event = _last_event(cluster, pod)
    reason = _reason(container) or pod.phase
    message = (container.state.get("waiting") or {}).get("message", "")
    said = f"{reason}: {message or event}"
    if lacking := beyond(pod, event):
        return replace(_of_container(pod, container, lacking), is_labs=True)
    if message or "fail" in event.lower():
        causes = ("no-sandbox",) if "create pod sandbox" in event else ()
        # A volume or a network may be late. A handler that the node does not know never comes.
        begun = "" if "no runtime for" in event else _made(pod)
        return replace(_of_container(pod, container, as_is(said), *causes), begun=begun)
    waiting = Text(f"{reason}: {event} {_AGAIN.en}", f"{reason}：{event} {_AGAIN.zh}")
    return replace(_of_container(pod, container, waiting), begun=_made(pod))


def _stuck(cluster: Observer, pod: Pod, container: Container) -> Text:
    """Why a container does not run, in the words of whoever knows best."""
    state = container.state
    if "running" in state:
        return Text(
            f"still running, and the others wait for it. {_AGAIN.en}", f"仍在运行，其他容器在等待它。{_AGAIN.zh}"
        )
    if "terminated" in state:
        return _end(cluster, pod, container, state["terminated"])
    waiting = state["waiting"]
    reason, message = waiting.get("reason", ""), waiting.get("message", "")
    if reason == "CrashLoopBackOff" and container.last_end:
        return _end(cluster, pod, container, container.last_end, reason)
    return as_is(f"{reason}: {message or _last_event(cluster, pod)}")


def _end(
    cluster: Observer, pod: Pod, container: Container, end: Mapping[str, Any], reason: str = "", *, again: bool = False
) -> Text:
    """How a container ended: its exit code, and its own last words if the kubelet has none.

    Args:
        reason: why it waits now, where it does.
        again: it has been started again since.
    """
    words = end.get("message") or _last_line(cluster, pod, container, previous=bool(reason) or again)
    reasons = ", ".join(part for part in (reason, end.get("reason", "")) if part)
    code = end.get("exitCode")
    said, said_zh = (f": {words}", f"：{words}") if words else ("", "")
    since, since_zh = "", ""
    if again:
        restarts, ran = container.status.get("restartCount", 1), _lasted(end) or 0.0
        since = f" after {ran:.0f} s, and was started again (restarts: {restarts})"
        since_zh = f"，运行了 {ran:.0f} 秒，随后又被启动（重启次数：{restarts}）"
    return Text(
        f"ended with exit code {code} ({reasons}){since}{said}",
        f"以退出码 {code} 结束（{reasons}）{since_zh}{said_zh}",
    )


def _last_line(cluster: Observer, pod: Pod, container: Container, *, previous: bool) -> str:
    try:
        lines = cluster.logs(pod.name, container.name, pod.namespace, previous=previous)
    except NoObservation:
        return ""  # it would only have made the message better
    return lines[-1] if lines else ""


def _last_event(cluster: Observer, pod: Pod) -> str:
    """The Pod's last event."""
    messages = cluster.events(pod.object)
    return messages[-1] if messages else ""


def _node_down(cluster: Observer, pod: Pod) -> Trouble | None:
    """The machine that the Pod was placed on is gone, which explains all the rest."""
    node = cluster.get("Node", pod.node) if pod.node else None
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
