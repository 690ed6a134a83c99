"""How many replicas a Deployment may have by a constraint of Gatekeeper: the API server is asked, no rule is read.

What it is asked about has random names and labels, and is created as well as updated, also in a namespace that was made
afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from checkers.api import Finding, NotSeen, Observer, Refused, Text, check, failed, passed
from checkers.gatekeeper import CAUSES, Gatekeeper
from checkers.kit.constraint import denies, escapes, exempted, is_among, left_out
from checkers.kit.ruling import Case
from checkers.kit.text import listed

LINK = "https://open-policy-agent.github.io/gatekeeper/website/docs/howto/"
MOST = 8
"""How many of the namespaces that exist are asked about."""
FAR = 1_000_000
"""More replicas than any limit allows."""

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
_EVERY = Text(
    "A rule that depends on a name or a label, or only looks at what is created, is one that whoever wants to escape "
    "gets around: another label, or `kubectl edit` afterwards.",
    "取决于名称或标签、或者只检查创建的规则，很容易被绕过：换一个标签，或者事后 `kubectl edit`。",
)

_OTHERS = ("StatefulSet", "ReplicaSet", "Pod")

_REFUSED_TOO_MUCH = {"boundary-refused", "everything-refused", "limits-crossed"}
_BY_RULE = {"rule-silent", "no-lower-limit", "no-upper-limit", "limit-elsewhere", "other-policy"}
_LIMIT_CAUSES = CAUSES | _BY_RULE | _REFUSED_TOO_MUCH


@dataclass(frozen=True, slots=True)
class _Shape:
    """What distinguishes an object besides its kind, its replicas and its namespace."""

    words: Text = Text("", "")  # noqa: RUF009 - a value
    labels: Mapping[str, str] | None = None
    """None: those that `kubectl create deployment` gives it."""
    user: str = ""
    """Who asks, if not the lab's administrator."""


_PLAIN = _Shape()
_MAY_NOT = "cannot impersonate"
"""What the API server says where the lab's own credentials do not let it ask as another user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Probe(Case):
    """A creation or a change that was asked for, and what would become of it."""

    kind: str
    number: int
    shape: _Shape = _PLAIN


class _Deployments:
    """Asks what would become of Deployments and their like."""

    def __init__(self, cluster: Observer) -> None:
        self._cluster = cluster
        self.gatekeeper = Gatekeeper(cluster)

    def ask(
        self, number: int, namespace: str, *, wanted: bool, kind: str = "Deployment", shape: _Shape = _PLAIN
    ) -> _Probe:
        """About its creation."""
        name = self._cluster.draw(f"{kind} {number} in {namespace}{shape.words.en}")
        manifest = _manifest(kind, number, namespace, name, shape.labels)
        ask = partial(self._cluster.dry_run, user=shape.user) if shape.user else self._cluster.dry_run
        ruling = self.gatekeeper.rule(manifest, wanted=wanted, ask=ask)
        return _Probe(kind=kind, number=number, ruling=ruling, wanted=wanted, manifest=manifest, shape=shape)

    def ask_update(self, made: Mapping[str, Any], number: int, *, wanted: bool) -> _Probe:
        """About a Deployment that exists, changed to this number."""
        manifest = {**made, "spec": {**made["spec"], "replicas": number}}
        before = made["spec"]["replicas"]
        shape = _Shape(Text(f", changed from {before} replicas", f"（原为 {before} 个）"))
        ruling = self.gatekeeper.rule(manifest, wanted=wanted, ask=self._cluster.dry_run_update)
        return _Probe(
            kind="Deployment",
            number=number,
            ruling=ruling,
            wanted=wanted,
            manifest=manifest,
            shape=shape,
            operation="UPDATE",
        )

    def limits(self, outside: Sequence[int], namespace: str) -> Sequence[_Probe]:
        """The numbers of replicas that a constraint refuses; all that were tried where it refuses none.

        Another criterion says which limit is missing.
        """
        probes = [self.ask(number, namespace, wanted=False) for number in outside]
        return [probe for probe in probes if probe.is_right] or probes

    def finding(
        self, probes: Sequence[_Probe], expected: Text, why: Text, causes: Iterable[str] = (), more: Sequence[Text] = ()
    ) -> Finding:
        """Where some rulings are wrong, the finding has only those, and why something escapes the rules.

        `causes` and the texts in `more` are what the check has found besides; any cause means that it fails.
        """
        wrong = [probe for probe in probes if not probe.is_right]
        if not wrong and not causes:
            return passed(expected, listed([*_described(probes), *more]))
        found, all_causes = [*_described(wrong), *more], {*causes}
        escaped: dict[tuple[str, str, Text], _Probe] = {}
        for probe in wrong:
            if probe.has_escaped:
                escaped.setdefault((probe.namespace, probe.operation, probe.shape.words), probe)
            elif probe.ruling.is_by_policy:
                all_causes.add("other-policy")
        reasons = [self.gatekeeper.why_accepted(probe.manifest, probe.operation) for probe in escaped.values()]
        for reason in reasons:
            all_causes |= reason.causes
        words = dict.fromkeys(reason.words for reason in reasons)
        return failed(expected, listed([*found, *words]), why, LINK, all_causes)


@check("replica_limits.boundary", causes=_LIMIT_CAUSES)
def boundary(
    cluster: Observer, *, refused: Sequence[int], accepted: Sequence[int], namespace: str = "default"
) -> Finding:
    """A Deployment with any of these numbers of replicas is refused by a constraint; with any of those, accepted.

    Of a limit to how many there may be, a number above those named is tried that nobody knows beforehand.
    """
    is_upper = min(refused) > max(accepted)
    no, yes = (", ".join(map(str, numbers)) for numbers in (refused, accepted))
    expected = Text(
        f"a constraint refuses Deployments with {no} replicas; with {yes} they are accepted",
        f"约束拒绝副本数为 {no} 的 Deployment；副本数为 {yes} 的被接受",
    )
    deployments = _Deployments(cluster)
    if trouble := deployments.gatekeeper.trouble():
        return trouble.finding(expected, _LIMITS, LINK)
    beyond = [max(refused) + 1 + _number(cluster.draw("replicas"))] if is_upper else []
    probes = [deployments.ask(number, namespace, wanted=False) for number in (*refused, *beyond)]
    probes += [deployments.ask(number, namespace, wanted=True) for number in accepted]
    limit = max(accepted) if is_upper else min(accepted)
    if all(probe.is_right for probe in probes):
        return deployments.finding(probes, expected, _LIMITS)
    return deployments.finding(
        probes, expected, _LIMITS, [*_rule_causes(deployments, probes, limit, is_upper=is_upper)]
    )


def _rule_causes(deployments: _Deployments, probes: Sequence[_Probe], limit: int, *, is_upper: bool) -> Iterable[str]:
    """What the numbers that are refused and accepted show of the rule. Asks about the farthest on both sides, too."""
    namespace = probes[0].namespace
    none, far = (deployments.ask(number, namespace, wanted=False) for number in (0, FAR))
    escaped = next((probe for probe in probes if probe.has_escaped), None)
    if escaped and deployments.gatekeeper.why_accepted(escaped.manifest).is_by_rules:
        here, there = (far, none) if is_upper else (none, far)
        if here.is_right:
            yield "limit-elsewhere"
        elif here.ruling.is_accepted and there.is_right:
            yield "no-upper-limit" if is_upper else "no-lower-limit"
        elif here.ruling.is_accepted and there.ruling.is_accepted:
            yield "rule-silent"
    allowed = [probe for probe in probes if probe.wanted]
    too_much = [probe.number for probe in allowed if probe.ruling.refusers]
    if too_much == [limit]:
        yield "boundary-refused"
    elif len(too_much) == len(allowed) and none.is_right and far.is_right:
        inside = max(probe.ruling.violations for probe in allowed)
        outside = max(none.ruling.violations, far.ruling.violations)
        if inside > outside:
            yield "limits-crossed"
        elif inside == outside:
            yield "everything-refused"


@check("replica_limits.only_deployments", causes=_LIMIT_CAUSES | {"other-kinds-refused"})
def only_deployments(cluster: Observer, *, outside: Sequence[int], inside: int) -> Finding:
    """Other kinds may have the numbers of replicas that a constraint refuses to Deployments, and be made at all."""
    others = ", ".join(_OTHERS)
    expected = Text(
        f"what a constraint refuses to a Deployment is accepted of other kinds ({others})",
        f"约束拒绝 Deployment 的副本数，对其他类型（{others}）则接受",
    )
    deployments = _Deployments(cluster)
    if trouble := deployments.gatekeeper.trouble():
        return trouble.finding(expected, _KINDS, LINK)
    limits = deployments.limits(outside, "default")
    probes = [*limits, deployments.ask(inside, "default", wanted=True)]
    for kind in _OTHERS:
        numbers = [*(limit.number for limit in limits), inside] if kind != "Pod" else [1]
        probes += [deployments.ask(number, "default", wanted=True, kind=kind) for number in numbers]
    refused = [probe for probe in probes if probe.kind != "Deployment" and probe.ruling.refusers]
    is_limited = all(limit.is_right for limit in limits)
    causes = {"other-kinds-refused"} if refused and is_limited else set()
    if refusal := _no_namespace(cluster, deployments.gatekeeper):
        causes.add("other-kinds-refused")
        return deployments.finding(probes, expected, _KINDS, causes, [refusal])
    return deployments.finding(probes, expected, _KINDS, causes)


def _no_namespace(cluster: Observer, gatekeeper: Gatekeeper) -> Text | None:
    """In what words a constraint refuses a Namespace; None if none does."""
    try:
        cluster.new_namespace()
    except Refused as error:
        ruling = gatekeeper.refusal(error.words.en)
        return Text(f"Namespace: {error.words.en}", f"Namespace：{error.words.zh}") if ruling.refusers else None
    return None


@check("replica_limits.every_namespace", causes=_LIMIT_CAUSES | {"later-namespaces"})
def every_namespace(cluster: Observer, *, outside: Sequence[int], inside: int, exempt: Sequence[str] = ()) -> Finding:
    """Deployments are limited in whatever namespace, but for those whose names match one of `exempt`.

    Of the namespaces that exist, at most `MOST` are asked about: those that rules leave out come first. One is made for
    this grade; what rules say of others that do not exist is read.
    """
    deployments = _Deployments(cluster)
    trouble = deployments.gatekeeper.trouble()
    namespaces = _namespaces(cluster, exempt)
    new, no_new = ("", None) if trouble else _made(cluster)
    if not trouble:
        namespaces = [*_chosen(cluster, deployments.gatekeeper, namespaces, new), *([new] if new else [])]
    names = ", ".join(namespaces)
    expected = Text(f"Deployments are limited in {names}", f"{names} 中的 Deployment 都受到限制")
    if new:
        expected = Text(
            f"{expected.en} (made for this grade), and whatever comes",
            f"{expected.zh}（最后一个为本次评分新建），将来的也一样",
        )
    if trouble:
        return trouble.finding(expected, _NAMESPACES, LINK)
    probes: list[_Probe] = []
    for namespace in namespaces:
        limits = deployments.limits(outside, namespace)
        probes += [*limits, deployments.ask(inside, namespace, wanted=True)]
    probes = _without_gone(cluster, probes)
    causes, more = _holes(deployments.gatekeeper, probes, exempt)
    if new and {probe.namespace for probe in probes if probe.has_escaped} == {new}:
        causes |= {"later-namespaces"}
    return deployments.finding(probes, expected, _NAMESPACES, causes, [*more, *([no_new] if no_new else ())])


def _namespaces(cluster: Observer, exempt: Sequence[str]) -> Sequence[str]:
    """The names of those that exist, are not on their way out and not exempt."""
    known = [namespace["metadata"] for namespace in cluster.list("Namespace")]
    names = [metadata["name"] for metadata in known if not metadata.get("deletionTimestamp")]
    return [name for name in names if not is_among(name, exempt)]


def _made(cluster: Observer) -> tuple[str, Text | None]:
    """A namespace made afterwards; else an empty name, and why there is none. That by itself is nobody's fault."""
    try:
        return cluster.new_namespace(), None
    except Refused as error:
        words = error.words
        return "", Text(f"no namespace could be made to try: {words.en}", f"无法新建命名空间来试：{words.zh}")


def _chosen(cluster: Observer, gatekeeper: Gatekeeper, names: Sequence[str], new: str) -> Sequence[str]:
    """As many as are asked about: those that a rule may leave out, then any, by chance."""
    known = [name for name in names if name != new]
    if len(known) <= MOST:
        return known
    patterns = [pattern for constraint in gatekeeper.constraints for pattern in _excluded(constraint)]
    patterns += exempted(gatekeeper.config or {})
    word = cluster.draw("order of the namespaces")
    by_chance = sorted(known, key=lambda name: _number(f"{name}{word}"))
    return sorted(by_chance, key=lambda name: not is_among(name, patterns))[:MOST]


def _excluded(constraint: Mapping[str, Any]) -> Sequence[str]:
    match: Mapping[str, Any] = (constraint.get("spec") or {}).get("match") or {}
    return left_out(match, ())


def _without_gone(cluster: Observer, probes: Sequence[_Probe]) -> list[_Probe]:
    """Without those in a namespace that went away meanwhile, such as that of another grade."""
    refusals = [probe for probe in probes if not probe.ruling.is_accepted]
    doubtful = {probe.namespace for probe in refusals if not probe.ruling.refusers}
    found = {name: cluster.get("Namespace", name) for name in sorted(doubtful)}
    gone = {name for name, obj in found.items() if obj is None or obj["metadata"].get("deletionTimestamp")}
    return [probe for probe in probes if probe.namespace not in gone]


def _holes(
    gatekeeper: Gatekeeper, probes: Sequence[_Probe], exempt: Sequence[str]
) -> tuple[frozenset[str], Sequence[Text]]:
    """Namespaces that need not exist and that rules leave out: the causes and in words.

    A constraint that leaves one out is no fault where another one is there for it.
    """
    found: dict[str, Text] = {}
    for name in exempted(gatekeeper.config or {}):
        if not is_among(name, exempt):
            found["config-exempts"] = Text(
                f"Gatekeeper's Config leaves out {name}", f"Gatekeeper 的 Config 排除了 {name}"
            )
    for configuration, webhook in gatekeeper.webhooks:
        if names := left_out(webhook, exempt):
            listing = ", ".join(names)
            found["webhook-narrowed"] = Text(
                f"{configuration} leaves out namespaces: {listing}", f"{configuration} 排除了这些命名空间：{listing}"
            )
    by_name = {
        constraint["metadata"]["name"]: constraint for constraint in gatekeeper.constraints if denies(constraint)
    }
    matches = {name: (constraint.get("spec") or {}).get("match") or {} for name, constraint in by_name.items()}
    named = [pattern for match in matches.values() for pattern in match.get("namespaces") or ()]
    for number in sorted({probe.number for probe in probes if not probe.wanted}):
        refusers = {name for probe in probes if probe.number == number for name in probe.ruling.refusers}
        left = [set(left_out(matches[name], exempt)) for name in refusers if name in matches]
        for pattern in sorted(set.intersection(*left) if left else ()):
            if not any(fnmatchcase(pattern, name) for name in named):
                who = ", ".join(sorted(refusers))
                excluded = [matches[name].get("excludedNamespaces") or () for name in refusers if name in matches]
                is_excluded = any(pattern in names for names in excluded)
                found["namespaces-excluded" if is_excluded else "namespace-selector"] = Text(
                    f"constraint {who} leaves out namespaces: {pattern}", f"约束 {who} 排除了这些命名空间：{pattern}"
                )
    return frozenset(found), list(found.values())


@check("replica_limits.every_deployment", causes=_LIMIT_CAUSES | {"create-only"})
def every_deployment(cluster: Observer, *, outside: Sequence[int], inside: int) -> Finding:
    """Deployments are limited whatever their labels and whoever sends them, and when they are changed as well."""
    expected = Text(
        "Deployments are limited whatever their names and labels and whoever sends them, when created and when changed",
        "无论名称和标签如何、由谁提交，Deployment 在创建和修改时都受到限制",
    )
    deployments = _Deployments(cluster)
    if trouble := deployments.gatekeeper.trouble():
        return trouble.finding(expected, _EVERY, LINK)
    limits = deployments.limits(outside, "default")
    if not all(limit.is_right for limit in limits):
        return deployments.finding(limits, expected, _EVERY)
    probes = [*limits]
    for shape in _shapes(cluster, deployments.gatekeeper):
        probes += [deployments.ask(limit.number, "default", wanted=False, shape=shape) for limit in limits]
        probes.append(deployments.ask(inside, "default", wanted=True, shape=shape))
    probes = [probe for probe in probes if _MAY_NOT not in probe.ruling.words]
    if not all(probe.is_right for probe in probes):
        return deployments.finding(probes, expected, _EVERY)
    updates = _updates(cluster, deployments, [limit.number for limit in limits], inside)
    is_create_only = any(
        update.has_escaped and deployments.gatekeeper.why_accepted(update.manifest, update.operation).is_by_rules
        for update in updates
    )
    return deployments.finding([*probes, *updates], expected, _EVERY, ["create-only"] if is_create_only else ())


def _shapes(cluster: Observer, gatekeeper: Gatekeeper) -> Sequence[_Shape]:
    """Without labels, with labels nobody knows beforehand, with those that constraints leave out; by another user."""
    key, value = cluster.draw("label"), cluster.draw("label's value")
    of_rules = [
        labels
        for constraint in gatekeeper.constraints
        if denies(constraint)
        for labels in escapes(((constraint.get("spec") or {}).get("match") or {}).get("labelSelector"))
    ][:MOST]
    shapes = [_Shape(Text(" without labels", "且不带标签"), {})]
    for labels in ({key: value}, *of_rules):
        listing = json.dumps(labels, ensure_ascii=False)
        shapes.append(_Shape(Text(f" with labels {listing}", f"且标签为 {listing}"), labels))
    user = cluster.draw("user")
    shapes.append(_Shape(Text(f" by user {user}", f"且由用户 {user} 创建"), user=user))
    return list({shape.words: shape for shape in shapes}.values())


def _updates(cluster: Observer, deployments: _Deployments, outside: Sequence[int], inside: int) -> Sequence[_Probe]:
    """A Deployment that exists, changed to numbers whose creation beside it is refused, and to one that is allowed."""
    namespace, none = _made(cluster)
    if none:
        raise NotSeen(Text(f"No change could be tried: {none.en}", f"无法试着修改：{none.zh}"))
    limits = [deployments.ask(number, namespace, wanted=False) for number in outside]
    refused = [limit.number for limit in limits if limit.is_right]
    if not refused:
        return []  # the namespace is left out, which is another criterion's finding
    made = _manifest("Deployment", inside, namespace, cluster.draw("Deployment to change"), None)
    made["spec"]["paused"] = True  # it runs nothing
    run = cluster.new_object(made)
    if not run.accepted:
        ruling = deployments.gatekeeper.refusal(run.message)
        return [_Probe(kind="Deployment", number=inside, ruling=ruling, wanted=True, manifest=made)]
    probes = [deployments.ask_update(made, number, wanted=False) for number in refused]
    return [*probes, deployments.ask_update(made, inside - 1, wanted=True)]


def _described(probes: Sequence[_Probe]) -> list[Text]:
    """What became of the objects, those with the same outcome in one statement."""
    alike: dict[tuple[str, str, Text, Text], list[str]] = {}
    for probe in probes:
        key = (probe.kind, probe.namespace, probe.shape.words, probe.outcome)
        alike.setdefault(key, []).append(str(probe.number))
    texts = []
    for (kind, namespace, shape, outcome), numbers in alike.items():
        with_replicas = Text("", "") if kind == "Pod" else _replicas(numbers)
        what = Text(
            f"{kind} in {namespace}{with_replicas.en}{shape.en}", f"{namespace} 中{with_replicas.zh}{shape.zh}的 {kind}"
        )
        texts.append(Text(f"{what.en}: {outcome.en}", f"{what.zh}：{outcome.zh}"))
    return texts


def _replicas(numbers: Sequence[str]) -> Text:
    return Text(f" with {', '.join(numbers)} replicas", f"副本数为 {'、'.join(numbers)} ")


def _number(word: str) -> int:
    """A number below 1000 that a word stands for."""
    number = 0
    for letter in word:
        number = (number * 31 + ord(letter)) % 1000
    return number


def _manifest(kind: str, number: int, namespace: str, name: str, labels: Mapping[str, str] | None) -> dict[str, Any]:
    """A small object of one of the kinds that run Pods."""
    # No generateName: a rule that names the object in its message would find no name yet, and say nothing.
    selected = {"app": name}
    metadata: dict[str, Any] = {"name": name, "namespace": namespace}
    if labels is None or labels:
        metadata["labels"] = selected if labels is None else dict(labels)
    pod = {"containers": [{"name": "main", "image": "registry.k8s.io/pause:3.10.1"}]}
    if kind == "Pod":
        return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": pod}
    template = {"metadata": {"labels": selected}, "spec": pod}
    spec = {"replicas": number, "selector": {"matchLabels": selected}, "template": template}
    if kind == "StatefulSet":
        spec["serviceName"] = name
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec}
