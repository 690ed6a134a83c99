"""Pod Security admission: what the API server says of a Pod that does not keep to a standard.

A namespace's labels are read only to name them to the learner: Pods are offered with a dry run, and what the
API server answers decides. So a pinned version, other labels and a cluster-wide default are judged by what they do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from checkers.api import DryRun, Finding, Observer, Text, check, failed, passed
from checkers.kit.namespaces import new_for_pods
from checkers.kit.text import as_is, listed
from checkers.kit.trouble import Trouble, absent
from checkers.kit.workload import CAUSES as OF_WORKLOADS
from checkers.kit.workload import Pods, running_pods

MODES = (
    "https://kubernetes.io/docs/concepts/security/pod-security-admission/#pod-security-admission-labels-for-namespaces"
)
STANDARDS = "https://kubernetes.io/docs/concepts/security/pod-security-standards/"

Level = Literal["baseline", "restricted"]
Controller = Literal["Deployment", "StatefulSet", "DaemonSet"]

# How many namespaces a finding names.
_MOST = 8
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
Spec = Mapping[str, Any]
Labels = Mapping[str, str]


def _with(**context: Any) -> Spec:
    """A Pod that has nothing to be judged by but its container's security context; names it gets when it is offered."""
    return {"containers": [{"securityContext": context}]}


_PLAIN = _with()
# For each standard Pods that violate it, each in another way, since a rule that only knows one of them is not the
# standard; then Pods that keep to it, but to no stricter one. Both in every version.
_VIOLATING: Mapping[Level, Sequence[Spec]] = {
    "baseline": (
        _with(privileged=True),
        {**_PLAIN, "hostPID": True},
        {**_PLAIN, "volumes": [{"name": "logs", "hostPath": {"path": "/var/log"}}]},
        _with(capabilities={"add": ["NET_ADMIN"]}),
    ),
    "restricted": (_PLAIN, _with(**{**_TIGHT, "runAsNonRoot": False}), _with(**{**_TIGHT, "capabilities": {}})),
}
_KEEPING: Mapping[Level, Sequence[Spec]] = {
    "baseline": (_PLAIN, _with(runAsUser=0, capabilities={"add": ["NET_BIND_SERVICE"]})),
    "restricted": (_with(**_TIGHT),),
}

_TIGHT_POD = _with(**_TIGHT)
# More of both, for a standard that is enforced. Later versions of it refuse what earlier ones do not: a namespace that
# enforces the latest one says which of these Pods are to be refused.
_OF_VERSIONS: Sequence[Spec] = (
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
_ENFORCE = Text(
    "Only the mode `enforce` refuses a Pod; which standard it is held against, and of which version, the labels say.",
    "只有 `enforce` 模式会拒绝 Pod；按哪项标准、哪个版本检查，由标签决定。",
)
_KEEP = Text(
    "Admission judges a Pod when it is created: what runs from before goes on, and the next one is refused.",
    "准入在创建 Pod 时进行检查：之前已在运行的会继续运行，而下一个会被拒绝。",
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


@check(
    "psa.warns",
    causes=("refused", "refused-though-warned", "no-label", "label-of-no-warning", "stricter-standard", "some-only"),
)
def warns(cluster: Observer, *, namespace: str, level: Level) -> Finding:
    """A Pod that violates the standard is accepted in the namespace, with a warning that names this standard."""
    expected = Text(
        f"a Pod that violates {level} is accepted in namespace {namespace}, with a warning that names {level}",
        f"违反 {level} 的 Pod 在命名空间 {namespace} 中被接受，并附有指明 {level} 的警告",
    )
    return _of_all(
        cluster,
        _VIOLATING[level],
        namespace,
        expected,
        lambda ruling: ruling.is_accepted and level in ruling.levels,
        _WARN,
        MODES,
        lambda ruling, labels: _no_warning(ruling, labels, level),
    )


@check("psa.admits", causes=("some-only",))
def admits(cluster: Observer, *, namespace: str) -> Finding:
    """Whatever standard a Pod violates, it is accepted in the namespace."""
    expected = Text(
        f"whatever a Pod violates, it is accepted in namespace {namespace}",
        f"无论 Pod 违反什么，它在命名空间 {namespace} 中都被接受",
    )
    probes = (*_VIOLATING["baseline"], *_VIOLATING["restricted"])
    return _of_all(cluster, probes, namespace, expected, lambda ruling: ruling.is_accepted, _ADMIT, MODES, _unexplained)


@check("psa.quiet", causes=("some-only",))
def quiet(cluster: Observer, *, namespace: str, level: Level) -> Finding:
    """A Pod that keeps to the standard, but to no stricter one, is accepted in the namespace without a warning."""
    expected = Text(
        f"a Pod that keeps to {level} is accepted in namespace {namespace} without a warning",
        f"符合 {level} 的 Pod 在命名空间 {namespace} 中被接受，没有警告",
    )
    return _of_all(
        cluster,
        _KEEPING[level],
        namespace,
        expected,
        lambda ruling: ruling.is_accepted and not ruling.levels,
        _QUIET,
        STANDARDS,
        _unexplained,
    )


@check("psa.elsewhere", causes=("labelled",))
def elsewhere(cluster: Observer, *, namespace: str, level: Level, exempt: Sequence[str] = ()) -> Finding:
    """In no other namespace that was there before the scenario's own is a Pod held against the standard.

    Those in `exempt` hold to it by themselves: a policy engine labels its own namespace.
    Pod Security tells namespaces apart by their labels, so of those that are labelled alike one is asked.
    """
    expected = Text(
        f"no namespace that was there before {namespace} warns of {level} or refuses because of it",
        f"早于 {namespace} 存在的命名空间都没有因 {level} 发出警告或拒绝 Pod",
    )
    before = _before(cluster.list("Namespace"), namespace)
    alike = _alike([other for other in before if other["metadata"]["name"] not in exempt])
    judging: dict[str, Labels] = {}
    for labels, names in alike:
        if level in _offer(cluster, _VIOLATING[level][0], names[0]).levels:
            judging |= dict.fromkeys(names, labels)
    others = sorted(name for _, names in alike for name in names)
    if not judging:
        return passed(expected, Text(f"none of {_few(others, ', ')}", f"{_few(others, '、')} 均没有"))
    labelled = [_describe_labels(name, judging[name]) for name in sorted(judging)[:_MOST]]
    found = listed([*labelled, *([as_is("...")] if len(judging) > _MOST else [])])
    return failed(expected, found, _ELSEWHERE, MODES, ("labelled",))


@check("psa.warned_of", causes=("pod-elsewhere", "keeps-to-it"))
def warned_of(cluster: Observer, *, pod: str, namespace: str, level: Level) -> Finding:
    """The Pod is in the namespace, and to create one like it draws the warning that it violates the standard."""
    expected = Text(
        f"whoever creates Pod {pod} in namespace {namespace} is warned that it violates {level}",
        f"在命名空间 {namespace} 中创建 Pod {pod} 时，会收到它违反 {level} 的警告",
    )
    obj = cluster.get("Pod", pod, namespace)
    if obj is None:
        return absent(cluster, pod, namespace).finding(expected, _VIOLATES, STANDARDS)
    ruling = _offer(cluster, _again(obj), namespace, obj["metadata"])
    if ruling.is_accepted and level in ruling.levels:
        return passed(expected, ruling.text)
    # Where others are warned about and this Pod is not, it keeps to the standard.
    keeps_to_it = ruling.is_accepted and level in _offer(cluster, _VIOLATING[level][0], namespace).levels
    return failed(expected, ruling.text, _VIOLATES, STANDARDS, ("keeps-to-it",) if keeps_to_it else ())


@check(
    "psa.enforces",
    causes=("no-label", "label-of-no-refusal", "weaker-standard", "old-version", "some-only", "refused-too-much"),
)
def enforces(cluster: Observer, *, namespace: str, level: Level) -> Finding:
    """Pod Security admission refuses in the namespace what the newest version of the standard forbids, and no more.

    What that is says a namespace made for this grade, in which it is enforced.
    """
    expected = Text(
        f"Pods that violate {level} are refused in namespace {namespace}, by this standard; others are accepted",
        f"在命名空间 {namespace} 中，违反 {level} 的 Pod 因这项标准被拒绝，其他 Pod 被接受",
    )
    model = _model(cluster, level)
    by_version = [(spec, _offer(cluster, spec, model)) for spec in _OF_VERSIONS]
    forbidden = [*_VIOLATING[level], *(spec for spec, ruling in by_version if level in ruling.levels)]
    allowed = [*_KEEPING[level], *(spec for spec, ruling in by_version if level not in ruling.levels)]
    rulings = [_offer(cluster, spec, namespace) for spec in forbidden]
    refusals = [ruling for ruling in rulings if not ruling.is_accepted and level in ruling.levels]
    escaped = [ruling for ruling in rulings if ruling not in refusals]
    refused = [ruling for ruling in (_offer(cluster, spec, namespace) for spec in allowed) if not ruling.is_accepted]
    if not escaped and not refused:
        return passed(expected, refusals[0].text)
    labels = _labels(cluster, namespace)
    causes = _no_refusal(labels, level, knows_some=bool(refusals)) if escaped else set[str]()
    if refused:
        causes.add("refused-too-much")
    # One of each: what was let through, and what should have been.
    found = [ruling.text for ruling in (*escaped[:1], *refused[:1])]
    return failed(expected, listed([*found, _describe_labels(namespace, labels)]), _ENFORCE, MODES, causes)


@check("psa.keeps", causes=(*OF_WORKLOADS, "violates", "refused-here", "scaled-to-zero", "too-few"))
def keeps(
    cluster: Observer,
    *,
    workload: str,
    kind: Controller = "Deployment",
    namespace: str,
    level: Level,
    pods: int = 1,
) -> Finding:
    """The workload runs at least so many Pods, and they, and the next that its template makes, keep to the standard."""
    expected = Text(
        f"{kind} {workload} in {namespace} runs {pods} or more Pods; they and its template keep to {level}",
        f"{namespace} 中的 {kind} {workload} 运行至少 {pods} 个 Pod，它们和它的模板都符合 {level}",
    )
    running = running_pods(cluster, kind, workload, namespace)
    obj = cluster.get(kind, workload, namespace, version="apps/v1")
    found, causes = _of_template(cluster, obj, namespace, level) if obj else ([], set[str]())
    if isinstance(running, Trouble):
        if running.is_labs:
            return running.finding(expected, _KEEP, STANDARDS)
        return failed(expected, listed([*found, running.words]), _KEEP, STANDARDS, {*causes, *running.causes})
    if not found:
        found, causes = _of_pods(cluster, running, level)
    if len(running.pods) < pods:
        found.append(Text(f"it runs {len(running.pods)} Pods", f"它运行 {len(running.pods)} 个 Pod"))
        causes.add("too-few")
    if found:
        return failed(expected, listed(found), _KEEP, STANDARDS, causes)
    names = ", ".join(pod.name for pod in running.pods)
    return passed(expected, Text(f"they do: {names}", f"符合：{names}"))


def _of_template(
    cluster: Observer, obj: Mapping[str, Any], namespace: str, level: Level
) -> tuple[list[Text], set[str]]:
    """What is wrong with the next Pod of a workload, and its causes."""
    template = obj["spec"]["template"]
    found: list[Text] = []
    causes: set[str] = set()
    ruling = _offer(cluster, _anywhere(template["spec"]), _model(cluster, level), template.get("metadata") or {})
    if not ruling.is_accepted:
        found.append(Text(f"its template: {ruling.words}", f"它的模板：{ruling.words}"))
        causes.add("violates")
        here = _offer(cluster, template["spec"], namespace, template.get("metadata") or {})
        if not here.is_accepted and here.levels:
            causes.add("refused-here")
    if obj["spec"].get("replicas") == 0:
        causes.add("scaled-to-zero")
    return found, causes


def _of_pods(cluster: Observer, running: Pods, level: Level) -> tuple[list[Text], set[str]]:
    """Which of the Pods that run do not keep to the standard: those of an older template."""
    model = _model(cluster, level)
    rulings = [(pod, _offer(cluster, _anywhere(_again(pod.object)), model, pod.metadata)) for pod in running.pods]
    found = [
        Text(f"Pod {pod.name}: {ruling.words}", f"Pod {pod.name}：{ruling.words}")
        for pod, ruling in rulings
        if not ruling.is_accepted
    ]
    return found, {"violates"} if found else set()


def _model(cluster: Observer, level: Level) -> str:
    """A namespace of this grade that enforces the latest version of the standard."""
    return new_for_pods(cluster, {f"{_LABELS}enforce": level})


def _anywhere(spec: Spec) -> Spec:
    """A Pod that may be created in another namespace, where its account is not."""
    return {key: value for key, value in spec.items() if key not in ("serviceAccountName", "serviceAccount")}


def _no_refusal(labels: Labels, level: Level, *, knows_some: bool) -> set[str]:
    """Why a Pod that violates the standard is accepted. `knows_some`: another one is refused."""
    if knows_some:
        is_old = labels.get(f"{_LABELS}enforce-version", "latest") != "latest"
        return {"old-version" if is_old else "some-only"}
    if not labels:
        return {"no-label"}
    if f"{_LABELS}enforce" not in labels:
        return {"label-of-no-refusal"}
    return set() if labels[f"{_LABELS}enforce"] == level else {"weaker-standard"}


def _of_all(
    cluster: Observer,
    specs: Sequence[Spec],
    namespace: str,
    expected: Text,
    is_right: Callable[[Ruling], bool],
    why: Text,
    link: str,
    causes: Callable[[Ruling, Labels], set[str]],
) -> Finding:
    """Offer these Pods one after the other; the finding is of the first that is answered wrongly."""
    rulings: list[Ruling] = []
    for spec in specs:
        ruling = _offer(cluster, spec, namespace)
        if not is_right(ruling):
            labels = _labels(cluster, namespace)
            found = listed([ruling.text, _describe_labels(namespace, labels)])
            # Where another Pod was answered rightly, the standard as such is not what is missing.
            known = {"some-only"} if rulings else causes(ruling, labels)
            return failed(expected, found, why, link, known)
        rulings.append(ruling)
    return passed(expected, rulings[0].text)


def _unexplained(_ruling: Ruling, _labels: Labels) -> set[str]:
    """For a statement whose failure another one explains."""
    return set()


def _no_warning(ruling: Ruling, labels: Labels, level: Level) -> set[str]:
    """Why a Pod that violates the standard is not accepted with a warning of it."""
    if not ruling.is_accepted:
        is_warned = labels.get(f"{_LABELS}warn") == level
        refused = {"refused", "refused-though-warned"} if is_warned else {"refused"}
        return refused if ruling.levels else set()
    if ruling.levels:
        return {"stricter-standard"} if level == "baseline" and "restricted" in ruling.levels else set()
    if not labels:
        return {"no-label"}
    return set() if f"{_LABELS}warn" in labels else {"label-of-no-warning"}


def _offer(cluster: Observer, spec: Spec, namespace: str, like: Mapping[str, Any] | None = None) -> Ruling:
    """What would become of the creation of a Pod there, under a name that no rule can know.

    Args:
        like: the metadata of a Pod that this one is to have the labels and annotations of; else it has a random label.
    """
    word = cluster.draw("pod")
    if like is None:
        metadata: dict[str, Any] = {"labels": {word: word}}
        spec = {**spec, "containers": [{**container, "name": word, "image": word} for container in spec["containers"]]}
        if first := spec.get("initContainers"):
            spec["initContainers"] = [{**container, "name": f"{word}-first", "image": word} for container in first]
    else:
        metadata = {key: like[key] for key in ("labels", "annotations") if key in like}
    metadata = {**metadata, "name": word, "namespace": namespace}
    return _ruling(cluster.dry_run({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}))


def _ruling(run: DryRun) -> Ruling:
    messages = run.warnings if run.accepted else (run.message,)
    levels = frozenset(level for message in messages for level in _JUDGED_BY.findall(message))
    relevant = [message for message in messages if not run.accepted or _JUDGED_BY.search(message)]
    return Ruling(run.accepted, levels, "; ".join(relevant))


def _again(pod: Mapping[str, Any]) -> Spec:
    """A Pod as its author wrote it: without its place, and without the containers that only come later."""
    return {key: value for key, value in pod["spec"].items() if key not in ("nodeName", "ephemeralContainers")}


def _before(namespaces: Sequence[Mapping[str, Any]], name: str) -> list[Mapping[str, Any]]:
    """The namespaces but this one that are not younger: what the learner has made besides is theirs to label."""
    made = {other["metadata"]["name"]: other["metadata"].get("creationTimestamp", "") for other in namespaces}
    since = made.get(name)
    others = [other for other in namespaces if other["metadata"]["name"] != name]
    return others if since is None else [other for other in others if made[other["metadata"]["name"]] <= since]


def _alike(namespaces: Sequence[Mapping[str, Any]]) -> list[tuple[Labels, list[str]]]:
    """The labels for Pod Security that there are, each set of them with the names of its namespaces."""
    groups: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for namespace in namespaces:
        labels = namespace["metadata"].get("labels") or {}
        known = tuple(sorted((key, value) for key, value in labels.items() if key.startswith(_LABELS)))
        groups.setdefault(known, []).append(namespace["metadata"]["name"])
    return [(dict(labels), names) for labels, names in groups.items()]


def _few(names: Sequence[str], between: str) -> str:
    return between.join([*names[:_MOST], *(["..."] if names[_MOST:] else [])])


def _labels(cluster: Observer, namespace: str) -> Labels:
    """The namespace's labels for Pod Security admission."""
    labels = ((cluster.get("Namespace", namespace) or {}).get("metadata") or {}).get("labels") or {}
    return {key: value for key, value in sorted(labels.items()) if key.startswith(_LABELS)}


def _describe_labels(namespace: str, labels: Labels) -> Text:
    if not labels:
        return Text(f"namespace {namespace} has no label {_LABELS}...", f"命名空间 {namespace} 没有 {_LABELS}... 标签")
    return as_is(f"{namespace}: {', '.join(f'{key}={value}' for key, value in labels.items())}")
