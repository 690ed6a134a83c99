"""A rule by which Pods of certain namespaces have to use a RuntimeClass: the API server is asked about Pods.

The rule is a ValidatingAdmissionPolicy, and what refuses besides does not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from checkers.admission import CAUSES, LINKS, Probe, Rules
from checkers.api import Finding, Observer, Refused, Text, check, failed, passed
from checkers.kit.namespaces import new_for_pods
from checkers.kit.new_pods import CONTROLLERS, new_pod

LINK = LINKS["policy"]

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


class _Pods(Rules):
    """Asks what would become of Pods with or without a RuntimeClass."""

    by_error = True

    def ask_for(self, used: str, namespace: str, *, wanted: bool, owner: str = "") -> Probe:
        """About a new Pod with this RuntimeClass, or with none; `owner`: made by the controller of that kind."""
        word = self.cluster.draw("pod")
        spec: dict[str, Any] = {"containers": [{"name": "main", "image": "busybox:1.28"}]}
        if used:
            spec["runtimeClassName"] = used
        manifest = new_pod(word, namespace, {word: word}, spec)
        subject = f"runtimeClassName: {used or 'null'}"
        if owner:
            what = Text(f"a Pod of a {owner}", f"{owner} 的 Pod ")
            return self.ask_by_controller(owner, subject, what, manifest, wanted=wanted)
        return self.ask(subject, Text("a Pod", "Pod "), manifest, wanted=wanted)


@check("sandbox_policy.refuses", causes=CAUSES | {"any-class"})
def refuses(cluster: Observer, *, namespace: str, runtime_class: str, others: Sequence[str] = ()) -> Finding:
    """Policies refuse Pods without a RuntimeClass here, or with one of `others`; a Pod with this one is accepted."""
    unwanted = ["", *others]
    expected = Text(
        f"in {namespace}, Pods are accepted with RuntimeClass {runtime_class}, and refused with none or another one",
        f"在 {namespace} 中，使用 RuntimeClass {runtime_class} 的 Pod 被接受，不使用或使用其他 RuntimeClass 的被拒绝",
    )
    pods = _Pods(cluster, "policy")
    probes = [pods.ask_for(used, namespace, wanted=False) for used in unwanted]
    probes.append(pods.ask_for(runtime_class, namespace, wanted=True))
    is_any = probes[0].is_right and any(probe.has_escaped for probe in probes)
    return pods.finding(probes, expected, _CLASS, ["any-class"] if is_any else ())


@check("sandbox_policy.every_pod", causes=CAUSES | {"controllers-let-through"})
def every_pod(cluster: Observer, *, namespace: str, runtime_class: str) -> Finding:
    """It makes no difference who makes the Pod: somebody by hand, or the controller of a Deployment or the like."""
    expected = Text(
        f"in {namespace}, that holds for Pods of {', '.join(CONTROLLERS)}, too",
        f"在 {namespace} 中，这对 {'、'.join(CONTROLLERS)} 的 Pod 同样有效",
    )
    pods = _Pods(cluster, "policy")
    by_hand = [pods.ask_for(used, namespace, wanted=bool(used)) for used in ("", runtime_class)]
    made = [
        pods.ask_for(used, namespace, wanted=bool(used), owner=owner)
        for owner in CONTROLLERS
        for used in ("", runtime_class)
    ]
    is_let = by_hand[0].is_right and any(probe.has_escaped for probe in made)
    return pods.finding([*by_hand, *made], expected, _EVERY, ["controllers-let-through"] if is_let else ())


@check("sandbox_policy.namespaces", causes=CAUSES | {"later-namespaces", "everywhere", "any-value"})
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
    pods, word = _Pods(cluster, "policy"), cluster.draw("label")
    try:
        later = new_for_pods(cluster, {word: word, key: value})
        other_value, other_label = new_for_pods(cluster, {key: word}), new_for_pods(cluster, {word: word})
    except Refused as error:
        return failed(expected, error.words, _NAMESPACES, LINK, {"refused-too-much"})
    inside = [pods.ask_for("", name, wanted=False) for name in (*held, later)]
    beside = [pods.ask_for(runtime_class, name, wanted=True) for name in (*held, later)]
    outside = [pods.ask_for("", name, wanted=True) for name in (*free, other_label, other_value)]
    causes: set[str] = set()
    if {probe.namespace for probe in inside if probe.has_escaped} == {later}:
        causes.add("later-namespaces")
    wrong = {probe.namespace for probe in outside if not probe.is_right}
    if len(wrong) == len(outside):
        causes.add("everywhere")
    elif other_value in wrong and other_label not in wrong:
        causes.add("any-value")
    return pods.finding([*inside, *beside, *outside], expected, _NAMESPACES, causes)


@check("sandbox_policy.message", causes=CAUSES | {"other-message"})
def message(cluster: Observer, *, namespace: str, words: str) -> Finding:
    """Whoever is refused reads these words."""
    expected = Text(f"the refusal says: {words}", f"拒绝消息中写着：{words}")
    pods = _Pods(cluster, "policy")
    probe = pods.ask_for("", namespace, wanted=False)
    if not probe.is_right:
        return pods.finding([probe], expected, _MESSAGE)
    if words not in probe.ruling.words:
        causes = {"other-message", *({"expression-error"} if probe.ruling.is_error else ())}
        return failed(expected, probe.ruling.text, _MESSAGE, LINK, causes)
    return passed(expected, probe.ruling.text)
