"""Seccomp: the filters that keep processes from asking the kernel for some things."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checkers.api import Finding, NoObservation, NotSeen, Observer, Ran, Text, check, failed, passed
from checkers.kit import each
from checkers.kit.each import Judged, Statement, of_each
from checkers.kit.pod import Container, Pod
from checkers.kit.runtime import inspect
from checkers.kit.text import as_is, listed
from checkers.kit.workload import CAUSES, Pods, Workload, of_workload, run_in

LINK = "https://kubernetes.io/docs/tutorials/security/seccomp/"

_FILTER = 2
_ROOT = "/var/lib/kubelet/seccomp"
"""Where a kubelet looks for profiles of type `Localhost`."""
_LETTING = {"SCMP_ACT_ALLOW", "SCMP_ACT_LOG"}
"""Actions of a filter under which a system call is carried out."""

_NODE = Text(
    "The kubelet reads the profile from the disk of the node that runs the Pod; nothing carries it there.",
    "kubelet 从运行该 Pod 的节点的磁盘上读取配置文件；没有什么会自动把它带过去。",
)
_FILTERED = Text(
    "Only a container that asks for the profile has its filter; any other may ask the kernel for whatever it likes, or "
    "for what the runtime lets all containers have.",
    "只有指定了该配置文件的容器才受其过滤；其他容器可以向内核请求任何操作，或运行时允许所有容器的操作。",
)
_CALLS = Text(
    "A filter is worth the system calls that it refuses, as long as the program can still do its work.",
    "过滤器的价值在于它拒绝的系统调用，同时程序仍能完成自己的工作。",
)
_NEXT = Text(
    "A container keeps the filter that it was started with; the next one gets what the file says by then.",
    "容器保持启动时的过滤器；下一个容器得到的是届时文件中的内容。",
)


@check("seccomp.installed", causes=("not-there", "elsewhere", "other-path"))
def installed(cluster: Observer, *, node: str, profile: str) -> Finding:
    """The profile lies where the kubelet of this node looks for it; `profile` is as a Pod names it."""
    expected = Text(f"{node} has {_ROOT}/{profile}", f"{node} 上有 {_ROOT}/{profile}")
    there = _profiles(cluster, node)
    if profile in there:
        return passed(expected, as_is(f"{node}: {_ROOT}/{profile}"))
    found = [_described(node, there)]
    names = [other["metadata"]["name"] for other in cluster.list("Node")]
    elsewhere = {name: others for name in names if name != node and (others := _profiles_if_known(cluster, name))}
    found += [_described(name, others) for name, others in elsewhere.items()]
    causes = {"other-path"} if there else set()
    if any(profile in others for others in elsewhere.values()):
        causes.add("elsewhere")
    return failed(expected, listed(found), _NODE, LINK, causes or {"not-there"})


@check(
    "seccomp.held",
    causes=(
        *CAUSES,
        *each.CAUSES,
        "other-profile",
        "runtime-default",
        "unconfined",
        "profile-unset",
        "some-containers",
    ),
)
def held(
    cluster: Observer,
    *,
    workload: str,
    kind: Workload = "Deployment",
    namespace: str = "default",
    profile: str,
) -> Finding:
    """Every container of the workload is held by this profile of its node, and the kernel has a filter for it."""
    expected = Text(
        f"every container of {kind} {workload} runs under seccomp profile {profile} of its node",
        f"{kind} {workload} 的每个容器都在其节点的 seccomp 配置文件 {profile} 之下运行",
    )

    def is_right(judged: Judged) -> bool:
        is_filtered = judged.process.seccomp in (None, _FILTER)
        return is_filtered and _wanted(judged) == f"Localhost {profile}"

    def causes(right: Sequence[Judged], wrong: Sequence[Judged]) -> set[str]:
        found = {"some-containers"} if right else set()
        wanted = {_wanted(judged) for judged in wrong}
        if len(wanted) == 1:
            named = {"": "profile-unset", "RuntimeDefault": "runtime-default", "Unconfined": "unconfined"}
            found.add(named.get(next(iter(wanted)), "other-profile"))
        return found

    statement = Statement(expected, _FILTERED, LINK, is_right, _filter, causes)
    return of_each(cluster, kind, workload, namespace, statement)


@check(
    "seccomp.refuses",
    causes=(*CAUSES, "not-refused", "refused-in-some", "profile-lets", "refuses-too-much", "call-left", "file-lets"),
)
def refuses(
    cluster: Observer,
    *,
    workload: str,
    kind: Workload = "Deployment",
    namespace: str = "default",
    refused: Sequence[str],
    otherwise: str,
    allowed: Sequence[str],
    calls: Sequence[str],
) -> Finding:
    """In every running container, a filter refuses these system calls and what one command does, and lets another work.

    The file on its node has to refuse them as well: the next container is filtered by what the file says then.
    Neither command may change anything, even where it is not refused. The first says `otherwise` where the kernel gets
    to see it: `mkdir /proc`, for example, "File exists".
    """
    command, twin, named = " ".join(refused), " ".join(allowed), ", ".join(calls)
    expected = Text(
        f"in every container of {kind} {workload}, a filter refuses {named}, so `{command}` too; `{twin}` works",
        f"在 {kind} {workload} 的每个容器中，过滤器拒绝 {named}，因而也拒绝 `{command}`；`{twin}` 可以执行",
    )

    def judge(pods: Pods) -> Finding:
        tries = [
            (pod, container, tried)
            for pod, container in pods.running
            if (tried := _tried(cluster, pod, container, refused, otherwise, allowed, calls))
        ]
        if not tries:
            words = Text(f"No container has the program {refused[0]}.", f"没有容器包含程序 {refused[0]}。")
            raise NotSeen(words)
        wrong = [each for each in tries if each[2].fault]
        found = listed(pods.of_container(pod, container, tried.text) for pod, container, tried in wrong or tries)
        if not wrong and (loose := _loose(cluster, pods, calls)):
            return failed(expected, listed(loose), _NEXT, LINK, {"file-lets"})
        if not wrong:
            return passed(expected, found)
        faults = {tried.fault for _, _, tried in wrong}
        if "not-refused" in faults:
            faults = {"refused-in-some" if any(tried.is_refused for _, _, tried in tries) else "not-refused"}
            profiles = [pod.setting(container, "seccompProfile") or {} for pod, container, _ in wrong]
            if all(profile.get("type") == "Localhost" for profile in profiles):
                faults.add("profile-lets")
        return failed(expected, found, _CALLS, LINK, faults)

    return of_workload(cluster, kind, workload, namespace, judge, expected, _CALLS, LINK)


@dataclass(frozen=True, slots=True)
class Tried:
    """Two commands in one container, one to be refused and one to work.

    Attributes:
        otherwise: what the first one says where no filter refuses it.
        left: system calls that its filter lets through and should not.
    """

    refused: Ran
    otherwise: str
    allowed: Ran
    left: Sequence[str]

    @property
    def is_refused(self) -> bool:
        """By a filter, whatever error it answers with; or it ends the process."""
        return self.refused.code != 0 and self.otherwise not in self.refused.stderr

    @property
    def fault(self) -> str:
        """What is wrong, as a cause; empty where nothing is."""
        if not self.is_refused:
            return "not-refused"
        if self.allowed.code != 0:
            return "refuses-too-much"
        return "call-left" if self.left else ""

    @property
    def text(self) -> Text:
        """As a statement."""
        said = as_is("; ".join(_said(ran) for ran in (self.refused, self.allowed)))
        if not self.is_refused or not self.left:
            return said
        left = ", ".join(self.left)
        return Text(f"{said.en}; its filter lets {left} through", f"{said.zh}；过滤器放行 {left}")


def _said(ran: Ran) -> str:
    words = (ran.stdout if ran.code == 0 else ran.stderr).strip().splitlines()
    return f"exit code {ran.code}: {words[-1]}" if words else f"exit code {ran.code}"


def _tried(
    cluster: Observer,
    pod: Pod,
    container: Container,
    refused: Sequence[str],
    otherwise: str,
    allowed: Sequence[str],
    calls: Sequence[str],
) -> Tried | None:
    """None where the container does not have the programs: its own is filtered all the same."""
    first = run_in(cluster, pod, container, refused)
    second = run_in(cluster, pod, container, allowed)
    if first is None or second is None:
        return None
    # No program of a small image makes every call; the runtime knows the filter that it has set.
    linux = (inspect(cluster, pod, container).get("runtimeSpec") or {}).get("linux") or {}
    rules = linux.get("seccomp")
    left = [call for call in calls if rules and lets(rules, call)]
    return Tried(first, otherwise, second, left)


def _loose(cluster: Observer, pods: Pods, calls: Sequence[str]) -> list[Text]:
    """The files of profiles in use that let one of these system calls through."""
    profiles = [(pod, pod.setting(container, "seccompProfile") or {}) for pod, container in pods.running]
    files = {(pod.node, f"{_ROOT}/{profile['localhostProfile']}") for pod, profile in profiles if _is_file(profile)}
    found = []
    for node, path in sorted(files):
        rules = _parsed(cluster.on_node(node, ["cat", path]).stdout)
        left = ", ".join(call for call in calls if lets(rules, call))
        if left:
            found.append(Text(f"{node}: {path} lets {left} through", f"{node}：{path} 放行 {left}"))
    return found


def _is_file(profile: Mapping[str, Any]) -> bool:
    return profile.get("type") == "Localhost" and bool(profile.get("localhostProfile"))


def _parsed(content: str) -> Mapping[str, Any]:
    """A profile; one that is none lets nothing through, since no container starts with it."""
    try:
        rules = json.loads(content)
    except ValueError:
        return {}
    return rules if isinstance(rules, dict) else {}


def lets(rules: Mapping[str, Any], call: str) -> bool:
    """Whether a filter, as the runtime has it, lets this system call through, be it with some arguments only."""
    naming = [rule for rule in rules.get("syscalls") or () if call in (rule.get("names") or ())]
    actions = {rule.get("action") for rule in naming}
    if all(rule.get("args") for rule in naming):
        actions.add(rules.get("defaultAction"))
    return bool(actions & _LETTING)


def _profiles(cluster: Observer, node: str) -> list[str]:
    """The files that a node has for profiles, by the names that a Pod would use."""
    ran = cluster.on_node(node, ["find", "-L", _ROOT, "-type", "f"])
    return sorted(line.removeprefix(f"{_ROOT}/") for line in ran.stdout.splitlines())


def _profiles_if_known(cluster: Observer, node: str) -> list[str]:
    """None where that cannot be observed: it only makes a message better."""
    try:
        return _profiles(cluster, node)
    except NoObservation:
        return []


def _described(node: str, profiles: Sequence[str]) -> Text:
    if not profiles:
        return Text(f"{node}: no profile in {_ROOT}", f"{node}：{_ROOT} 中没有配置文件")
    return as_is(f"{node}: {', '.join(f'{_ROOT}/{profile}' for profile in profiles)}")


def _wanted(judged: Judged) -> str:
    """The container's `seccompProfile` as it takes effect, such as `Localhost web.json`; empty where there is none."""
    context = judged.container.spec.get("securityContext") or {}
    if context.get("privileged"):
        return "Unconfined"  # whatever else it says
    profile = judged.pod.setting(judged.container, "seccompProfile") or {}
    return " ".join(str(profile[field]) for field in ("type", "localhostProfile") if profile.get(field))


def _filter(judged: Judged) -> Text:
    mode = "" if judged.process.seccomp is None else f"Seccomp: {judged.process.seccomp}, "
    return as_is(f"{mode}seccompProfile: {_wanted(judged) or 'null'}")
