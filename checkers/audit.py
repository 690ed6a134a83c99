"""The audit log of the API server: what it tells of Pods that violate a Pod Security Standard.

Such Pods are offered with dry runs, which the API server audits like any other request, and looked up in the log.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from posixpath import join, normpath
from typing import Any

from checkers.api import Finding, Observer, Text, check, failed, passed
from checkers.kit.pod_security import (
    LABELS,
    VIOLATING,
    Labels,
    Level,
    describe_labels,
    labels_of,
    name_of,
    offer,
)
from checkers.kit.static_pods import NODE, kubelet, manifests
from checkers.kit.text import as_is, listed

AUDIT = "https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/"
ANNOTATION = f"{LABELS}audit-violations"

Event = Mapping[str, Any]
_PATH, _MODE, _FORMAT = "--audit-log-path", "--audit-log-mode", "--audit-log-format"
_POLICY = "--audit-policy-file"
_SOON, _IN_BATCHES = 3, 40
"""Seconds in which an event is written, and where the API server writes several at a time."""
# A log that is full is put aside under its name and the time of day.
_FIND = 'grep --no-filename --fixed-strings -e "$2" -- "$1" "${1%.*}"-*."${1##*.}" 2> /dev/null; test -e "$1"'

_WHY = Text(
    "The mode `audit` adds an annotation to the event of the request; it is written where an audit policy has the API "
    "server record that request, and a log is given.",
    "`audit` 模式为请求的事件添加注解；只有审计策略要求记录该请求，并且指定了日志时，它才会被写下来。",
)


@check(
    "audit.violations",
    causes=(
        "no-log",
        "not-mounted",
        "other-path",
        "flag-missing",
        "no-policy",
        "not-json",
        "labelled",
        "not-recorded",
        "some-not-recorded",
        "no-label",
        "label-of-no-audit",
        "other-standard",
    ),
)
def violations(cluster: Observer, *, namespace: str, level: Level, log: str) -> Finding:
    """Whoever creates a Pod in the namespace that violates the standard, the audit log on the control plane says so."""
    expected = Text(
        f"for each Pod in {namespace} that violates {level}, {log} on {NODE} has an event with {ANNOTATION}",
        f"对于 {namespace} 中违反 {level} 的每个 Pod，{NODE} 上的 {log} 中都有带 {ANNOTATION} 的事件",
    )
    users = ("", cluster.draw("user"), "system:serviceaccount:kube-system:replicaset-controller", "")
    for number, (spec, user) in enumerate(zip(VIOLATING[level], users, strict=True)):
        offer(cluster, spec, namespace, user=user, ending=f"-{number}")
    names = [name_of(cluster, f"-{number}") for number, _ in enumerate(users)]
    events = _read(cluster, log)
    labels = labels_of(cluster, namespace)
    told = {} if events is None else _told(_awaited(cluster, log, events, names), names)
    if not any(words is not None for words in told.values()):
        # A file that somebody made is no log yet.
        reasons = [*_not_written(cluster, log)]
        if events is None or reasons:
            causes = {cause for cause, _ in reasons} | ({"labelled"} if f"{LABELS}audit" in labels else set())
            missing = _describe(names[0], None)
            if events is None:
                causes.add("no-log")
                missing = Text(f"there is no {log} on {NODE}", f"{NODE} 上没有 {log}")
            return failed(expected, listed([missing, *(words for _, words in reasons)]), _WHY, AUDIT, causes)
    untold = {name: words for name, words in told.items() if f'"{level}:' not in (words or "")}
    if not untold:
        return passed(expected, as_is(f"{ANNOTATION}: {told[names[0]]}"))
    wrong = [_describe(name, words) for name, words in untold.items()]
    causes = _not_told(untold.values(), labels, of_all=len(untold) == len(told))
    return failed(expected, listed([wrong[0], describe_labels(namespace, labels)]), _WHY, AUDIT, causes)


def _read(cluster: Observer, log: str) -> Sequence[Event] | None:
    """What the log tells of the Pods of this grade; None where there is no log."""
    ran = cluster.on_node(NODE, ["sh", "-c", _FIND, "sh", log, cluster.draw("pod")])
    return _events(ran.stdout.splitlines()) if ran.code == 0 else None


def _awaited(cluster: Observer, log: str, events: Sequence[Event], names: Sequence[str]) -> Sequence[Event]:
    """The events, once there is one of each Pod, or no more are to come."""
    if None not in _told(events, names).values():
        return events
    modes = [manifest.flag(_MODE) for manifest in manifests(cluster, kubelet(cluster).folder).manifests]
    for _ in range(_IN_BATCHES if "batch" in modes else _SOON):
        cluster.wait(1)
        events = _read(cluster, log) or ()
        if None not in _told(events, names).values():
            break
    return events


def _events(lines: Iterable[str]) -> Sequence[Event]:
    """Those of requests that were answered; a line that is still being written is none."""
    events: list[Event] = []
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and event.get("stage") == "ResponseComplete":
            events.append(event)
    return events


def _is_of(event: Event, name: str) -> bool:
    about = event.get("objectRef") or {}
    return about.get("resource") == "pods" and about.get("name") == name


def _told(events: Sequence[Event], names: Sequence[str]) -> Mapping[str, str | None]:
    """Name of a Pod -> what its event says that it violates; empty where it says nothing, None without an event."""
    annotations = {name: event.get("annotations") or {} for name in names for event in events if _is_of(event, name)}
    return {name: annotations[name].get(ANNOTATION, "") if name in annotations else None for name in names}


def _describe(name: str, words: str | None) -> Text:
    if words is None:
        return Text(f"no event tells that Pod {name} was created", f"没有关于创建 Pod {name} 的事件")
    if not words:
        return Text(
            f"the event of Pod {name} has no annotation {ANNOTATION}", f"Pod {name} 的事件没有注解 {ANNOTATION}"
        )
    return as_is(f"{ANNOTATION}: {words}")


def _not_told(untold: Iterable[str | None], labels: Labels, *, of_all: bool) -> set[str]:
    """Why these events do not say that a Pod violates the standard. `of_all`: no event does."""
    each = [*untold]
    causes: set[str] = set()
    if None in each:
        causes.add("not-recorded" if of_all and not any(words is not None for words in each) else "some-not-recorded")
    if f"{LABELS}audit" not in labels:
        causes.add("label-of-no-audit" if labels else "no-label")
    elif any(each):
        causes.add("other-standard")
    return causes


def _not_written(cluster: Observer, log: str) -> Iterator[tuple[str, Text]]:
    """Why nothing of the API server's comes to be in this file, by its manifest: causes, each in words."""
    manifest = next(iter(manifests(cluster, kubelet(cluster).folder).manifests), None)
    if manifest is None:
        return
    file, path = manifest.file, manifest.flag(_PATH)
    if not manifest.flag(_POLICY):
        yield "no-policy", Text(f"{file} does not give {_POLICY}", f"{file} 中没有 {_POLICY}")
    if (written := manifest.flag(_FORMAT)) not in (None, "json"):
        yield "not-json", as_is(f"{file}: {_FORMAT}={written}")
    if not path:
        yield "flag-missing", Text(f"{file} does not give {_PATH}", f"{file} 中没有 {_PATH}")
        return
    if path == "-":
        words = (
            f"{file}: {_PATH}=- is the standard output, which goes to the container's own log",
            f"{file}：{_PATH}=- 是标准输出，写入容器自己的日志",
        )
        yield "other-path", Text(*words)
        return
    place = manifest.on_node(normpath(join("/", path)))
    if not place:
        words = (
            f"{file}: {path} is on no volume, so the log stays in the container",
            f"{file}：{path} 不在任何卷中，日志留在容器里",
        )
        yield "not-mounted", Text(*words)
    elif place != log:
        yield "other-path", as_is(f"{file}: {_PATH}={path}, {NODE}: {place}")
