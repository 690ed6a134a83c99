"""Security contexts: what the kernel lets the processes of a Pod be and become."""

from __future__ import annotations

import json
from collections.abc import Sequence

from checkers.api import Finding, Observer, Text, check
from checkers.kit import each
from checkers.kit.capabilities import DEFAULT, added_by, dropped_by, in_words
from checkers.kit.each import Judged, Statement, of_each
from checkers.kit.pod import Kind
from checkers.kit.processes import Process
from checkers.kit.text import as_is
from checkers.kit.workload import CAUSES, Workload

LINK = "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"

_USERS = Text(
    "A container without its own ids runs as its image says, which mostly means root.",
    "没有指定 id 的容器按镜像的设定运行，多数情况下就是 root。",
)
_ESCALATION = Text(
    "Where nothing is set, escalation is allowed: a setuid program then makes its user root.",
    "不设置就等于允许提权：setuid 程序会让执行者成为 root。",
)
_ROOT = Text(
    "Root in a container is root on the node as soon as something lets it out; `runAsNonRoot` makes the kubelet refuse "
    "to start what would be root.",
    "容器中的 root 一旦逃出容器，就是节点上的 root；有了 `runAsNonRoot`，kubelet 会拒绝启动以 root 运行的容器。",
)
_CAPABILITIES = Text(
    "Each capability is a part of what root may do. What a program does not need serves only whoever breaks into it.",
    "每个 capability 都是 root 权力的一部分。程序不需要的，只会被攻入者利用。",
)


@check(
    "security_context.identity",
    causes=(*CAUSES, *each.CAUSES, "group-unset", "other-container-without", "of-pod", "inherited"),
)
def identity(
    cluster: Observer,
    *,
    workload: str,
    kind: Workload = "Deployment",
    namespace: str = "default",
    user: int,
    group: int,
    containers: Sequence[str] = (),
) -> Finding:
    """Every container of the workload, or each of those that are named, runs as this user and this group."""
    who = _who(kind, workload, containers)
    all_zh = "" if containers else "都"
    expected = Text(
        f"{who.en} runs as user {user} and group {group}", f"{who.zh}{all_zh}以用户 {user}、组 {group} 运行"
    )

    def causes(right: Sequence[Judged], wrong: Sequence[Judged]) -> set[str]:
        found = set()
        # Of what has ended and named none, the group is not known.
        is_unset = all(_setting(judged, "runAsGroup") is None and not judged.process.group for judged in wrong)
        if is_unset and all(judged.process.user == user for judged in wrong):
            found.add("group-unset")
        is_of_container = any(_context(judged).get("runAsUser") == user for judged in right)
        if is_of_container and not any(_context(judged) for judged in wrong):
            found.add("other-container-without")
        if all(_is_overridden(judged, user, group) for judged in wrong):
            found.add("of-pod")
        if all(_is_inherited(judged) for judged in wrong):
            found.add("inherited")
        return found

    def is_right(judged: Judged) -> bool:
        return (judged.process.user, judged.process.group) == (user, group)

    statement = Statement(expected, _USERS, LINK, is_right, _ids, causes, containers)
    return of_each(cluster, kind, workload, namespace, statement)


def _is_overridden(judged: Judged, user: int, group: int) -> bool:
    """The Pod asks for these ids, and the container for others."""
    shared, context = judged.pod.spec.get("securityContext") or {}, _context(judged)
    wanted = {"runAsUser": user, "runAsGroup": group}
    is_of_pod = all(shared.get(field) == number for field, number in wanted.items())
    return is_of_pod and any(context.get(field, number) != number for field, number in wanted.items())


def _is_inherited(judged: Judged) -> bool:
    """The Pod asks for both ids, and the container for none."""
    shared, context, fields = (
        judged.pod.spec.get("securityContext") or {},
        _context(judged),
        ("runAsUser", "runAsGroup"),
    )
    return all(field in shared for field in fields) and not any(field in context for field in fields)


@check("security_context.no_escalation", causes=(*CAUSES, *each.CAUSES, "escalation-unset"))
def no_escalation(
    cluster: Observer, *, workload: str, kind: Workload = "Deployment", namespace: str = "default"
) -> Finding:
    """No container of the workload can gain more privileges than it was begun with."""
    who = _who(kind, workload)
    expected = Text(f"NoNewPrivs is 1 in {who.en}", f"{who.zh}中 NoNewPrivs 都为 1")

    def causes(_right: Sequence[Judged], wrong: Sequence[Judged]) -> set[str]:
        lasting = [judged for judged in wrong if judged.container.kind is not Kind.EPHEMERAL]
        is_unset = any(_setting(judged, "allowPrivilegeEscalation") is None for judged in lasting)
        return {"escalation-unset"} if is_unset else set()

    def is_right(judged: Judged) -> bool:
        return judged.process.no_new_privileges

    def describe(judged: Judged) -> Text:
        return _new_privileges(judged.process)

    statement = Statement(expected, _ESCALATION, LINK, is_right, describe, causes)
    return of_each(cluster, kind, workload, namespace, statement)


@check("security_context.not_root", causes=(*CAUSES, *each.CAUSES, "root-by-container", "some-containers"))
def not_root(cluster: Observer, *, workload: str, kind: Workload = "Deployment", namespace: str = "default") -> Finding:
    """No container of the workload runs as root."""
    who = _who(kind, workload)
    expected = Text(f"{who.en} runs as another user than root", f"{who.zh}都以 root 以外的用户运行")

    def is_right(judged: Judged) -> bool:
        user = judged.process.user
        # Of what has ended without a user of its own, the kubelet has made sure, if it was asked to.
        return _setting(judged, "runAsNonRoot") is True if user is None else user != 0

    def causes(right: Sequence[Judged], wrong: Sequence[Judged]) -> set[str]:
        found = {"some-containers"} if right else set()
        if all(_context(judged).get("runAsUser") == 0 for judged in wrong):
            found.add("root-by-container")
        return found

    return of_each(cluster, kind, workload, namespace, Statement(expected, _ROOT, LINK, is_right, _ids, causes))


@check(
    "security_context.forbids_root", causes=(*CAUSES, *each.CAUSES, "requirement-off-in-container", "requirement-gone")
)
def forbids_root(
    cluster: Observer, *, workload: str, kind: Workload = "Deployment", namespace: str = "default"
) -> Finding:
    """Every container of the workload runs, and its node would refuse to start it as root."""
    who = _who(kind, workload)
    expected = Text(f"`runAsNonRoot` is true for {who.en}", f"{who.zh}的 `runAsNonRoot` 都为 true")

    def is_right(judged: Judged) -> bool:
        return _setting(judged, "runAsNonRoot") is True

    def describe(judged: Judged) -> Text:
        return as_is(f"runAsNonRoot: {json.dumps(_setting(judged, 'runAsNonRoot'))}")

    def causes(_right: Sequence[Judged], wrong: Sequence[Judged]) -> set[str]:
        is_off = [_context(judged).get("runAsNonRoot") is False for judged in wrong]
        found = {"requirement-off-in-container"} if any(is_off) else set()
        return found if all(is_off) else {*found, "requirement-gone"}

    return of_each(cluster, kind, workload, namespace, Statement(expected, _ROOT, LINK, is_right, describe, causes))


@check(
    "security_context.capabilities",
    causes=(
        *CAUSES,
        *each.CAUSES,
        "some-containers",
        "init-container-left",
        "privileged",
        "none-dropped",
        "some-dropped",
        "added",
        "pods-left",
    ),
)
def capabilities(
    cluster: Observer,
    *,
    workload: str,
    kind: Workload = "Deployment",
    namespace: str = "default",
    allowed: Sequence[str] = (),
    apart_from: Sequence[str] = (),
) -> Finding:
    """No container of the workload, but for those in `apart_from`, has or could come to have other capabilities.

    `allowed` are names without `CAP_`; `DEFAULT` among them means those of a container that asks for nothing. What the
    next Pods will be made from counts as well.
    """
    who = _but(_who(kind, workload), apart_from)
    named = ", ".join(allowed)
    limit = Text(f"at most {named}", f"至多 {named}") if allowed else Text("none", "无")
    expected = Text(f"capabilities of {who.en}: {limit.en}", f"{who.zh}的 capabilities：{limit.zh}")
    within = {*allowed, *(DEFAULT if "DEFAULT" in allowed else ())}

    def is_right(judged: Judged) -> bool:
        return not _context(judged).get("privileged") and judged.process.capabilities <= within

    def describe(judged: Judged) -> Text:
        return _held(judged)

    def causes(right: Sequence[Judged], wrong: Sequence[Judged]) -> set[str]:
        found = {_excess(judged) for judged in wrong}
        found = found if len(found) == 1 else set()
        if any(not judged.of_template for judged in right):
            found.add("some-containers")
        if any(judged.of_template for judged in right) and not any(judged.of_template for judged in wrong):
            found.add("pods-left")
        if all(judged.container.kind is Kind.INIT for judged in wrong):
            found.add("init-container-left")
        return found

    statement = Statement(
        expected, _CAPABILITIES, LINK, is_right, describe, causes, apart_from=apart_from, with_template=True
    )
    return of_each(cluster, kind, workload, namespace, statement)


def _excess(judged: Judged) -> str:
    """How a container came to have more than it should, as a cause."""
    context = _context(judged)
    dropped = dropped_by(context)
    if context.get("privileged"):
        return "privileged"
    if "ALL" in dropped or added_by(context) - DEFAULT:
        return "added"
    return "some-dropped" if dropped else "none-dropped"


def _held(judged: Judged) -> Text:
    held = in_words(judged.process.capabilities)
    words = Text(f"capabilities {held or 'none'}", f"capabilities {held or '无'}")
    if not _context(judged).get("privileged"):
        return words
    return Text(f"privileged, {words.en}", f"特权，{words.zh}")


def _but(who: Text, apart_from: Sequence[str]) -> Text:
    if not apart_from:
        return who
    names = ", ".join(apart_from)
    return Text(f"{who.en} but {names}", f"{who.zh}（{names} 除外）")


def _who(kind: Workload, workload: str, containers: Sequence[str] = ()) -> Text:
    """The containers that a statement is about."""
    if not containers:
        return Text(f"every container of {kind} {workload}", f"{kind} {workload} 的每个容器")
    names = ", ".join(containers)
    return Text(f"container {names} of {kind} {workload}", f"{kind} {workload} 的容器 {names} ")


def _setting(judged: Judged, field: str) -> object:
    return judged.pod.setting(judged.container, field)


def _context(judged: Judged) -> dict[str, object]:
    """The container's own security context."""
    return judged.container.spec.get("securityContext") or {}


def _ids(judged: Judged) -> Text:
    user, group = _number(judged.process.user), _number(judged.process.group)
    return Text(f"user {user.en}, group {group.en}", f"用户 {user.zh}，组 {group.zh}")


def _new_privileges(process: Process) -> Text:
    value = int(process.no_new_privileges)
    if process.from_kernel:
        return Text(f"NoNewPrivs {value}", f"NoNewPrivs {value}")
    value_en = "false" if process.no_new_privileges else "not false"
    value_zh = "false" if process.no_new_privileges else "不是 false"
    return Text(f"allowPrivilegeEscalation is {value_en}", f"allowPrivilegeEscalation 为 {value_zh}")


def _number(value: int | None) -> Text:
    return Text("not set", "未设置") if value is None else Text(str(value), str(value))
