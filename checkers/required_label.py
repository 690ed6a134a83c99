"""A label that every Pod has to carry, by a rule of admission: the API server is asked about Pods, no rule is read.

Which value the label has is up to whoever makes the Pod. What refuses besides the rule does not count.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from checkers.admission import CAUSES, LINKS, By, Probe, Rules
from checkers.api import Finding, Observer, Refused, Text, check, failed, passed
from checkers.kit.namespaces import new_for_pods
from checkers.kit.new_pods import CONTROLLERS, new_pod, stored

_LABEL = Text(
    "A label is there or it is not: another key is another label, and a rule that names its values has to be changed "
    "for every team that comes.",
    "标签要么有，要么没有：键不同就是另一个标签；而写明取值的规则，每来一个新团队就得修改一次。",
)
_EVERY = Text(
    "Most Pods are made by controllers, and labels can be taken away afterwards: a rule has to hold then as well.",
    "大多数 Pod 由控制器创建，标签也可以在事后去掉：规则在这些情况下也必须有效。",
)
_OTHERS = Text(
    "A rule that refuses what it was not made for is one that people switch off.",
    "会拒绝无关对象的规则，迟早会被人关掉。",
)
_NAMESPACES = Text(
    "A rule for all is one for the namespaces of tomorrow, too; but the cluster's own Pods know nothing of its teams.",
    "对所有人的规则也要对明天的命名空间有效；而集群自己的 Pod 并不属于任何团队。",
)
_MESSAGE = Text("Whoever is refused reads the message, and nothing else.", "被拒绝的人只能看到这条消息。")

_POD = Text("a Pod", "Pod ")


class _Pods(Rules):
    """Asks what would become of Pods with certain labels, and of what is no Pod."""

    by_error = True

    def ask_for(self, labels: Mapping[str, str], namespace: str, *, wanted: bool, owner: str = "") -> Probe:
        """About a new Pod; `owner`: made by the controller of that kind."""
        manifest = new_pod(self.cluster.draw("pod"), namespace, labels, _spec())
        if owner:
            what = Text(f"a Pod of a {owner}", f"{owner} 的 Pod ")
            return self.ask_by_controller(owner, _shown(labels), what, manifest, wanted=wanted)
        return self.ask(_shown(labels), _POD, manifest, wanted=wanted)

    def make_with(self, labels: Mapping[str, str], namespace: str) -> Probe:
        """Make a Pod, in a namespace of this grade."""
        return self.make(_shown(labels), _POD, new_pod(self.cluster.draw("pod that stays"), namespace, labels, _spec()))

    def ask_change(self, there: Mapping[str, Any], labels: Mapping[str, str], *, wanted: bool) -> Probe:
        """About a Pod that is there, given other labels."""
        obj = stored(self.cluster, there)
        obj["metadata"] = {**obj["metadata"], "labels": dict(labels)}
        what, by = Text("given to a Pod", "改为已有 Pod 的标签"), self.cluster.dry_run_update
        return self.ask(_shown(labels), what, obj, wanted=wanted, by=by, operation="UPDATE")

    def ask_other(self, kind: str, namespace: str, label: Mapping[str, str]) -> Probe:
        """About an object that is no Pod and does not have the label; if it has Pods, they do."""
        word = self.cluster.draw(kind)
        manifest: dict[str, Any] = {"metadata": {"name": word, "namespace": namespace, "labels": {word: word}}}
        match kind:
            case "Deployment":
                labels = {"app": word, **label}
                template = {"metadata": {"labels": labels}, "spec": _spec()}
                spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
                manifest |= {"apiVersion": "apps/v1", "kind": kind, "spec": spec}
            case "Service":
                spec = {"selector": {word: word}, "ports": [{"port": 80}]}
                manifest |= {"apiVersion": "v1", "kind": kind, "spec": spec}
            case _:
                manifest |= {"apiVersion": "v1", "kind": kind, "data": {word: word}}
        return self.ask(_shown({word: word}), Text(f"a {kind}", f"{kind} "), manifest, wanted=True)


@check("required_label.judged", causes=CAUSES | {"value-demanded"})
def judged(cluster: Observer, *, by: By, namespace: str, label: str, example: str) -> Finding:
    """The rule refuses Pods without the label, and Pods that have it are accepted, whatever its value.

    `example` is a value that the learner has seen.
    """
    pods, word = _Pods(cluster, by), cluster.draw("label")
    expected = Text(
        f"in {namespace}, the rule refuses Pods without the label {label}; with it they are accepted, with any value",
        f"在 {namespace} 中，规则拒绝没有标签 {label} 的 Pod；带有它的被接受，无论取值如何",
    )
    if trouble := pods.trouble():
        return trouble.finding(expected, _LABEL, LINKS[by])
    without: Sequence[Mapping[str, str]] = ({}, {word: word}, {f"{label}-{word}": word, word: label})
    probes = [pods.ask_for(labels, namespace, wanted=False) for labels in without]
    seen = pods.ask_for({label: example}, namespace, wanted=True)
    unseen = [
        pods.ask_for({label: cluster.draw("value"), **more}, namespace, wanted=True) for more in ({}, {word: word})
    ]
    is_demanded = seen.is_right and not any(probe.is_right for probe in unseen)
    return pods.finding([*probes, seen, *unseen], expected, _LABEL, ["value-demanded"] if is_demanded else ())


@check("required_label.every_pod", causes=CAUSES | {"controllers-let-through", "create-only"})
def every_pod(cluster: Observer, *, by: By, namespace: str, label: str) -> Finding:
    """The rule is for every Pod, whoever makes it, also when its labels are changed.

    It keeps nobody from deleting a Pod. Changes and deletion are asked about in a namespace made for this grade. Where
    the rule does not hold there at all, which another criterion tells of, a Pod of `namespace` that has the label is
    asked about.
    """
    expected = Text(
        f"the rule is for every Pod, also of {', '.join(CONTROLLERS)}, and when its labels are changed; and Pods can "
        "be deleted",
        f"规则对每个 Pod 都有效，包括 {'、'.join(CONTROLLERS)} 的 Pod；更改标签时也一样；Pod 可以删除",
    )
    pods, word = _Pods(cluster, by), cluster.draw("label")
    if trouble := pods.trouble():
        return trouble.finding(expected, _EVERY, LINKS[by])
    without, with_it = {word: word}, {word: word, label: cluster.draw("value")}
    by_hand = [pods.ask_for(without, namespace, wanted=False), pods.ask_for(with_it, namespace, wanted=True)]
    made = [
        pods.ask_for(labels, namespace, wanted=wanted, owner=owner)
        for owner in CONTROLLERS
        for labels, wanted in ((without, False), (with_it, True))
    ]
    changed = _changed(pods, namespace, label)
    causes = set()
    if by_hand[0].is_right and any(probe.has_escaped for probe in made):
        causes.add("controllers-let-through")
    if by_hand[0].is_right and any(probe.has_escaped for probe in changed):
        causes.add("create-only")
    return pods.finding([*by_hand, *made, *changed], expected, _EVERY, causes)


def _changed(pods: _Pods, namespace: str, label: str) -> Sequence[Probe]:
    """A Pod that has the label, changed to have it no more, changed to have another value, and deleted."""
    word = pods.cluster.draw("label")
    without, with_it = {word: word}, {word: word, label: pods.cluster.draw("value")}
    made = _made_afterwards(pods, without, with_it)
    if made and not made.is_right:
        return [made]
    there = made.manifest if made else _with_label(pods.cluster, namespace, label)
    if there is None:
        return []
    other = {**with_it, label: pods.cluster.draw("other value")}
    changes = [pods.ask_change(there, without, wanted=False), pods.ask_change(there, other, wanted=True)]
    return [*changes, pods.ask_deletion(there, _shown(there["metadata"]["labels"]))]


def _made_afterwards(pods: _Pods, without: Mapping[str, str], with_it: Mapping[str, str]) -> Probe | None:
    """A Pod made in a namespace of this grade; None where the rule does not hold there."""
    try:
        fresh = new_for_pods(pods.cluster)
    except Refused:
        return None
    if not pods.ask_for(without, fresh, wanted=False).is_right:
        return None
    return pods.make_with(with_it, fresh)


def _with_label(cluster: Observer, namespace: str, label: str) -> Mapping[str, Any] | None:
    """A Pod that is there and has the label."""
    found = (pod for pod in cluster.list("Pod", namespace) if label in (pod["metadata"].get("labels") or {}))
    return next(found, None)


@check("required_label.only_pods", causes=CAUSES | {"other-kinds-refused"})
def only_pods(cluster: Observer, *, by: By, namespace: str, label: str) -> Finding:
    """Objects that are no Pods are accepted without the label, where a Pod without it is refused."""
    kinds = ("Deployment", "Service", "ConfigMap")
    expected = Text(
        f"a {', '.join(kinds)} is accepted without the label {label}, and a Pod is not",
        f"{'、'.join(kinds)} 没有标签 {label} 也被接受，Pod 则不然",
    )
    pods, word = _Pods(cluster, by), cluster.draw("label")
    if trouble := pods.trouble():
        return trouble.finding(expected, _OTHERS, LINKS[by])
    refused = pods.ask_for({word: word}, namespace, wanted=False)
    others = [pods.ask_other(kind, namespace, {label: cluster.draw("value")}) for kind in kinds]
    is_too_much = any(probe.is_refused for probe in others)
    return pods.finding([refused, *others], expected, _OTHERS, ["other-kinds-refused"] if is_too_much else ())


@check("required_label.namespaces", causes=CAUSES | {"later-namespaces", "system-refused"})
def namespaces(cluster: Observer, *, by: By, label: str, held: Sequence[str], free: Sequence[str]) -> Finding:
    """The rule holds in the namespaces `held` and in one made afterwards, whatever its labels; not in `free`."""
    inside, outside = ", ".join(held), ", ".join(free)
    expected = Text(
        f"the rule holds in {inside} and in a namespace made afterwards, not in {outside}",
        f"规则在 {'、'.join(held)} 以及以后新建的命名空间中有效，在 {'、'.join(free)} 中无效",
    )
    pods, word = _Pods(cluster, by), cluster.draw("label")
    if trouble := pods.trouble():
        return trouble.finding(expected, _NAMESPACES, LINKS[by])
    try:
        later = [new_for_pods(cluster), new_for_pods(cluster, {word: word})]
    except Refused as error:
        return failed(expected, error.words, _NAMESPACES, LINKS[by], {"refused-too-much"})
    with_it = {label: cluster.draw("value")}
    probes = [pods.ask_for({word: word}, name, wanted=False) for name in (*held, *later)]
    probes += [pods.ask_for(with_it, name, wanted=True) for name in (*held, *later)]
    system = [pods.ask_for({word: word}, name, wanted=True) for name in free]
    return pods.finding([*probes, *system], expected, _NAMESPACES, _left_out(probes, system, later))


def _left_out(probes: Sequence[Probe], system: Sequence[Probe], later: Sequence[str]) -> Iterable[str]:
    if {probe.namespace for probe in probes if probe.has_escaped} == {*later}:
        yield "later-namespaces"
    if any(probe.is_refused for probe in system):
        yield "system-refused"


@check("required_label.message", causes=CAUSES | {"other-message", "unlabelled-error", "labelled-error"})
def message(cluster: Observer, *, by: By, namespace: str, words: str) -> Finding:
    """Whoever is refused by the rule reads these words, whether the Pod has other labels or none."""
    expected = Text(f"the refusal says: {words}", f"拒绝消息中写着：{words}")
    pods, word = _Pods(cluster, by), cluster.draw("label")
    if trouble := pods.trouble():
        return trouble.finding(expected, _MESSAGE, LINKS[by])
    unlabelled, labelled = (pods.ask_for(labels, namespace, wanted=False) for labels in ({}, {word: word}))
    if not (unlabelled.is_right and labelled.is_right):
        return pods.finding([unlabelled, labelled], expected, _MESSAGE)
    silent = [probe for probe in (unlabelled, labelled) if words not in probe.ruling.words]
    if not silent:
        return passed(expected, unlabelled.ruling.text)
    errors = [probe for probe in silent if probe.ruling.is_error]
    causes = {"other-message", *(["expression-error"] if errors else ())}
    causes |= {"unlabelled-error" if probe is unlabelled else "labelled-error" for probe in errors}
    return failed(expected, silent[0].ruling.text, _MESSAGE, LINKS[by], causes)


def _shown(labels: Mapping[str, str]) -> str:
    """Labels as they stand in a manifest."""
    return f"labels {json.dumps(labels)}"


def _spec() -> dict[str, Any]:
    return {"containers": [{"name": "main", "image": "busybox:1.28"}]}
