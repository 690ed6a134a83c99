"""Security contexts: what the kernel lets the processes of a Pod be and become."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from checkers.api import Finding, Observer, Text, check, failed, passed
from checkers.kit.pod import Container, Kind, Pod
from checkers.kit.processes import Process, first_process
from checkers.kit.text import listed, of_container
from checkers.kit.trouble import CAUSES, of_running_pod

LINK = "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"

_USERS = Text(
    "A container without its own ids runs as its image says, which mostly means root.",
    "没有指定 id 的容器按镜像的设定运行，多数情况下就是 root。",
)
_ESCALATION = Text(
    "Where nothing is set, escalation is allowed: a setuid program then makes its user root.",
    "不设置就等于允许提权：setuid 程序会让执行者成为 root。",
)
_EPHEMERAL = Text(
    "an ephemeral container cannot be changed or taken out of its Pod, so only a new Pod is without it: delete this "
    "one and create it anew",
    "临时容器无法更改，也无法从 Pod 中移除，只有新的 Pod 中才没有它：请删除这个 Pod 并重新创建",
)

Containers = Sequence[tuple[Container, Process]]
Judge = Callable[[Process], bool]
Describe = Callable[[Process], Text]
Causes = Callable[[Pod, Containers, Containers], set[str]]
"""What is wrong for certain, by the containers that are right and those that are not."""


@check("security_context.identity", causes=(*CAUSES, "group-unset", "other-container-without"))
def identity(cluster: Observer, *, pod: str, namespace: str = "default", user: int, group: int) -> Finding:
    """Every container of the Pod runs as this user and this group."""
    expected = Text(
        f"every container of Pod {pod} runs as user {user} and group {group}",
        f"Pod {pod} 的每个容器都以用户 {user}、组 {group} 运行",
    )

    def causes(pod: Pod, right: Containers, wrong: Containers) -> set[str]:
        found = set()
        is_unset = all(
            pod.setting(container, "runAsGroup") is None and process.group == 0 for container, process in wrong
        )
        if is_unset and all(process.user == user for _, process in wrong):
            found.add("group-unset")
        is_of_container = any(
            (container.spec.get("securityContext") or {}).get("runAsUser") == user for container, _ in right
        )
        if is_of_container and not any(container.spec.get("securityContext") for container, _ in wrong):
            found.add("other-container-without")
        return found

    def is_right(process: Process) -> bool:
        return (process.user, process.group) == (user, group)

    return _of_each(cluster, pod, namespace, expected, _USERS, is_right, _ids, causes)


@check("security_context.no_escalation", causes=(*CAUSES, "escalation-unset", "ephemeral-container"))
def no_escalation(cluster: Observer, *, pod: str, namespace: str = "default") -> Finding:
    """No container of the Pod can gain more privileges than it was begun with."""
    expected = Text(
        f"NoNewPrivs is 1 in every container of Pod {pod}",
        f"Pod {pod} 的每个容器中 NoNewPrivs 都为 1",
    )

    def causes(pod: Pod, _right: Containers, wrong: Containers) -> set[str]:
        lasting = [container for container, _ in wrong if container.kind is not Kind.EPHEMERAL]
        if not lasting:
            return {"ephemeral-container"}
        is_unset = any(pod.setting(container, "allowPrivilegeEscalation") is None for container in lasting)
        return {"escalation-unset"} if is_unset else set()

    def is_right(process: Process) -> bool:
        return process.no_new_privileges

    return _of_each(cluster, pod, namespace, expected, _ESCALATION, is_right, _new_privileges, causes)


def _of_each(
    cluster: Observer,
    name: str,
    namespace: str,
    expected: Text,
    why: Text,
    is_right: Judge,
    describe: Describe,
    causes: Causes,
) -> Finding:
    """Judge the first process of every container; where some are wrong, the finding has only those."""

    def judge(pod: Pod) -> Finding:
        processes = [(container, first_process(cluster, pod, container)) for container in pod.judged]
        wrong = [(container, process) for container, process in processes if not is_right(process)]
        found = listed(of_container(container, describe(process)) for container, process in wrong or processes)
        if not wrong:
            return passed(expected, found)
        if any(container.kind is Kind.EPHEMERAL for container, _ in wrong):
            found = listed([found, _EPHEMERAL])
        right = [(container, process) for container, process in processes if is_right(process)]
        return failed(expected, found, why, LINK, causes(pod, right, wrong))

    return of_running_pod(cluster, name, namespace, judge, expected, why, LINK)


def _ids(process: Process) -> Text:
    return Text(
        f"user {_number(process.user).en}, group {_number(process.group).en}",
        f"用户 {_number(process.user).zh}，组 {_number(process.group).zh}",
    )


def _new_privileges(process: Process) -> Text:
    value = int(process.no_new_privileges)
    if process.from_kernel:
        return Text(f"NoNewPrivs {value}", f"NoNewPrivs {value}")
    value_en = "false" if process.no_new_privileges else "not false"
    value_zh = "false" if process.no_new_privileges else "不是 false"
    return Text(f"allowPrivilegeEscalation is {value_en}", f"allowPrivilegeEscalation 为 {value_zh}")


def _number(value: int | None) -> Text:
    return Text("not set", "未设置") if value is None else Text(str(value), str(value))
