"""The Pods of a workload: a Pod by itself, or all that a Deployment, StatefulSet or DaemonSet runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from checkers.api import Finding, NoExec, NotSeen, Observer, Ran, Text
from checkers.kit import trouble
from checkers.kit.mounts import around, mounts
from checkers.kit.pod import Container, Pod
from checkers.kit.text import as_is, of_container
from checkers.kit.trouble import PATIENCE, Trouble, running_pod

Workload = Literal["Pod", "Deployment", "StatefulSet", "DaemonSet"]

CAUSES = (
    *(*trouble.CAUSES, "no-workload", "workload-elsewhere"),
    *("no-pods", "scaled-to-zero", "pods-missing", "pods-refused"),
)
"""What a finding of `of_workload` may have among its causes where the Pods do not run.

`no-pods`: there is none, for whatever reason; `pods-missing`: there are some, and fewer than it asks for.
"""

_APPS = "apps/v1"


@dataclass(frozen=True, slots=True)
class Pods:
    """The Pods of a workload, each of which runs; at least one.

    Attributes:
        template: what its next Pods will be made from, as a Pod that has no status. A Pod by itself has none.
    """

    pods: Sequence[Pod]
    template: Pod | None = None

    @property
    def containers(self) -> list[tuple[Pod, Container]]:
        """Each container that a statement on every container is about: init and ephemeral ones, too."""
        return [(pod, container) for pod in self.pods for container in pod.judged]

    @property
    def running(self) -> list[tuple[Pod, Container]]:
        """Each container that runs now, and can be looked into."""
        return [(pod, container) for pod, container in self.containers if container.is_running]

    def of_container(self, pod: Pod, container: Container, words: Text) -> Text:
        """A statement about one container; its Pod is named where there are several."""
        said = of_container(container, words)
        if len(self.pods) == 1:
            return said
        return Text(f"Pod {pod.name}, {said.en}", f"Pod {pod.name}，{said.zh}")


def of_workload(
    cluster: Observer,
    kind: Workload,
    name: str,
    namespace: str,
    judge: Callable[[Pods], Finding],
    expected: Text,
    why: Text,
    link: str,
) -> Finding:
    """Judge the Pods of a workload, once all of them run; where they do not, say why."""
    pods = running_pods(cluster, kind, name, namespace)
    if isinstance(pods, Trouble):
        return pods.finding(expected, why, link)
    try:
        return judge(pods)
    except NotSeen:
        # A container that has just ended cannot be looked into; that it ended says more.
        later = running_pods(cluster, kind, name, namespace)
        if isinstance(later, Trouble):
            return later.finding(expected, why, link)
        raise


def pods_of(cluster: Observer, deployment: str) -> Sequence[Pod] | Trouble:
    """The same of `NAMESPACE/DEPLOYMENT`, without what they are made from."""
    namespace, _, name = deployment.partition("/")
    pods = running_pods(cluster, "Deployment", name, namespace)
    return pods if isinstance(pods, Trouble) else pods.pods


def running_pods(cluster: Observer, kind: Workload, name: str, namespace: str) -> Pods | Trouble:
    """The Pods of a workload, if each of them runs and stays up; else what is in the way.

    What is on its way has a few seconds, so that a rollout that has just begun is not judged half done.
    """
    if kind == "Pod":
        pod = running_pod(cluster, name, namespace)
        return pod if isinstance(pod, Trouble) else Pods((pod,))
    rollout = _rollout(cluster, kind, name, namespace)
    for _ in range(PATIENCE):
        if isinstance(rollout, Trouble) or rollout.is_done or rollout.age(cluster.now()) >= PATIENCE:
            break
        cluster.wait(1)
        rollout = _rollout(cluster, kind, name, namespace)
    if isinstance(rollout, Trouble):
        return rollout
    steady: list[Pod] = []
    for pod in rollout.pods:
        found = running_pod(cluster, pod.name, namespace)
        if isinstance(found, Trouble):
            return found
        steady.append(found)
    if len(steady) < rollout.wanted or not steady:
        return rollout.too_few()
    return Pods(steady, rollout.template)


def run_in(cluster: Observer, pod: Pod, container: Container, argv: Sequence[str]) -> Ran | None:
    """What a program says inside a container; None where it is not in the image."""
    try:
        return cluster.exec(pod.name, container.name, argv, pod.namespace)
    except NoExec:
        return None


def can_write(cluster: Observer, pod: Pod, container: Container, path: str) -> bool | None:
    """Whether the container's user may write to this file or directory; None where the image has no `test`.

    Read-only mounts count, and nothing is written.
    """
    ran = run_in(cluster, pod, container, ["test", "-w", path])
    if ran is None or ran.code != 0:
        return None if ran is None else False
    # To busybox, root may write everywhere: whether the file system lets it, only its mount tells.
    return around(mounts(cluster, pod, container), path).is_writable


@dataclass(frozen=True, slots=True)
class _Rollout:
    """A workload and the Pods that it has at this moment; those that are being deleted are none."""

    kind: Workload
    object: dict[str, Any]
    pods: Sequence[Pod]

    @property
    def status(self) -> dict[str, Any]:
        return self.object.get("status") or {}

    @property
    def template(self) -> Pod:
        metadata = self.object["metadata"]
        spec = (self.object["spec"].get("template") or {}).get("spec") or {}
        return Pod({"metadata": {"name": metadata["name"], "namespace": metadata["namespace"]}, "spec": spec})

    @property
    def wanted(self) -> int:
        if self.kind == "DaemonSet":
            return int(self.status.get("desiredNumberScheduled") or 0)
        replicas = self.object["spec"].get("replicas")
        return 1 if replicas is None else int(replicas)

    @property
    def is_done(self) -> bool:
        """The controller has seen the newest template, and there are as many Pods as it asks for, all of them new."""
        updated = self.status.get("updatedNumberScheduled" if self.kind == "DaemonSet" else "updatedReplicas") or 0
        is_seen = self.status.get("observedGeneration", 0) >= self.object["metadata"].get("generation", 0)
        return is_seen and updated >= self.wanted and len(self.pods) == self.wanted

    def age(self, now: datetime) -> float:
        """Seconds since it, or the newest of its Pods, was made."""
        times = [str(self.object["metadata"].get("creationTimestamp") or "")]
        times += [str(pod.metadata.get("creationTimestamp") or "") for pod in self.pods]
        if self.status.get("observedGeneration", 0) < self.object["metadata"].get("generation", 0):
            return 0.0
        newest = max(times)
        return (now - datetime.fromisoformat(newest)).total_seconds() if newest else float(PATIENCE)

    def too_few(self) -> Trouble:
        """It runs no Pod, or fewer than it asks for."""
        name = f"{self.kind} {self.object['metadata']['name']}"
        causes = ["pods-missing" if self.pods else "no-pods"]
        if self.wanted == 0 and self.kind != "DaemonSet":
            causes.append("scaled-to-zero")
        words = Text(
            f"{name} runs {len(self.pods)} of {self.wanted} Pods.",
            f"{name} 运行了 {self.wanted} 个 Pod 中的 {len(self.pods)} 个。",
        )
        for condition in self.status.get("conditions") or ():
            if condition.get("type") == "ReplicaFailure" and condition.get("message"):
                said = as_is(condition["message"])
                words = Text(f"{words.en} {said.en}", f"{words.zh}{said.zh}")
                causes.append("pods-refused")
        return Trouble(words, causes=tuple(causes))


def _rollout(cluster: Observer, kind: Workload, name: str, namespace: str) -> _Rollout | Trouble:
    found = cluster.get(kind, name, namespace, version=_APPS)
    if found is None:
        return _absent(cluster, kind, name, namespace)
    owners = {found["metadata"].get("uid")}
    if kind == "Deployment":
        sets = cluster.list("ReplicaSet", namespace, version=_APPS)
        owners = {each["metadata"].get("uid") for each in sets if _is_owned(each, owners)}
    pods = [
        Pod(pod)
        for pod in cluster.list("Pod", namespace)
        if _is_owned(pod, owners) and not pod["metadata"].get("deletionTimestamp")
    ]
    return _Rollout(kind, found, sorted(pods, key=lambda pod: pod.name))


def _is_owned(obj: dict[str, Any], owners: set[str | None]) -> bool:
    references = obj["metadata"].get("ownerReferences") or ()
    return any(reference.get("controller") and reference.get("uid") in owners for reference in references)


def _absent(cluster: Observer, kind: Workload, name: str, namespace: str) -> Trouble:
    elsewhere = [each["metadata"]["namespace"] for each in cluster.list(kind, version=_APPS, name=name)]
    words = Text(f"There is no {kind} {name} in namespace {namespace}.", f"命名空间 {namespace} 中没有 {kind} {name}。")
    if elsewhere:
        there = ", ".join(elsewhere)
        words = Text(f"{words.en} There is one in {there}.", f"{words.zh}它在 {there} 中。")
    return Trouble(words, causes=("no-workload", "workload-elsewhere") if elsewhere else ("no-workload",))
