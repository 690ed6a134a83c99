"""A rule by which Pods of certain namespaces have to use a RuntimeClass: the API server is asked about Pods.

The rule is a ValidatingAdmissionPolicy, and what refuses besides does not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from checkers import admission_policies
from checkers.admission_policies import Policies, is_error
from checkers.api import Finding, Observer, Refused, Text, check, failed, passed
from checkers.gatekeeper import Ruling
from checkers.kit.namespaces import new_for_pods
from checkers.kit.text import listed

LINK = "https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/"

_CONTROLLERS: Mapping[str, str] = {
    "ReplicaSet": "replicaset-controller",
    "StatefulSet": "statefulset-controller",
    "DaemonSet": "daemon-set-controller",
    "Job": "job-controller",
}
"""What owns a Pod -> whose account makes it."""

_CLASS = Text(
    "A RuntimeClass keeps nobody in the sandbox: whoever leaves the field out is on the node's own kernel again.",
    "RuntimeClass 并不能把谁留在沙箱中：不写这个字段的 Pod 又直接使用节点的内核了。",
)
_EVERY = Text(
    "Most Pods are made by controllers, from a template that somebody wrote: a rule has to hold for them as well.",
    "大多数 Pod 由控制器按某人编写的模板创建：规则对它们也必须有效。",
)
_NAMESPACES = Text(
    "The label says where untrusted code runs: in the namespaces of tomorrow, too, and nowhere else.",
    "标签说明不受信任的代码在哪里运行：明天才创建的命名空间也包括在内，而别处则不然。",
)
_MESSAGE = Text("Whoever is refused reads the message, and nothing else.", "被拒绝的人只能看到这条消息。")

_CAUSES = frozenset(admission_policies.CAUSES | {"refused-too-much", "rule-silent", "pods-not-matched"})


@dataclass(frozen=True, slots=True)
class _Probe:
    """A Pod that was asked about, and what would become of it. `wanted`: it should be accepted."""

    what: Text
    namespace: str
    ruling: Ruling
    wanted: bool
    manifest: Mapping[str, Any]

    @property
    def is_right(self) -> bool:
        """It is accepted where it should be, else refused by a policy, be it that its expression ends in an error."""
        if self.wanted:
            return self.ruling.is_accepted
        return bool(self.ruling.constraints) or is_error(self.ruling)

    @property
    def has_escaped(self) -> bool:
        """It is accepted, and should not be."""
        return self.ruling.is_accepted and not self.wanted

    @property
    def text(self) -> Text:
        """As a statement."""
        outcome = self.ruling.short if self.is_right else self.ruling.text
        return Text(
            f"{self.what.en} in {self.namespace}: {outcome.en}", f"{self.namespace} 中{self.what.zh}：{outcome.zh}"
        )


class _Pods:
    """Asks what would become of Pods with or without a RuntimeClass."""

    def __init__(self, cluster: Observer) -> None:
        self.cluster = cluster
        self.rules = Policies(cluster)

    def ask(self, used: str, namespace: str, *, wanted: bool, owner: str = "") -> _Probe:
        """About a new Pod with this RuntimeClass, or with none; `owner`: made by the controller of that kind."""
        word = self.cluster.draw("pod")
        metadata: dict[str, Any] = {"name": word, "namespace": namespace, "labels": {word: word}}
        ask = None
        if owner:
            version = "batch/v1" if owner == "Job" else "apps/v1"
            metadata["ownerReferences"] = [
                {"apiVersion": version, "kind": owner, "name": word, "uid": word, "controller": True}
            ]
            user = f"system:serviceaccount:kube-system:{_CONTROLLERS[owner]}"
            ask = partial(self.cluster.dry_run, user=user)
        spec: dict[str, Any] = {"containers": [{"name": "main", "image": "busybox:1.28"}]}
        if used:
            spec["runtimeClassName"] = used
        manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
        return _Probe(
            _what(used, owner), namespace, self.rules.rule(manifest, wanted=wanted, ask=ask), wanted, manifest
        )

    def finding(self, probes: Sequence[_Probe], expected: Text, why: Text, causes: Iterable[str] = ()) -> Finding:
        """Where some rulings are wrong, the finding has only those, and why something escapes the policies."""
        wrong = [probe for probe in probes if not probe.is_right]
        if not wrong:
            return passed(expected, listed(probe.text for probe in probes))
        all_causes, found = {*causes}, [probe.text for probe in wrong]
        if any(probe.wanted for probe in wrong):
            all_causes.add("refused-too-much")
        if any(is_error(probe.ruling) for probe in wrong):
            all_causes.add("expression-error")
        escaped = [probe for probe in wrong if probe.has_escaped]
        if escaped:
            reason = self.rules.why_accepted(escaped[0].manifest)
            all_causes |= reason.causes
            found.append(reason.words)
            if reason.is_by_rules and not any(probe.is_right and not probe.wanted for probe in probes):
                all_causes.add("rule-silent" if self._match_pods() else "pods-not-matched")
        return failed(expected, listed(found), why, LINK, all_causes)

    def _match_pods(self) -> bool:
        """Whether a policy is asked about Pods at all."""
        rules = [
            rule
            for policy in self.cluster.list("ValidatingAdmissionPolicy", version="admissionregistration.k8s.io/v1")
            for rule in (policy["spec"].get("matchConstraints") or {}).get("resourceRules") or ()
        ]
        return any({"pods", "*", "*/*", "pods/*"} & {*(rule.get("resources") or ())} for rule in rules)


@check("sandbox_policy.refuses", causes=_CAUSES | {"any-class"})
def refuses(cluster: Observer, *, namespace: str, runtime_class: str, others: Sequence[str] = ()) -> Finding:
    """Policies refuse Pods without a RuntimeClass here, or with one of `others`; a Pod with this one is accepted."""
    unwanted = ["", *others]
    expected = Text(
        f"in {namespace}, Pods are accepted with RuntimeClass {runtime_class}, and refused with none or another one",
        f"在 {namespace} 中，使用 RuntimeClass {runtime_class} 的 Pod 被接受，不使用或使用其他 RuntimeClass 的被拒绝",
    )
    pods = _Pods(cluster)
    probes = [pods.ask(used, namespace, wanted=False) for used in unwanted]
    probes.append(pods.ask(runtime_class, namespace, wanted=True))
    is_any = probes[0].is_right and any(probe.has_escaped for probe in probes)
    return pods.finding(probes, expected, _CLASS, ["any-class"] if is_any else ())


@check("sandbox_policy.every_pod", causes=_CAUSES | {"controllers-let-through"})
def every_pod(cluster: Observer, *, namespace: str, runtime_class: str) -> Finding:
    """It makes no difference who makes the Pod: somebody by hand, or the controller of a Deployment or the like."""
    expected = Text(
        f"in {namespace}, that holds for Pods of {', '.join(_CONTROLLERS)}, too",
        f"在 {namespace} 中，这对 {'、'.join(_CONTROLLERS)} 的 Pod 同样有效",
    )
    pods = _Pods(cluster)
    by_hand = [pods.ask(used, namespace, wanted=bool(used)) for used in ("", runtime_class)]
    made = [
        pods.ask(used, namespace, wanted=bool(used), owner=owner)
        for owner in _CONTROLLERS
        for used in ("", runtime_class)
    ]
    is_let = by_hand[0].is_right and any(probe.has_escaped for probe in made)
    return pods.finding([*by_hand, *made], expected, _EVERY, ["controllers-let-through"] if is_let else ())


@check("sandbox_policy.namespaces", causes=_CAUSES | {"later-namespaces", "everywhere", "any-value"})
def namespaces(
    cluster: Observer, *, label: str, held: Sequence[str], free: Sequence[str], runtime_class: str
) -> Finding:
    """The rule holds in `held` and in a namespace made afterwards that has the label `KEY=VALUE`, and nowhere else.

    Nowhere else is: in `free`, and in namespaces made afterwards that have another label, or another value of this one.
    """
    key, _, value = label.partition("=")
    expected = Text(
        f"the rule holds in {', '.join(held)} and in a namespace made afterwards with {label}; "
        f"not in {', '.join(free)}, nor in one made afterwards without it",
        f"规则在 {'、'.join(held)} 和以后新建的带有 {label} 的命名空间中有效；在 {'、'.join(free)} 和以后新建的没有它的"
        f"命名空间中无效",
    )
    pods, word = _Pods(cluster), cluster.draw("label")
    try:
        later = new_for_pods(cluster, {word: word, key: value})
        other_value, other_label = new_for_pods(cluster, {key: word}), new_for_pods(cluster, {word: word})
    except Refused as error:
        return failed(expected, error.words, _NAMESPACES, LINK, {"refused-too-much"})
    inside = [pods.ask("", name, wanted=False) for name in (*held, later)]
    beside = [pods.ask(runtime_class, name, wanted=True) for name in (*held, later)]
    outside = [pods.ask("", name, wanted=True) for name in (*free, other_label, other_value)]
    causes: set[str] = set()
    if {probe.namespace for probe in inside if probe.has_escaped} == {later}:
        causes.add("later-namespaces")
    wrong = {probe.namespace for probe in outside if not probe.is_right}
    if len(wrong) == len(outside):
        causes.add("everywhere")
    elif other_value in wrong and other_label not in wrong:
        causes.add("any-value")
    return pods.finding([*inside, *beside, *outside], expected, _NAMESPACES, causes)


@check("sandbox_policy.message", causes=_CAUSES | {"other-message"})
def message(cluster: Observer, *, namespace: str, words: str) -> Finding:
    """Whoever is refused reads these words."""
    expected = Text(f"the refusal says: {words}", f"拒绝消息中写着：{words}")
    pods = _Pods(cluster)
    probe = pods.ask("", namespace, wanted=False)
    if not probe.is_right:
        return pods.finding([probe], expected, _MESSAGE)
    if words not in probe.ruling.words:
        causes = {"other-message", *({"expression-error"} if is_error(probe.ruling) else ())}
        return failed(expected, probe.ruling.text, _MESSAGE, LINK, causes)
    return passed(expected, probe.ruling.text)


def _what(used: str, owner: str) -> Text:
    of_owner, of_owner_zh = (f" of a {owner}", f"由 {owner} 创建、") if owner else ("", "")
    if used:
        return Text(f"a Pod{of_owner} with RuntimeClass {used}", f"{of_owner_zh}使用 RuntimeClass {used} 的 Pod")
    return Text(f"a Pod{of_owner} without a RuntimeClass", f"{of_owner_zh}没有 RuntimeClass 的 Pod")
