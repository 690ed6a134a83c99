"""How many replicas a Deployment may have by a constraint of Gatekeeper: the API server is asked, no rule is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

from checkers.api import Finding, Observer, Text, check, failed, passed
from checkers.gatekeeper import Gatekeeper, Ruling
from checkers.words import listed

LINK = "https://open-policy-agent.github.io/gatekeeper/website/docs/howto/"

_LIMITS = Text(
    "A limit is only one if what lies on it is accepted and the next number beyond it is refused.",
    "界限只有在边界值被接受、越界的下一个值被拒绝时才成立。",
)
_KINDS = Text(
    "A constraint applies to what its match.kinds names: API groups with their kinds. Deployments are in group apps.",
    "约束作用于哪些对象由 match.kinds 决定：API 组及其类型。Deployment 属于 apps 组。",
)
_NAMESPACES = Text(
    "Whoever wants to escape goes to the namespace left out: only a match without namespaces is for those to come too.",
    "想绕过策略的人会去没有约束的命名空间：match 中不写命名空间，约束才对将来的命名空间也有效。",
)


_OTHERS = ("StatefulSet", "ReplicaSet", "Pod")


@dataclass(frozen=True, slots=True)
class _Asked:
    """An object whose creation was asked for, and what would become of it."""

    kind: str
    number: int
    namespace: str
    ruling: Ruling
    wanted: bool

    @property
    def is_right(self) -> bool:
        """It is accepted where it should be, else refused by a constraint and by nothing else."""
        return self.ruling.is_accepted if self.wanted else bool(self.ruling.constraint)

    @property
    def outcome(self) -> Text:
        """The ruling; of a refusal that is as it should be, no more than by which constraint."""
        if self.is_right and self.ruling.constraint:
            return Text(f"refused by constraint {self.ruling.constraint}", f"被约束 {self.ruling.constraint} 拒绝")
        return self.ruling.told


@check("replica_limits.boundary")
def boundary(lab: Observer, *, refused: Sequence[int], accepted: Sequence[int], namespace: str = "default") -> Finding:
    """A Deployment with any of these numbers of replicas is refused by a constraint; with any of those, accepted."""
    no, yes = (", ".join(map(str, numbers)) for numbers in (refused, accepted))
    expected = Text(
        f"a constraint refuses Deployments with {no} replicas; with {yes} they are accepted",
        f"约束拒绝副本数为 {no} 的 Deployment；副本数为 {yes} 的被接受",
    )
    gatekeeper = Gatekeeper(lab)
    if trouble := gatekeeper.trouble():
        return trouble.finding(expected, _LIMITS, LINK)
    asked = [_ask(gatekeeper, number, namespace, wanted=False) for number in refused]
    asked += [_ask(gatekeeper, number, namespace, wanted=True) for number in accepted]
    return _finding(gatekeeper, asked, expected, _LIMITS)


@check("replica_limits.only_deployments")
def only_deployments(lab: Observer, *, outside: Sequence[int], inside: int) -> Finding:
    """Other kinds may have the numbers of replicas that a constraint refuses to Deployments."""
    others = ", ".join(_OTHERS)
    expected = Text(
        f"what a constraint refuses to a Deployment is accepted of other kinds ({others})",
        f"约束拒绝 Deployment 的副本数，对其他类型（{others}）则接受",
    )
    gatekeeper = Gatekeeper(lab)
    if trouble := gatekeeper.trouble():
        return trouble.finding(expected, _KINDS, LINK)
    limits = _limits(gatekeeper, outside, "default")
    asked = [*limits, _ask(gatekeeper, inside, "default", wanted=True)]
    for limit in limits:
        asked += [_ask(gatekeeper, limit.number, "default", wanted=True, kind=kind) for kind in _OTHERS]
    return _finding(gatekeeper, asked, expected, _KINDS)


@check("replica_limits.every_namespace")
def every_namespace(lab: Observer, *, outside: Sequence[int], inside: int, exempt: Sequence[str] = ()) -> Finding:
    """Deployments are limited in each namespace there is, but for those whose names match one of `exempt`."""
    names = [own["metadata"]["name"] for own in lab.list("Namespace") if not own["metadata"].get("deletionTimestamp")]
    namespaces = [name for name in names if not any(fnmatch(name, pattern) for pattern in exempt)]
    told = ", ".join(namespaces)
    expected = Text(f"Deployments are limited in {told}", f"{told} 中的 Deployment 都受到限制")
    gatekeeper = Gatekeeper(lab)
    if trouble := gatekeeper.trouble():
        return trouble.finding(expected, _NAMESPACES, LINK)
    asked: list[_Asked] = []
    for namespace in namespaces:
        asked += [*_limits(gatekeeper, outside, namespace), _ask(gatekeeper, inside, namespace, wanted=True)]
    return _finding(gatekeeper, asked, expected, _NAMESPACES)


def _limits(gatekeeper: Gatekeeper, outside: Sequence[int], namespace: str) -> Sequence[_Asked]:
    """The numbers of replicas that a constraint refuses to a Deployment; all that were tried where it refuses none.

    Who has one limit right is not told a second time that the other is missing.
    """
    asked = [_ask(gatekeeper, number, namespace, wanted=False) for number in outside]
    return [own for own in asked if own.is_right] or asked


def _ask(gatekeeper: Gatekeeper, number: int, namespace: str, *, wanted: bool, kind: str = "Deployment") -> _Asked:
    return _Asked(kind, number, namespace, gatekeeper.rule(_manifest(kind, number, namespace), wanted=wanted), wanted)


def _finding(gatekeeper: Gatekeeper, asked: Sequence[_Asked], expected: Text, why: Text) -> Finding:
    """Where some rulings are wrong, only those are told, and what the rules are if something escapes them."""
    wrong = [own for own in asked if not own.is_right]
    if not wrong:
        return passed(expected, listed(_told(asked)))
    told = _told(wrong)
    if any(own.ruling.is_accepted for own in wrong):
        told.append(gatekeeper.state())
    return failed(expected, listed(told), why, LINK)


def _told(asked: Sequence[_Asked]) -> list[Text]:
    """What became of the objects, those with the same outcome in one statement."""
    alike: dict[tuple[str, str, Text], list[str]] = {}
    for own in asked:
        alike.setdefault((own.kind, own.namespace, own.outcome), []).append(str(own.number))
    told = []
    for (kind, namespace, outcome), numbers in alike.items():
        with_replicas = Text("", "") if kind == "Pod" else _replicas(numbers)
        what = Text(f"{kind} in {namespace}{with_replicas.en}", f"{namespace} 中{with_replicas.zh}的 {kind}")
        told.append(Text(f"{what.en}: {outcome.en}", f"{what.zh}：{outcome.zh}"))
    return told


def _replicas(numbers: Sequence[str]) -> Text:
    return Text(f" with {', '.join(numbers)} replicas", f"副本数为 {'、'.join(numbers)} ")


def _manifest(kind: str, number: int, namespace: str) -> Mapping[str, Any]:
    """A small object of one of the kinds that run Pods."""
    # No generateName: a rule that names the object in its message would find no name yet, and say nothing.
    labels = {"app": "ckslab-dry-run"}
    metadata = {"name": "ckslab-dry-run", "namespace": namespace, "labels": labels}
    pod = {"containers": [{"name": "main", "image": "registry.k8s.io/pause:3.10.1"}]}
    if kind == "Pod":
        return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": pod}
    template = {"metadata": {"labels": labels}, "spec": pod}
    spec = {"replicas": number, "selector": {"matchLabels": labels}, "template": template}
    if kind == "StatefulSet":
        spec["serviceName"] = "ckslab-dry-run"
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec}
