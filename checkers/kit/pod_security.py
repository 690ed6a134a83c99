"""Pods that violate the Pod Security Standards, or keep to them, and what the API server says of each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from checkers.api import DryRun, Observer, Text
from checkers.kit.namespaces import new_for_pods
from checkers.kit.text import as_is

STANDARDS = "https://kubernetes.io/docs/concepts/security/pod-security-standards/"

Level = Literal["baseline", "restricted"]
LABELS = "pod-security.kubernetes.io/"
# `would violate PodSecurity "baseline:latest": ...` where it warns, `violates PodSecurity "baseline:v1.35": ...` where
# it refuses.
_JUDGED_BY = re.compile(r'PodSecurity "(\w+):')

_TIGHT = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
Spec = Mapping[str, Any]
Labels = Mapping[str, str]


def _with(**context: Any) -> Spec:
    """A Pod that has nothing to be judged by but its container's security context; names it gets when it is offered."""
    return {"containers": [{"securityContext": context}]}


_PLAIN = _with()
# For each standard Pods that violate it, each in another way, since a rule that only knows one of them is not the
# standard; then Pods that keep to it, but to no stricter one. Both in every version.
VIOLATING: Mapping[Level, Sequence[Spec]] = {
    "baseline": (
        _with(privileged=True),
        {**_PLAIN, "hostPID": True},
        {**_PLAIN, "volumes": [{"name": "logs", "hostPath": {"path": "/var/log"}}]},
        _with(capabilities={"add": ["NET_ADMIN"]}),
    ),
    "restricted": (_PLAIN, _with(**{**_TIGHT, "runAsNonRoot": False}), _with(**{**_TIGHT, "capabilities": {}})),
}
KEEPING: Mapping[Level, Sequence[Spec]] = {
    "baseline": (_PLAIN, _with(runAsUser=0, capabilities={"add": ["NET_BIND_SERVICE"]})),
    "restricted": (_with(**_TIGHT),),
}

_TIGHT_POD = _with(**_TIGHT)
# More of both, for a standard that is enforced. Later versions of it refuse what earlier ones do not: a namespace that
# enforces the latest one says which of these Pods are to be refused.
OF_VERSIONS: Sequence[Spec] = (
    _with(**{key: value for key, value in _TIGHT.items() if key != "seccompProfile"}),
    _with(**_TIGHT, runAsUser=0),
    {"containers": [{"securityContext": _TIGHT, "livenessProbe": {"tcpSocket": {"host": "10.0.0.1", "port": 80}}}]},
    {**_TIGHT_POD, "volumes": [{"name": "logs", "hostPath": {"path": "/var/log"}}]},
    {**_TIGHT_POD, "hostPID": True},
    {**_TIGHT_POD, "initContainers": [{"securityContext": {}}]},
    _with(**{**_TIGHT, "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}}),
    {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        **_with(allowPrivilegeEscalation=False, capabilities={"drop": ["ALL"]}),
    },
)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the API server says to a Pod. `words` has its message, as far as that is about Pod Security or a refusal."""

    is_accepted: bool
    levels: frozenset[str]
    words: str

    @property
    def text(self) -> Text:
        """As a statement."""
        if not self.is_accepted:
            return Text(f"refused: {self.words}", f"被拒绝：{self.words}")
        if self.words:
            return Text(f"accepted, with the warning: {self.words}", f"被接受，并附警告：{self.words}")
        return Text("accepted without a warning", "被接受，没有警告")


def enforcing(cluster: Observer, level: Level) -> str:
    """A namespace of this grade that enforces the latest version of the standard."""
    return new_for_pods(cluster, {f"{LABELS}enforce": level})


def offer(
    cluster: Observer,
    spec: Spec,
    namespace: str,
    like: Mapping[str, Any] | None = None,
    *,
    user: str = "",
    ending: str = "",
) -> Ruling:
    """What would become of the creation of a Pod there, under a name that no rule can know.

    Args:
        like: the metadata of a Pod that this one is to have the labels and annotations of; else it has a random label.
        user: who creates it; else the lab's administrator.
        ending: of its name, `name_of(cluster, ending)`, to tell it from others.
    """
    word = cluster.draw("pod")
    if like is None:
        metadata: dict[str, Any] = {"labels": {word: word}}
        spec = {**spec, "containers": [{**container, "name": word, "image": word} for container in spec["containers"]]}
        if first := spec.get("initContainers"):
            spec["initContainers"] = [{**container, "name": f"{word}-first", "image": word} for container in first]
    else:
        metadata = {key: like[key] for key in ("labels", "annotations") if key in like}
    metadata = {**metadata, "name": name_of(cluster, ending), "namespace": namespace}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    return _ruling(cluster.dry_run(pod, user=user) if user else cluster.dry_run(pod))


def name_of(cluster: Observer, ending: str = "") -> str:
    """What a Pod that is offered is called."""
    return cluster.draw("pod") + ending


def _ruling(run: DryRun) -> Ruling:
    messages = run.warnings if run.accepted else (run.message,)
    levels = frozenset(level for message in messages for level in _JUDGED_BY.findall(message))
    relevant = [message for message in messages if not run.accepted or _JUDGED_BY.search(message)]
    return Ruling(run.accepted, levels, "; ".join(relevant))


def labels_of(cluster: Observer, namespace: str) -> Labels:
    """The namespace's labels for Pod Security admission."""
    labels = ((cluster.get("Namespace", namespace) or {}).get("metadata") or {}).get("labels") or {}
    return {key: value for key, value in sorted(labels.items()) if key.startswith(LABELS)}


def describe_labels(namespace: str, labels: Labels) -> Text:
    """As a statement."""
    if not labels:
        return Text(f"namespace {namespace} has no label {LABELS}...", f"命名空间 {namespace} 没有 {LABELS}... 标签")
    return as_is(f"{namespace}: {', '.join(f'{key}={value}' for key, value in labels.items())}")
