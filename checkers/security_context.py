"""Security contexts: what the kernel lets the processes of a Pod be and become."""

from __future__ import annotations

from collections.abc import Callable

from checkers.api import Finding, Observer, Text, check, failed, passed
from checkers.processes import Process, first_process
from checkers.trouble import Trouble, running_pod
from checkers.words import listed, of_container

LINK = "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"

_USERS = Text(
    "A container without its own ids runs as its image says, which mostly means root.",
    "没有指定 id 的容器按镜像的设定运行，多数情况下就是 root。",
)
_GROUPS = Text(
    "fsGroup is what makes a volume belong to a group that each container of the Pod is a member of.",
    "fsGroup 使卷归属于一个组，而 Pod 的每个容器都是该组的成员。",
)
_ESCALATION = Text(
    "Where nothing is set, escalation is allowed: a setuid program then makes its user root.",
    "不设置就等于允许提权：setuid 程序会让执行者成为 root。",
)

Judge = Callable[[Process], bool]
Describe = Callable[[Process], Text]


@check("security_context.identity")
def identity(lab: Observer, *, pod: str, namespace: str = "default", user: int, group: int) -> Finding:
    """Every container of the Pod runs as this user and this group."""
    expected = Text(
        f"every container of Pod {pod} runs as user {user} and group {group}",
        f"Pod {pod} 的每个容器都以用户 {user}、组 {group} 运行",
    )
    return _of_each(
        lab, pod, namespace, expected, _USERS, lambda process: (process.user, process.group) == (user, group), _ids
    )


@check("security_context.group")
def supplementary_group(lab: Observer, *, pod: str, namespace: str = "default", group: int) -> Finding:
    """Every container of the Pod has this group beside its first one."""
    expected = Text(
        f"every container of Pod {pod} is a member of group {group}",
        f"Pod {pod} 的每个容器都是组 {group} 的成员",
    )
    return _of_each(lab, pod, namespace, expected, _GROUPS, lambda process: group in process.groups, _groups)


@check("security_context.no_escalation")
def no_escalation(lab: Observer, *, pod: str, namespace: str = "default") -> Finding:
    """No container of the Pod can gain more privileges than it was begun with."""
    expected = Text(
        f"NoNewPrivs is 1 in every container of Pod {pod}",
        f"Pod {pod} 的每个容器中 NoNewPrivs 都为 1",
    )
    return _of_each(
        lab, pod, namespace, expected, _ESCALATION, lambda process: process.no_new_privileges, _new_privileges
    )


def _of_each(
    lab: Observer, name: str, namespace: str, expected: Text, why: Text, is_right: Judge, describe: Describe
) -> Finding:
    """Judge the first process of every container; where some are wrong, only those are told."""
    pod = running_pod(lab, name, namespace)
    if isinstance(pod, Trouble):
        return pod.finding(expected, why, LINK)
    seen = [(own, first_process(lab, pod, own)) for own in pod.judged]
    wrong = [(own, process) for own, process in seen if not is_right(process)]
    found = listed(of_container(own, describe(process)) for own, process in wrong or seen)
    return failed(expected, found, why, LINK) if wrong else passed(expected, found)


def _ids(process: Process) -> Text:
    return Text(
        f"user {_number(process.user).en}, group {_number(process.group).en}",
        f"用户 {_number(process.user).zh}，组 {_number(process.group).zh}",
    )


def _groups(process: Process) -> Text:
    numbers = ", ".join(str(group) for group in sorted(process.groups))
    return Text(f"groups {numbers or 'none'}", f"附加组 {numbers or '无'}")


def _new_privileges(process: Process) -> Text:
    value = int(process.no_new_privileges)
    if process.from_kernel:
        return Text(f"NoNewPrivs {value}", f"NoNewPrivs {value}")
    asked = "false" if process.no_new_privileges else "not false"
    asked_zh = "false" if process.no_new_privileges else "不是 false"
    return Text(f"allowPrivilegeEscalation is {asked}", f"allowPrivilegeEscalation 为 {asked_zh}")


def _number(value: int | None) -> Text:
    return Text("not set", "未设置") if value is None else Text(str(value), str(value))
