"""Pod Security admission: what the API server says of a Pod that does not keep to a standard.

A namespace's labels are read only to name them to the learner: Pods are offered with a dry run, and what the
API server answers decides. So a pinned version, other labels and a cluster-wide default are judged by what they do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from checkers.api import Finding, Observer, Text, check, failed, passed
from checkers.kit.namespaces import is_of_a_grade, new_for_pods
from checkers.kit.pod_security import (
    KEEPING,
    LABELS,
    OF_VERSIONS,
    STANDARDS,
    VIOLATING,
    Labels,
    Level,
    Ruling,
    Spec,
    describe_labels,
    enforcing,
    labels_of,
    offer,
)
from checkers.kit.static_pods import kubelet, manifests
from checkers.kit.text import as_is, listed
from checkers.kit.trouble import Trouble, absent
from checkers.kit.workload import CAUSES as OF_WORKLOADS
from checkers.kit.workload import Pods, running_pods

MODES = (
    "https://kubernetes.io/docs/concepts/security/pod-security-admission/#pod-security-admission-labels-for-namespaces"
)

DEFAULTS = "https://kubernetes.io/docs/tasks/configure-pod-container/enforce-standards-admission-controller/"
_FLAG = "--admission-control-config-file"
_CONTROLLERS = tuple(
    f"system:serviceaccount:kube-system:{name}-controller" for name in ("replicaset", "daemon-set", "job")
)
"""Who creates the Pods of workloads."""
Controller = Literal["Deployment", "StatefulSet", "DaemonSet"]

# How many namespaces a finding names.
_MOST = 8
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
_DEFAULT = Text(
    "A namespace without labels is held against what the API server's AdmissionConfiguration says, and without that "
    "against nothing; what is exempt there is held against nothing either.",
    "没有标签的命名空间按 API 服务器的 AdmissionConfiguration 检查，没有该配置就不做任何检查；其中豁免的也不做检查。",
)
_SILENT = Text(
    "The mode `audit` writes to the audit log alone: `warn` tells whoever sends the request, `enforce` refuses it.",
    "`audit` 模式只写入审计日志：`warn` 会告知发出请求的人，`enforce` 会拒绝请求。",
)
_KEEP = Text(
    "Admission judges a Pod when it is created: what runs from before goes on, and the next one is refused.",
    "准入在创建 Pod 时进行检查：之前已在运行的会继续运行，而下一个会被拒绝。",
)


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
        VIOLATING[level],
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
    probes = (*VIOLATING["baseline"], *VIOLATING["restricted"])
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
        KEEPING[level],
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
        if level in offer(cluster, VIOLATING[level][0], names[0]).levels:
            judging |= dict.fromkeys(names, labels)
    others = sorted(name for _, names in alike for name in names)
    if not judging:
        return passed(expected, Text(f"none of {_few(others, ', ')}", f"{_few(others, '、')} 均没有"))
    labelled = [describe_labels(name, judging[name]) for name in sorted(judging)[:_MOST]]
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
    ruling = offer(cluster, _again(obj), namespace, obj["metadata"])
    if ruling.is_accepted and level in ruling.levels:
        return passed(expected, ruling.text)
    # Where others are warned about and this Pod is not, it keeps to the standard.
    keeps_to_it = ruling.is_accepted and level in offer(cluster, VIOLATING[level][0], namespace).levels
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
    forbidden, allowed = _by_standard(cluster, level)
    rulings = [offer(cluster, spec, namespace) for spec in forbidden]
    refusals = [ruling for ruling in rulings if _is_refusal(ruling, level)]
    escaped = [ruling for ruling in rulings if ruling not in refusals]
    refused = [ruling for ruling in (offer(cluster, spec, namespace) for spec in allowed) if not ruling.is_accepted]
    if not escaped and not refused:
        return passed(expected, refusals[0].text)
    labels = labels_of(cluster, namespace)
    causes = _no_refusal(labels, level, knows_some=bool(refusals)) if escaped else set[str]()
    if refused:
        causes.add("refused-too-much")
    # One of each: what was let through, and what should have been.
    found = [ruling.text for ruling in (*escaped[:1], *refused[:1])]
    return failed(expected, listed([*found, describe_labels(namespace, labels)]), _ENFORCE, MODES, causes)


@check(
    "psa.enforces_by_default",
    causes=(
        "no-default",
        "file-without-default",
        "labelled",
        "only-warned",
        "other-standard",
        "some-users",
        "some-only",
        "refused-too-much",
    ),
)
def enforces_by_default(cluster: Observer, *, level: Level) -> Finding:
    """In a namespace made afterwards, without any label, the same is refused, whoever creates the Pod."""
    expected = Text(
        f"Pods that violate {level} are refused in a namespace that is made afterwards and has no label, whoever "
        "creates them; others are accepted",
        f"在之后新建的、没有标签的命名空间中，无论由谁创建，违反 {level} 的 Pod 都被拒绝，其他 Pod 被接受",
    )
    namespace = new_for_pods(cluster, {})
    forbidden, allowed = _by_standard(cluster, level)
    rulings = [offer(cluster, spec, namespace) for spec in forbidden]
    by_users = {
        user: offer(cluster, forbidden[0], namespace, user=user) for user in (cluster.draw("user"), *_CONTROLLERS)
    }
    escaped = [ruling for ruling in rulings if not _is_refusal(ruling, level)]
    let_through = {user: ruling for user, ruling in by_users.items() if not _is_refusal(ruling, level)}
    refused = [ruling for ruling in (offer(cluster, spec, namespace) for spec in allowed) if not ruling.is_accepted]
    if not (escaped or let_through or refused):
        return passed(expected, rulings[0].text)
    found = [ruling.text for ruling in (*escaped[:1], *refused[:1])]
    found += [_by_whom(user, ruling) for user, ruling in let_through.items() if not escaped]
    causes = {"refused-too-much"} if refused else set[str]()
    if _is_refusal(rulings[0], level) != (not let_through) or 0 < len(let_through) < len(by_users):
        causes.add("some-users")
    elif escaped and len(escaped) < len(rulings):
        causes.add("some-only")
    elif escaped:
        causes |= _no_default(cluster, escaped[0], level)
    return failed(expected, listed(found), _DEFAULT, DEFAULTS, causes)


@check("psa.silent", causes=("refused", "warned"))
def silent(cluster: Observer, *, namespace: str) -> Finding:
    """Whatever standard a Pod violates, it is accepted in the namespace, and nobody is warned of it."""
    expected = Text(
        f"whatever a Pod violates, it is accepted in namespace {namespace} without a warning",
        f"无论 Pod 违反什么，它在命名空间 {namespace} 中都被接受，没有警告",
    )
    return _of_all(
        cluster,
        (*VIOLATING["baseline"], *VIOLATING["restricted"]),
        namespace,
        expected,
        lambda ruling: ruling.is_accepted and not ruling.levels,
        _SILENT,
        MODES,
        lambda ruling, _: {"warned"} if ruling.is_accepted else {"refused"} if ruling.levels else set(),
    )


@check("psa.keeps", causes=(*OF_WORKLOADS, "violates", "refused-here", "too-few"))
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
    ruling = offer(cluster, _anywhere(template["spec"]), enforcing(cluster, level), template.get("metadata") or {})
    if not ruling.is_accepted:
        found.append(Text(f"its template: {ruling.words}", f"它的模板：{ruling.words}"))
        causes.add("violates")
        here = offer(cluster, template["spec"], namespace, template.get("metadata") or {})
        if not here.is_accepted and here.levels:
            causes.add("refused-here")
    if obj["spec"].get("replicas") == 0:
        causes.add("scaled-to-zero")
    return found, causes


def _of_pods(cluster: Observer, running: Pods, level: Level) -> tuple[list[Text], set[str]]:
    """Which of the Pods that run do not keep to the standard: those of an older template."""
    model = enforcing(cluster, level)
    rulings = [(pod, offer(cluster, _anywhere(_again(pod.object)), model, pod.metadata)) for pod in running.pods]
    found = [
        Text(f"Pod {pod.name}: {ruling.words}", f"Pod {pod.name}：{ruling.words}")
        for pod, ruling in rulings
        if not ruling.is_accepted
    ]
    return found, {"violates"} if found else set()


def _anywhere(spec: Spec) -> Spec:
    """A Pod that may be created in another namespace, where its account is not."""
    return {key: value for key, value in spec.items() if key not in ("serviceAccountName", "serviceAccount")}


def _by_standard(cluster: Observer, level: Level) -> tuple[Sequence[Spec], Sequence[Spec]]:
    """Pods that the newest version of the standard forbids, and Pods that it allows."""
    model = enforcing(cluster, level)
    by_version = [(spec, offer(cluster, spec, model)) for spec in OF_VERSIONS]
    forbidden = [*VIOLATING[level], *(spec for spec, ruling in by_version if level in ruling.levels)]
    allowed = [*KEEPING[level], *(spec for spec, ruling in by_version if level not in ruling.levels)]
    return forbidden, allowed


def _is_refusal(ruling: Ruling, level: Level) -> bool:
    """Whether it is by this standard."""
    return not ruling.is_accepted and level in ruling.levels


def _no_default(cluster: Observer, ruling: Ruling, level: Level) -> set[str]:
    """Why no Pod that violates the standard is refused by it in a namespace without labels."""
    if ruling.levels:
        return {"only-warned" if ruling.is_accepted and level in ruling.levels else "other-standard"}
    if any(manifest.flag(_FLAG) for manifest in manifests(cluster, kubelet(cluster).folder).manifests):
        return {"file-without-default"}
    learners = [namespace["metadata"] for namespace in cluster.list("Namespace") if not is_of_a_grade(namespace)]
    is_labelled = any((metadata.get("labels") or {}).get(f"{LABELS}enforce") == level for metadata in learners)
    return {"no-default", "labelled"} if is_labelled else {"no-default"}


def _by_whom(user: str, ruling: Ruling) -> Text:
    return Text(f"created by {user}: {ruling.text.en}", f"由 {user} 创建：{ruling.text.zh}")


def _no_refusal(labels: Labels, level: Level, *, knows_some: bool) -> set[str]:
    """Why a Pod that violates the standard is accepted. `knows_some`: another one is refused."""
    if knows_some:
        is_old = labels.get(f"{LABELS}enforce-version", "latest") != "latest"
        return {"old-version" if is_old else "some-only"}
    if not labels:
        return {"no-label"}
    if f"{LABELS}enforce" not in labels:
        return {"label-of-no-refusal"}
    return set() if labels[f"{LABELS}enforce"] == level else {"weaker-standard"}


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
        ruling = offer(cluster, spec, namespace)
        if not is_right(ruling):
            labels = labels_of(cluster, namespace)
            found = listed([ruling.text, describe_labels(namespace, labels)])
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
        is_warned = labels.get(f"{LABELS}warn") == level
        refused = {"refused", "refused-though-warned"} if is_warned else {"refused"}
        return refused if ruling.levels else set()
    if ruling.levels:
        return {"stricter-standard"} if level == "baseline" and "restricted" in ruling.levels else set()
    if not labels:
        return {"no-label"}
    return set() if f"{LABELS}warn" in labels else {"label-of-no-warning"}


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
        known = tuple(sorted((key, value) for key, value in labels.items() if key.startswith(LABELS)))
        groups.setdefault(known, []).append(namespace["metadata"]["name"])
    return [(dict(labels), names) for labels, names in groups.items()]


def _few(names: Sequence[str], between: str) -> str:
    return between.join([*names[:_MOST], *(["..."] if names[_MOST:] else [])])
