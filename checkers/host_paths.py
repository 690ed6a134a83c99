"""Pods without directories of their node, by a constraint of Gatekeeper: what it refuses, and what was repaired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from checkers.admission import CAUSES, LINKS, Rules
from checkers.api import Finding, LabBroken, Observer, Refused, Text, Verdict, check, failed, passed
from checkers.host import apart
from checkers.kit.namespaces import new_for_pods
from checkers.kit.text import listed
from checkers.kit.workload import CAUSES as OF_WORKLOADS
from checkers.kit.workload import Workload
from checkers.workloads import answers

AUDIT = "https://open-policy-agent.github.io/gatekeeper/website/docs/audit/"

_ENFORCED = Text(
    "An audit only counts what violates a rule; what it counts is stopped when the constraint's action is to deny.",
    "审计只统计违规；只有约束的动作是拒绝时，违规才会被阻止。",
)
_REPAIRED = Text(
    "What violates a rule that is enforced goes on running, and is refused the next time that its Pods are made.",
    "违反已强制执行的规则的工作负载会继续运行，而下一次创建它的 Pod 时就会被拒绝。",
)
_WORK = Text(
    "A rule that breaks what people need is taken back by them.",
    "破坏了人们所需的规则，会被他们改回去。",
)


@check("host_paths.refused", causes=CAUSES | {"later-namespaces"})
def refused(cluster: Observer, *, namespaces: Sequence[str]) -> Finding:
    """A constraint refuses Pods with a `hostPath`, and no others, in these namespaces and in one made afterwards."""
    expected = Text(
        f"a constraint refuses Pods with a hostPath in {', '.join(namespaces)} and in a namespace made afterwards, and "
        "no others",
        f"约束在 {'、'.join(namespaces)} 以及以后新建的命名空间中拒绝带有 hostPath 的 Pod，其他 Pod 不受影响",
    )
    rules = Rules(cluster, "constraint")
    if trouble := rules.trouble():
        return trouble.finding(expected, _ENFORCED, LINKS["constraint"])
    word = cluster.draw("label")
    try:
        later = new_for_pods(cluster, {word: word})
    except Refused as error:
        return failed(expected, error.words, _ENFORCED, LINKS["constraint"], {"refused-too-much"})
    path, what = f"/var/{cluster.draw('path')}", Text("a Pod", "Pod")
    probes = []
    for namespace in (*namespaces, later):
        for source, wanted in (({"hostPath": {"path": path}}, False), ({"emptyDir": {}}, True)):
            subject = f"hostPath {path}" if "hostPath" in source else "emptyDir"
            probes.append(rules.ask(subject, what, _pod(cluster, namespace, source), wanted=wanted))
    escaped = {probe.namespace for probe in probes if probe.has_escaped}
    return rules.finding(probes, expected, _ENFORCED, {"later-namespaces"} if escaped == {later} else ())


@check(
    "host_paths.repaired",
    causes=(*OF_WORKLOADS, "host-path", "host-path-read-only", "template-violates", "refused-now"),
)
def repaired(cluster: Observer, *, workloads: Sequence[str]) -> Finding:
    """Each of these workloads (`NAMESPACE/KIND/NAME`) runs without a directory of its node; its next Pods will, too."""
    expected = Text(
        f"{', '.join(workloads)} run, and none of them has a directory of its node",
        f"{'、'.join(workloads)} 都在运行，且都没有挂载节点的目录",
    )
    found: list[Text] = []
    causes: set[str] = set()
    for workload in workloads:
        namespace, kind, name = _parts(workload)
        finding = apart(cluster, workload=name, kind=kind, namespace=namespace, shares="files")
        if finding.verdict is Verdict.BROKEN:
            raise LabBroken(finding.found)
        if finding.verdict is not Verdict.PASS:
            found.append(Text(f"{workload}: {finding.found.en}", f"{workload}：{finding.found.zh}"))
            causes |= finding.causes
        template = _template(cluster, kind, name, namespace)
        if template and any("hostPath" in volume for volume in template["spec"].get("volumes") or ()):
            causes.add("template-violates")
            found.append(Text(f"the template of {workload} has a hostPath", f"{workload} 的模板中有 hostPath"))
            ruling = Rules(cluster, "constraint").ask(workload, Text("", ""), template, wanted=False).ruling
            if ruling.refusers:
                causes.add("refused-now")
                found.append(ruling.text)
    if found:
        return failed(expected, listed(found), _REPAIRED, AUDIT, causes)
    return passed(expected, Text("they do", "符合"))


@check("host_paths.working", causes=(*OF_WORKLOADS, "no-answer"))
def working(cluster: Observer, *, workloads: Sequence[str], port: int) -> Finding:
    """Each Pod of each of these workloads (`NAMESPACE/KIND/NAME`) answers an HTTP request on this port."""
    expected = Text(
        f"each Pod of {', '.join(workloads)} answers on port {port}",
        f"{'、'.join(workloads)} 的每个 Pod 都在端口 {port} 上应答",
    )
    findings = {workload: _answers(cluster, workload, port) for workload in workloads}
    if broken := next((each for each in findings.values() if each.verdict is Verdict.BROKEN), None):
        raise LabBroken(broken.found)
    wrong = {workload: each for workload, each in findings.items() if each.verdict is not Verdict.PASS}
    if wrong:
        found = [Text(f"{name}: {each.found.en}", f"{name}：{each.found.zh}") for name, each in wrong.items()]
        return failed(
            expected, listed(found), _WORK, AUDIT, {cause for each in wrong.values() for cause in each.causes}
        )
    return passed(expected, listed(each.found for each in findings.values()))


def _answers(cluster: Observer, workload: str, port: int) -> Finding:
    namespace, kind, name = _parts(workload)
    return answers(cluster, workload=name, kind=kind, namespace=namespace, port=port)


def _parts(workload: str) -> tuple[str, Workload, str]:
    """Namespace, kind and name of `NAMESPACE/KIND/NAME`."""
    namespace, written, name = workload.split("/")
    kind: Workload = next(known for known in get_args(Workload) if known == written)
    return namespace, kind, name


def _template(cluster: Observer, kind: Workload, name: str, namespace: str) -> dict[str, Any] | None:
    """The next Pod of a workload, as its controller would make it."""
    obj = cluster.get(kind, name, namespace, version="apps/v1")
    if obj is None:
        return None
    template = obj["spec"]["template"]
    labels = (template.get("metadata") or {}).get("labels") or {}
    metadata = {"name": cluster.draw("pod"), "namespace": namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def _pod(cluster: Observer, namespace: str, source: Mapping[str, Any]) -> dict[str, Any]:
    """A Pod with one volume."""
    word = cluster.draw("pod")
    spec = {"containers": [{"name": word, "image": word}], "volumes": [{"name": word, **source}]}
    metadata = {"name": word, "namespace": namespace, "labels": {word: word}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
