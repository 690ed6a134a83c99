"""Why the API server does not answer, and whose it is to mend: seen on its node, by the containers it is made of.

The learner is root there, and a container that ended with an error says in its own log what it could not live with:
its manifest, or a file that the manifest names. That is the learner's to mend, in whichever exercise it was broken.
Everything else is the lab's: the node is gone, the disk or the memory is full, or all runs and only does not answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from checkers.api import LabBroken, LearnerBroke, NoLook, NotSeen, Ran
from lab.clock import Clock
from lab.grading.machines import Machines
from lab.grading.words import told

PARTS = ("etcd", "kube-apiserver")
"""In this order: without the first, the second does not run either."""
STARTING = timedelta(seconds=90)
"""What the kubelet may take to end one API server and make another, and that one to answer."""
NOTICED = timedelta(seconds=20)
"""How often the kubelet looks at the manifests; what it complains of before is the one that was there."""
LINES = 3
"""Of a container's log, which are told."""
READ = 200
"""Of the log, which are searched for errors: some programs tell all their flags after one that they do not know."""

_COMPLAINT = re.compile(
    r'(?:Could not process manifest file|Error syncing pod, skipping)" err="(?:[^"\\]|\\.)*"|SetUp failed for volume.*'
)
_LOG_PREFIX = re.compile(r"[EFIW]\d{4} [\d:.]+ +\d+ \S+\] ")
"""Of Kubernetes' own log lines: when and in which line of its source."""
_FULL = re.compile(r"no space left on device", re.IGNORECASE)
_ERROR = re.compile(r"[EF]\d{4} |Error|panic|invalid|unknown|\{\"level\":\"(error|fatal)\"")


@dataclass(frozen=True, slots=True)
class Container:
    """A container of a static Pod: the newest."""

    id: str
    runs: bool
    made: datetime


def trouble(machines: Machines, clock: Clock) -> NoLook | None:
    """What keeps the API server from answering; None where its node shows nothing that does."""
    try:
        found = (_trouble(StaticPod(machines, part), clock) for part in PARTS)
        return next((own for own in found if own), None)
    except NoLook as no_node:
        return no_node


class StaticPod:
    """A part of the control plane: what the kubelet makes of a manifest on the node."""

    def __init__(self, machines: Machines, name: str) -> None:
        self._machines = machines
        self.name = name
        self.node = machines.control_plane
        self.manifest = f"/etc/kubernetes/manifests/{name}.yaml"

    def changed(self) -> datetime | None:
        """When the manifest was put in place; None where there is none."""
        # Not the time of its content: a file that is moved back is as old as ever.
        seen = self._run("stat", "--format=%Z", self.manifest)
        return _time(int(seen.stdout)) if seen.code == 0 else None

    def newest(self) -> Container | None:
        """Its newest container, whatever became of it."""
        listed = self._run(
            "crictl", "ps", "--all", f"--label=io.kubernetes.container.name={self.name}", "--output=json"
        )
        known: list[dict[str, Any]] = json.loads(listed.stdout or "{}").get("containers", [])
        if not known:
            return None
        own = max(known, key=lambda each: int(each["createdAt"]))
        return Container(own["id"], own["state"] == "CONTAINER_RUNNING", _time(int(own["createdAt"]) / 1e9))

    def end(self, container: Container) -> tuple[int, str]:
        """Exit code and reason of a container that ended."""
        inspected = self._run("crictl", "inspect", container.id)
        status = json.loads(inspected.stdout or "{}").get("status") or {}
        return int(status.get("exitCode") or 0), str(status.get("reason") or "")

    def last_lines(self, container: Container) -> str:
        """What it said last, its errors if it told any."""
        ran = self._run("crictl", "logs", f"--tail={READ}", container.id)
        return _telling((ran.stdout + ran.stderr).splitlines())

    def complaint(self, since: datetime) -> str:
        """What the kubelet has against the manifest."""
        asked = ["--unit=kubelet", f"--since=@{int(since.timestamp())}", "--no-pager", "--output=cat"]
        lines = self._run("journalctl", *asked).stdout.splitlines()
        # That it cannot reach the API server is no news.
        own = [line for line in lines if self.name in line and "connection refused" not in line]
        found = [complaint[0] for line in own if (complaint := _COMPLAINT.search(line))]
        return found[-1] if found else ""

    def _run(self, *argv: str) -> Ran:
        return self._machines.run(self.node, argv)


def _trouble(pod: StaticPod, clock: Clock) -> NoLook | None:
    """What is wrong with one part; None if it runs."""
    words = {"part": pod.name, "node": pod.node, "manifest": pod.manifest}
    changed = pod.changed()
    if changed is None:
        return LearnerBroke(told("observe.no_manifest", **words))
    container = pod.newest()
    if container is not None and container.made >= changed:
        if container.runs:
            is_starting = clock.now() - container.made < STARTING
            return NotSeen(told("observe.starting", **words)) if is_starting else None
        if found := _crash(pod, container, words):
            return found
    age = clock.now() - changed
    if age > NOTICED and (said := pod.complaint(changed)):
        return LearnerBroke(told("observe.bad_manifest", said=said, **words))
    return NotSeen(told("observe.starting", **words)) if age < STARTING else None


def _crash(pod: StaticPod, container: Container, words: dict[str, str]) -> NoLook | None:
    """The container ended by itself, with an error."""
    code, reason = pod.end(container)
    if code == 0:
        return None
    said = pod.last_lines(container)
    is_labs = reason == "OOMKilled" or _FULL.search(said)
    return (LabBroken if is_labs else LearnerBroke)(told("observe.crashed", code=code, said=said, **words))


def _telling(lines: Sequence[str]) -> str:
    kept = [line.strip() for line in lines if line.strip()]
    telling = [line for line in kept if _ERROR.match(line)] or kept
    return " | ".join(_LOG_PREFIX.sub("", line) for line in telling[-LINES:])


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds).astimezone()
