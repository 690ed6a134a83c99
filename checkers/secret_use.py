"""How the values of a Secret come to the programs of a workload: by environment or by file, and to which of them.

The values are those that the start drew, under the names of the Secret's data keys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checkers.api import Finding, Observer, Text, check, failed, passed
from checkers.kit.mounts import around, mounts
from checkers.kit.pod import Container, Pod
from checkers.kit.runtime import inspect
from checkers.kit.text import as_is, listed
from checkers.kit.workload import CAUSES, Pods, Workload, of_workload, run_in

LINK = "https://kubernetes.io/docs/concepts/security/secrets-good-practices/"
FILES = "https://kubernetes.io/docs/concepts/configuration/secret/#using-secrets-as-files-from-a-pod"

_ENVIRONMENTS = "cat /proc/[0-9]*/environ"
_CONTENTS = 'find -L "$1" -type f -exec cat {} +'
_DECIMAL = "620"
"""What 400 is in octal digits, where it was meant to be octal."""

_ENVIRONMENT = Text(
    "An environment is inherited by every program that is started, and shown by debuggers, crash reports and logs.",
    "环境变量会被启动的每个程序继承，也会出现在调试器、崩溃报告和日志中。",
)
_FILE = Text(
    "A file that only its owner reads stays with the one program that needs it.",
    "只有属主能读的文件，才会只留在需要它的那个程序手中。",
)
_ONLY = Text(
    "A value that a container does not need is one more to be lost when somebody breaks into it.",
    "容器不需要的值，在它被攻入时只会多丢失一个。",
)


@check("secret_use.environment", causes=(*CAUSES, "some-containers", "by-program", "mounted-too"))
def environment(
    cluster: Observer,
    *,
    workload: str,
    kind: Workload = "Deployment",
    namespace: str = "default",
    keys: Sequence[str],
) -> Finding:
    """No process of the workload has any of these values in its environment."""
    names = ", ".join(keys)
    expected = Text(
        f"no process of {kind} {workload} has the value of {names} in its environment",
        f"{kind} {workload} 的任何进程的环境变量中都没有 {names} 的值",
    )

    def judge(pods: Pods) -> Finding:
        seen = [(pod, container, _in_environment(cluster, pod, container, keys)) for pod, container in pods.containers]
        wrong = [(pod, container, found) for pod, container, found in seen if found]
        if not wrong:
            return passed(expected, Text(f"none in {len(seen)} containers", f"{len(seen)} 个容器中都没有"))
        found = listed(pods.of_container(pod, container, _has(keys)) for pod, container, keys in wrong)
        causes = {"some-containers"} if len(wrong) < len(seen) else set()
        if not any(_is_asked_for(container) for _, container, _ in wrong):
            causes.add("by-program")
        elif all(_secret_mounts(pod, container) for pod, container, _ in wrong):
            causes.add("mounted-too")
        return failed(expected, found, _ENVIRONMENT, LINK, causes)

    return of_workload(cluster, kind, workload, namespace, judge, expected, _ENVIRONMENT, LINK)


@check(
    "secret_use.file",
    causes=(*CAUSES, "no-container", "no-file", "other-content", "mode", "mode-decimal", "writable"),
)
def file(
    cluster: Observer,
    *,
    workload: str,
    kind: Workload = "Deployment",
    namespace: str = "default",
    container: str,
    path: str,
    key: str,
    mode: str,
) -> Finding:
    """In this container the value lies in a file of this mode (in octal), which is mounted read-only."""
    expected = Text(
        f"in container {container} of {kind} {workload}, {path} holds the value of {key}, mode {mode}, read-only",
        f"{kind} {workload} 的容器 {container} 中，{path} 的内容是 {key} 的值，权限为 {mode}，且只读",
    )

    def judge(pods: Pods) -> Finding:
        texts, causes = [], set()
        for pod in pods.pods:
            meant = next((each for each in pod.running if each.name == container), None)
            placed = _place(cluster, pod, meant, path, key, mode)
            causes |= {placed.cause} if placed.cause else set()
            texts.append(Text(f"Pod {pod.name}: {placed.words.en}", f"Pod {pod.name}：{placed.words.zh}"))
        found = listed(texts)
        return failed(expected, found, _FILE, FILES, causes) if causes else passed(expected, found)

    return of_workload(cluster, kind, workload, namespace, judge, expected, _FILE, FILES)


@check("secret_use.only", causes=(*CAUSES, "other-keys", "other-container"))
def only(
    cluster: Observer,
    *,
    workload: str,
    kind: Workload = "Deployment",
    namespace: str = "default",
    container: str,
    key: str,
    keys: Sequence[str],
) -> Finding:
    """Of these values no Secret volume shows a container any, but for one value to one container."""
    expected = Text(
        f"volumes of {kind} {workload} show {container} the value of {key}, and nothing else of the Secret to anybody",
        f"{kind} {workload} 的卷只向 {container} 提供 {key} 的值，此外不向任何容器提供 Secret 的其他内容",
    )

    def judge(pods: Pods) -> Finding:
        seen = [(pod, each, _in_files(cluster, pod, each, keys)) for pod, each in pods.running]
        wrong = [
            (pod, each, extra)
            for pod, each, found in seen
            if (extra := [name for name in found if (each.name, name) != (container, key)])
        ]
        if wrong:
            found = listed(pods.of_container(pod, each, _shows(extra)) for pod, each, extra in wrong)
            is_other = {each.name != container for _, each, _ in wrong}
            causes = {"other-container" if other else "other-keys" for other in is_other}
            return failed(expected, found, _ONLY, FILES, causes)
        shown = [pods.of_container(pod, each, _shows(found)) for pod, each, found in seen if found]
        return passed(expected, listed(shown or [Text("none at all", "完全没有")]))

    return of_workload(cluster, kind, workload, namespace, judge, expected, _ONLY, FILES)


@dataclass(frozen=True, slots=True)
class _Placed:
    """What was found of a file. `cause`: what is wrong with it; empty where nothing is."""

    cause: str
    words: Text


def _in_environment(cluster: Observer, pod: Pod, container: Container, keys: Sequence[str]) -> list[str]:
    """Which of the values a process of the container has in its environment; its fields where it has ended."""
    if not container.is_running:
        return [key for key in keys if _gets(cluster, pod, container, key)]
    ran = run_in(cluster, pod, container, ["sh", "-c", _ENVIRONMENTS])
    shown = ran.stdout if ran is not None else _environment_of_runtime(cluster, pod, container)
    return [key for key in keys if cluster.drawn(key) in shown]


def _environment_of_runtime(cluster: Observer, pod: Pod, container: Container) -> str:
    """What the runtime gave to the first process, where the container has no shell."""
    config = inspect(cluster, pod, container).get("config") or {}
    return "\n".join(str(variable.get("value") or "") for variable in config.get("envs") or ())


def _gets(cluster: Observer, pod: Pod, container: Container, key: str) -> bool:
    """Whether a container that has ended asked for a Secret's value in its environment, or had it written there."""
    secrets = [source["secretRef"]["name"] for source in container.spec.get("envFrom") or () if "secretRef" in source]
    if any(_holds(cluster, pod, name, key) for name in secrets):
        return True
    for variable in container.spec.get("env") or ():
        if cluster.drawn(key) in str(variable.get("value") or ""):
            return True
        reference = (variable.get("valueFrom") or {}).get("secretKeyRef") or {}
        if reference and reference.get("key") == key and _holds(cluster, pod, reference["name"], key):
            return True
    return False


def _holds(cluster: Observer, pod: Pod, secret: str, key: str) -> bool:
    found = cluster.get("Secret", secret, pod.namespace) or {}
    return key in (found.get("data") or {})


def _is_asked_for(container: Container) -> bool:
    """Whether its fields put something of a Secret, or a value that is written out, into its environment."""
    variables: Sequence[Mapping[str, Any]] = container.spec.get("env") or ()
    return bool(container.spec.get("envFrom")) or bool(variables)


def _place(cluster: Observer, pod: Pod, container: Container | None, path: str, key: str, mode: str) -> _Placed:
    if container is None:
        return _Placed("no-container", Text("there is no such container that runs", "没有这个正在运行的容器"))
    ran = run_in(cluster, pod, container, ["cat", path])
    if ran is None or ran.code != 0:
        return _Placed("no-file", as_is(ran.stderr.strip() if ran else f"{path}: no `cat`"))
    if ran.stdout != cluster.drawn(key):
        words = Text(f"{path} holds something else than the value of {key}", f"{path} 的内容不是 {key} 的值")
        return _Placed("other-content", words)
    stat = run_in(cluster, pod, container, ["stat", "-L", "-c", "%a", path])
    found = stat.stdout.strip() if stat else ""
    if found != mode.lstrip("0"):
        cause = "mode-decimal" if found == _DECIMAL else "mode"
        return _Placed(cause, Text(f"{path} has mode 0{found}", f"{path} 的权限为 0{found}"))
    mount = around(mounts(cluster, pod, container), path)
    if mount.is_writable:
        return _Placed("writable", Text(f"{path} lies on {mount.path}, writable", f"{path} 位于 {mount.path}，可写"))
    return _Placed("", Text(f"{path} has mode 0{found}, read-only", f"{path} 的权限为 0{found}，只读"))


def _in_files(cluster: Observer, pod: Pod, container: Container, keys: Sequence[str]) -> list[str]:
    """Which of the values lie in files of Secret volumes that the container has."""
    found: set[str] = set()
    for path in _secret_mounts(pod, container):
        ran = run_in(cluster, pod, container, ["sh", "-c", _CONTENTS, "sh", path])
        found |= {key for key in keys if ran is not None and cluster.drawn(key) in ran.stdout}
    return [key for key in keys if key in found]


def _secret_mounts(pod: Pod, container: Container) -> list[str]:
    """Where the container has volumes that are made from Secrets."""
    names = {volume["name"] for volume in pod.spec.get("volumes") or () if _is_of_secret(volume)}
    return [mount["mountPath"] for mount in container.spec.get("volumeMounts") or () if mount["name"] in names]


def _is_of_secret(volume: Mapping[str, Any]) -> bool:
    sources = (volume.get("projected") or {}).get("sources") or ()
    return "secret" in volume or any("secret" in source for source in sources)


def _has(keys: Sequence[str]) -> Text:
    names = ", ".join(keys)
    return Text(f"a process has the value of {names} in its environment", f"有进程的环境变量中有 {names} 的值")


def _shows(keys: Sequence[str]) -> Text:
    names = ", ".join(keys) or "-"
    return Text(f"the value of {names} in a file", f"文件中有 {names} 的值")
