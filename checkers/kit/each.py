"""A statement on the first process of every container of a workload: init containers, sidecars and debuggers, too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from checkers.api import Finding, Observer, Text, failed, passed
from checkers.kit.pod import Container, Kind, Pod
from checkers.kit.processes import Process, asked_for, first_process
from checkers.kit.text import listed
from checkers.kit.workload import Pods, Workload, of_workload

_EPHEMERAL = Text(
    "an ephemeral container cannot be changed or taken out of its Pod, so only a new Pod is without it: delete this "
    "one and create it anew",
    "临时容器无法更改，也无法从 Pod 中移除，只有新的 Pod 中才没有它：请删除这个 Pod 并重新创建",
)


@dataclass(frozen=True, slots=True)
class Judged:
    """One container and its process. Of a template, which runs nothing, the process is what it asks for."""

    pod: Pod
    container: Container
    process: Process
    of_template: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """What has to be true of each process, and what is said of it.

    Attributes:
        causes: what is certainly wrong, by those that are right and those that are not.
        containers: those that it is about; all of them where none is named.
        apart_from: those that it is not about.
        with_template: it is also about what the workload's next Pods will be made from.
    """

    expected: Text
    why: Text
    link: str
    is_right: Callable[[Judged], bool]
    describe: Callable[[Judged], Text]
    causes: Callable[[Sequence[Judged], Sequence[Judged]], set[str]]
    containers: Sequence[str] = ()
    apart_from: Sequence[str] = ()
    with_template: bool = False


CAUSES = ("no-container", "ephemeral-container")
"""What a finding of `of_each` may have among its causes, besides those of a workload that does not run."""


def of_each(cluster: Observer, kind: Workload, workload: str, namespace: str, statement: Statement) -> Finding:
    """Judge every container; where some are wrong, the finding has only those."""

    def judge(pods: Pods) -> Finding:
        absent = _absent(pods, statement.containers)
        if absent:
            names = ", ".join(absent)
            found = Text(f"there is no container {names}", f"没有容器 {names}")
            return failed(statement.expected, found, statement.why, statement.link, ("no-container",))
        return _judged(pods, _processes(cluster, pods, statement), statement)

    return of_workload(cluster, kind, workload, namespace, judge, statement.expected, statement.why, statement.link)


def _absent(pods: Pods, names: Sequence[str]) -> list[str]:
    """Which containers a Pod of the workload lacks."""
    there = [{container.name for container in pod.containers} for pod in pods.pods]
    return [name for name in names if not all(name in each for each in there)]


def _processes(cluster: Observer, pods: Pods, statement: Statement) -> list[Judged]:
    found = [
        Judged(pod, container, first_process(cluster, pod, container))
        for pod, container in pods.containers
        if _is_meant(container, statement)
    ]
    if statement.with_template and pods.template:
        template = pods.template
        found += [
            Judged(template, container, asked_for(template, container), of_template=True)
            for container in template.containers
            if _is_meant(container, statement)
        ]
    return found


def _is_meant(container: Container, statement: Statement) -> bool:
    is_named = not statement.containers or container.name in statement.containers
    return is_named and container.name not in statement.apart_from


def _judged(pods: Pods, processes: Sequence[Judged], statement: Statement) -> Finding:
    wrong = [judged for judged in processes if not statement.is_right(judged)]
    # The template says the same as its Pods, unless these were made otherwise.
    only_template = wrong and all(judged.of_template for judged in wrong)
    shown = wrong if only_template else [judged for judged in wrong or processes if not judged.of_template]
    found = listed(_said(pods, judged, statement.describe(judged)) for judged in shown)
    if not wrong:
        return passed(statement.expected, found)
    is_ephemeral = [judged.container.kind is Kind.EPHEMERAL for judged in wrong]
    if any(is_ephemeral):
        found = listed([found, _EPHEMERAL])
    right = [judged for judged in processes if statement.is_right(judged)]
    causes = {"ephemeral-container"} if all(is_ephemeral) else statement.causes(right, wrong)
    return failed(statement.expected, found, statement.why, statement.link, causes)


def _said(pods: Pods, judged: Judged, words: Text) -> Text:
    said = pods.of_container(judged.pod, judged.container, words)
    if not judged.of_template:
        return said
    said = Text(f"{judged.container.kind} {judged.container.name}: {words.en}", f"{judged.container.name}：{words.zh}")
    return Text(f"the next Pods, by the template: {said.en}", f"按模板，今后的 Pod：{said.zh}")
