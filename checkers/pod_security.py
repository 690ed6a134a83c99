"""Pod Security admission: what the API server says of a Pod that does not keep to a standard.

Nothing is read from a namespace's labels but to tell the learner of them: Pods are offered with a dry run, and what the
API server answers decides. So a pinned version, other labels and a cluster-wide default are judged by what they do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from checkers.api import DryRun, Finding, Observer, Text, check, failed, passed
from checkers.trouble import absent
from checkers.words import as_is, listed

MODES = (
    "https://kubernetes.io/docs/concepts/security/pod-security-admission/#pod-security-admission-labels-for-namespaces"
)
STANDARDS = "https://kubernetes.io/docs/concepts/security/pod-security-standards/"

Level = Literal["baseline", "restricted"]

_LABELS = "pod-security.kubernetes.io/"
# `would violate PodSecurity "baseline:latest": ...` where it warns, `violates PodSecurity "baseline:v1.35": ...` where
# it refuses.
_JUDGED_BY = re.compile(r'PodSecurity "(\w+):')

_TIGHT = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
# For each standard a container that violates it, and one that keeps to it but to no stricter one; in every version.
_VIOLATING: Mapping[Level, Mapping[str, Any]] = {"baseline": {"privileged": True}, "restricted": {}}
_KEEPING: Mapping[Level, Mapping[str, Any]] = {"baseline": {}, "restricted": _TIGHT}

_WARN = Text(
    "Only the mode `warn` tells whoever sends the request; `enforce` refuses it and `audit` writes to the audit log.",
    "只有 `warn` 模式会告知发出请求的人；`enforce` 拒绝请求，`audit` 写入审计日志。",
)
_ADMIT = Text(
    "A warning is for finding out what a standard would break; where the Pod is refused, it already has.",
    "警告是用来了解一项标准会影响什么；如果 Pod 被拒绝，影响就已经发生了。",
)
_QUIET = Text(
    "A warning about Pods that are right teaches people to overlook warnings.",
    "对合规的 Pod 也发出警告，会让人习惯于忽略警告。",
)
_ELSEWHERE = Text(
    "Each label holds for the namespace that carries it, and what others run there was not to be judged.",
    "标签只对带有它的命名空间生效，而其他命名空间的工作负载不在要求之内。",
)
_VIOLATES = Text(
    "Only what a standard forbids is warned about: baseline, for one, privileged, the node's namespaces, hostPath.",
    "只有标准所禁止的才会引起警告：例如 baseline 禁止 privileged、节点的命名空间和 hostPath。",
)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the API server says to a Pod. `words` are its own, as far as they are about Pod Security or a refusal."""

    is_accepted: bool
    levels: frozenset[str]
    words: str

    @property
    def told(self) -> Text:
        """As a statement."""
        if not self.is_accepted:
            return Text(f"refused: {self.words}", f"被拒绝：{self.words}")
        if self.words:
            return Text(f"accepted, with the warning: {self.words}", f"被接受，并附警告：{self.words}")
        return Text("accepted without a warning", "被接受，没有警告")


@check("psa.warns")
def warns(lab: Observer, *, namespace: str, level: Level) -> Finding:
    """A Pod that violates the standard is accepted in the namespace, with a warning that names this standard."""
    expected = Text(
        f"a Pod that violates {level} is accepted in namespace {namespace}, with a warning that names {level}",
        f"违反 {level} 的 Pod 在命名空间 {namespace} 中被接受，并附有指明 {level} 的警告",
    )
    ruling = _offer(lab, _probe(_VIOLATING[level]), namespace)
    if ruling.is_accepted and level in ruling.levels:
        return passed(expected, ruling.told)
    return failed(expected, listed([ruling.told, _labels(lab, namespace)]), _WARN, MODES)


@check("psa.admits")
def admits(lab: Observer, *, namespace: str) -> Finding:
    """Whatever standard a Pod violates, it is accepted in the namespace."""
    expected = Text(
        f"a privileged Pod is accepted in namespace {namespace}",
        f"特权 Pod 在命名空间 {namespace} 中被接受",
    )
    ruling = _offer(lab, _probe(_VIOLATING["baseline"]), namespace)
    if ruling.is_accepted:
        return passed(expected, ruling.told)
    return failed(expected, listed([ruling.told, _labels(lab, namespace)]), _ADMIT, MODES)


@check("psa.quiet")
def quiet(lab: Observer, *, namespace: str, level: Level) -> Finding:
    """A Pod that keeps to the standard, but to no stricter one, is accepted in the namespace without a warning."""
    expected = Text(
        f"a Pod that keeps to {level} is accepted in namespace {namespace} without a warning",
        f"符合 {level} 的 Pod 在命名空间 {namespace} 中被接受，没有警告",
    )
    ruling = _offer(lab, _probe(_KEEPING[level]), namespace)
    if ruling.is_accepted and not ruling.levels:
        return passed(expected, ruling.told)
    return failed(expected, listed([ruling.told, _labels(lab, namespace)]), _QUIET, STANDARDS)


@check("psa.elsewhere")
def elsewhere(lab: Observer, *, namespace: str, level: Level) -> Finding:
    """In no other namespace is a Pod held against the standard."""
    expected = Text(
        f"no namespace but {namespace} warns of {level} or refuses because of it",
        f"除 {namespace} 外，没有命名空间因 {level} 发出警告或拒绝 Pod",
    )
    others = [name for own in lab.list("Namespace") if (name := own["metadata"]["name"]) != namespace]
    rulings = {name: _offer(lab, _probe(_VIOLATING[level]), name) for name in others}
    judging = [name for name, ruling in rulings.items() if level in ruling.levels]
    if not judging:
        return passed(expected, Text(f"none of {', '.join(others)}", f"{'、'.join(others)} 均没有"))
    return failed(expected, listed(_labels(lab, name) for name in judging), _ELSEWHERE, MODES)


@check("psa.warned_of")
def warned_of(lab: Observer, *, pod: str, namespace: str, level: Level) -> Finding:
    """The Pod is in the namespace, and to create one like it draws the warning that it violates the standard."""
    expected = Text(
        f"whoever creates Pod {pod} in namespace {namespace} is warned that it violates {level}",
        f"在命名空间 {namespace} 中创建 Pod {pod} 时，会收到它违反 {level} 的警告",
    )
    obj = lab.get("Pod", pod, namespace)
    if obj is None:
        return absent(lab, pod, namespace).finding(expected, _VIOLATES, STANDARDS)
    ruling = _offer(lab, _again(obj), namespace)
    if ruling.is_accepted and level in ruling.levels:
        return passed(expected, ruling.told)
    return failed(expected, ruling.told, _VIOLATES, STANDARDS)


def _offer(lab: Observer, pod: Mapping[str, Any], namespace: str) -> Ruling:
    """What would become of the creation of a Pod there."""
    metadata = {**pod["metadata"], "generateName": "ckslab-", "namespace": namespace}
    return _ruling(lab.dry_run({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod["spec"]}))


def _ruling(run: DryRun) -> Ruling:
    spoken = run.warnings if run.accepted else (run.message,)
    levels = frozenset(level for words in spoken for level in _JUDGED_BY.findall(words))
    said = [words for words in spoken if not run.accepted or _JUDGED_BY.search(words)]
    return Ruling(run.accepted, levels, "; ".join(said))


def _probe(security_context: Mapping[str, Any]) -> Mapping[str, Any]:
    """A Pod that has nothing to be judged by but this."""
    container = {"name": "probe", "image": "probe", "securityContext": security_context}
    return {"metadata": {}, "spec": {"containers": [container]}}


def _again(pod: Mapping[str, Any]) -> Mapping[str, Any]:
    """A Pod as its author wrote it: without its place, and without the containers that only come later."""
    metadata = {key: pod["metadata"][key] for key in ("labels", "annotations") if key in pod["metadata"]}
    spec = {key: value for key, value in pod["spec"].items() if key not in ("nodeName", "ephemeralContainers")}
    return {"metadata": metadata, "spec": spec}


def _labels(lab: Observer, namespace: str) -> Text:
    """The namespace's labels for Pod Security admission."""
    labels = ((lab.get("Namespace", namespace) or {}).get("metadata") or {}).get("labels") or {}
    known = ", ".join(f"{key}={value}" for key, value in sorted(labels.items()) if key.startswith(_LABELS))
    if not known:
        return Text(f"namespace {namespace} has no label {_LABELS}...", f"命名空间 {namespace} 没有 {_LABELS}... 标签")
    return as_is(f"{namespace}: {known}")
