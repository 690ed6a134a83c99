"""Why the API server does not answer, and whose it is to mend: found on its node, by the containers it is made of.

The learner is root there, and a container that ended with an error says in its own log what it could not live with:
its manifest, or a file that the manifest names. That is the learner's to mend, in whichever exercise it was broken.
Everything else is the lab's: the node is gone, the disk or the memory is full, or nothing there was touched.

`why_down` is what the rest of the lab calls.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from checkers.api import LabBroken, LearnerBroke, NoObservation, NotSeen, Ran, Text, Verdict
from lab.clock import SYSTEM, Clock
from lab.cluster.engine import Engine
from lab.grading.machines import Machines
from lab.grading.words import both

PARTS = ("etcd", "kube-apiserver")
"""In this order: without the first, the second does not run either."""
STARTING = timedelta(seconds=90)
"""What the kubelet may take to end one API server and make another, and that one to answer."""
NOTICED = timedelta(seconds=20)
"""How often the kubelet reads the manifests; what it complains of before is the one that was there."""
BOUND = 10.0
"""Seconds for each command on the node."""
LINES = 3
"""Of a container's log, which a person is shown."""
READ = 200
"""Of the log, which are searched for errors: some programs list all their flags after one that they do not know."""

_BASELINE = "/var/lib/ckslab/baseline/whole/files"
"""Where a node keeps its files as they were when the lab was made (`lab/cluster/machines/baseline.sh`)."""
_COMPLAINT = re.compile(
    r'(?:Could not process manifest file|Error syncing pod, skipping)" err="(?:[^"\\]|\\.)*"|SetUp failed for volume.*'
)
_LOG_PREFIX = re.compile(r"[EFIW]\d{4} [\d:.]+ +\d+ \S+\] ")
"""Of Kubernetes' own log lines: when and in which line of its source."""
_FULL = re.compile(r"no space left on device", re.IGNORECASE)
_ERROR = re.compile(r"[EF]\d{4} |Error|panic|invalid|unknown|\{\"level\":\"(error|fatal)\"")


@dataclass(frozen=True, slots=True)
class Down:
    """Why the API server does not answer.

    Attributes:
        verdict: `FAIL` where something on the node was touched, and that is the learner's to mend; `UNSEEN` while it
            is being started; `BROKEN` where it is the lab's.
        why: one sentence: the part that does not run, its node and its exit code.
        log: the container's own last error lines; none where no container ended with an error.
        mend: what to do next, with the manifest to mend.
    """

    verdict: Verdict
    why: Text
    mend: Text
    log: tuple[str, ...] = ()

    @property
    def words(self) -> Text:
        """All of it. The log has lines of its own."""
        log = "\n".join(self.log)
        gap = f"\n{log}\n" if log else " "
        return Text(f"{self.why.en}{gap}{self.mend.en}", f"{self.why.zh}{gap}{self.mend.zh}")


def why_down(engine: Engine, clock: Clock = SYSTEM, bound: float = BOUND) -> Down:
    """Why the API server of this lab does not answer. Takes a second or two, and never needs the API server.

    Call it when a request got no answer: it does not ask whether the API server answers.

    Args:
        bound: seconds for each command on the node.
    """
    try:
        found = _explained(Machines(engine, bound), clock)
    except NoObservation as no_node:
        verdict = Verdict.UNSEEN if isinstance(no_node, NotSeen) else Verdict.BROKEN
        return Down(verdict, no_node.words, both("grading.down.look"))
    return found or _down(Verdict.BROKEN, "untouched", lab=engine.lab)


def trouble(machines: Machines, clock: Clock) -> NoObservation | None:
    """The same, as an observation raises it; None where the node shows nothing that explains it."""
    try:
        found = _explained(machines, clock)
    except NoObservation as no_node:
        return no_node
    kinds: dict[Verdict, type[NoObservation]] = {Verdict.FAIL: LearnerBroke, Verdict.UNSEEN: NotSeen}
    return kinds.get(found.verdict, LabBroken)(found.words) if found else None


@dataclass(frozen=True, slots=True)
class Container:
    """A container of a static Pod."""

    id: str
    runs: bool
    made: datetime


@dataclass(frozen=True, slots=True)
class End:
    """How a container ended: exit code, reason, when, and the node's files and directories that it could see."""

    code: int
    reason: str
    at: str
    files: tuple[str, ...]


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
        status = self._run("stat", "--format=%Z", self.manifest)
        return _time(int(status.stdout)) if status.code == 0 else None

    def differs(self) -> bool:
        """Whether the manifest is another one than when the lab was made; no, where nobody knows what that was."""
        return self._run("cmp", "--silent", f"{_BASELINE}{self.manifest}", self.manifest).code == 1

    def containers(self) -> Sequence[Container]:
        """Its containers, whatever became of them; the newest first."""
        listed = self._run(
            "crictl", "ps", "--all", f"--label=io.kubernetes.container.name={self.name}", "--output=json"
        )
        known: list[dict[str, Any]] = json.loads(listed.stdout or "{}").get("containers", [])
        newest_first = sorted(known, key=lambda each: int(each["createdAt"]), reverse=True)
        return [
            Container(each["id"], each["state"] == "CONTAINER_RUNNING", _time(int(each["createdAt"]) / 1e9))
            for each in newest_first
        ]

    def end(self, container: Container) -> End:
        """How a container ended."""
        inspected = self._run("crictl", "inspect", container.id)
        status = json.loads(inspected.stdout or "{}").get("status") or {}
        files = tuple(mount["hostPath"] for mount in status.get("mounts") or ())
        code, reason = int(status.get("exitCode") or 0), str(status.get("reason") or "")
        return End(code, reason, str(status.get("finishedAt") or ""), files)

    def changed_since(self, end: End) -> bool:
        """Whether a file that it could see was changed after it ended, so that its end may say nothing any more."""
        if not (end.at and end.files):
            return False
        newer = ["-type", "f", "-newerct", end.at, "-print", "-quit"]
        return bool(self._run("find", "-L", *end.files, *newer).stdout.strip())

    def last_lines(self, container: Container) -> tuple[str, ...]:
        """The last lines of its log: the errors, where there are any."""
        lines = self._log(container)
        return _last(_errors(lines) or lines)

    def errors(self, container: Container) -> tuple[str, ...]:
        """The last errors in its log."""
        return _last(_errors(self._log(container)))

    def complaint(self, since: datetime) -> str:
        """What the kubelet has against the manifest."""
        asked = ["--unit=kubelet", f"--since=@{int(since.timestamp())}", "--no-pager", "--output=cat"]
        lines = self._run("journalctl", *asked).stdout.splitlines()
        # That it cannot reach the API server is no news.
        about_it = [line for line in lines if self.name in line and "connection refused" not in line]
        found = [complaint[0] for line in about_it if (complaint := _COMPLAINT.search(line))]
        return found[-1] if found else ""

    def _log(self, container: Container) -> list[str]:
        ran = self._run("crictl", "logs", f"--tail={READ}", container.id)
        return _joined([line.strip() for line in (ran.stdout + ran.stderr).splitlines() if line.strip()])

    def kubelet(self) -> str:
        """What systemd says of the kubelet: `active` where it runs."""
        return self._run("systemctl", "is-active", "kubelet").stdout.strip()

    def _run(self, *argv: str) -> Ran:
        return self._machines.run(self.node, argv)


def _explained(machines: Machines, clock: Clock) -> Down | None:
    """What is certain comes first, of whichever part; what only may be comes last."""
    seen = [_seen(StaticPod(machines, name), clock) for name in PARTS]
    for reasons in (_certain, _starting, _touched):
        for part in seen:
            if found := reasons(part):
                return found
    return None


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the node shows of one part. `ended` and `running` came of the manifest as it is now."""

    pod: StaticPod
    now: datetime
    changed: datetime | None
    running: Container | None
    ended: Container | None

    @property
    def is_new(self) -> bool:
        """It runs, but may not have had the time to answer."""
        return self.running is not None and self.now - self.running.made < STARTING

    @property
    def age(self) -> timedelta:
        """Since the manifest was put in place."""
        return self.now - self.changed if self.changed else timedelta(0)

    def down(self, verdict: Verdict, key: str, log: Sequence[str] = (), **more: object) -> Down:
        """This part is the reason."""
        return _down(verdict, key, log, part=self.pod.name, node=self.pod.node, manifest=self.pod.manifest, **more)


def _seen(pod: StaticPod, clock: Clock) -> _Seen:
    changed = pod.changed()
    containers = [each for each in pod.containers() if changed and each.made >= changed]
    running = next((each for each in containers if each.runs), None)
    ended = next((each for each in containers if not each.runs), None)
    return _Seen(pod, clock.now(), changed, running, ended)


def _certain(seen: _Seen) -> Down | None:
    """What the node itself names as the reason."""
    if seen.changed is None:
        return seen.down(Verdict.FAIL, "no_manifest")
    # One that ends again and again is up for a moment, too.
    if seen.ended and (seen.running is None or seen.is_new) and (crash := _crash(seen, seen.ended)):
        return crash
    if seen.running:
        return None
    if (state := seen.pod.kubelet()) != "active":
        return seen.down(Verdict.FAIL, "no_kubelet", state=state)
    if seen.age > NOTICED and (complaint := seen.pod.complaint(seen.changed)):
        return seen.down(Verdict.FAIL, "bad_manifest", [complaint])
    return None


def _starting(seen: _Seen) -> Down | None:
    """It may only need time."""
    is_expected = seen.running is None and seen.age < STARTING
    return seen.down(Verdict.UNSEEN, "starting") if seen.is_new or is_expected else None


def _touched(seen: _Seen) -> Down | None:
    """Nothing names the reason, but the manifest is not the lab's."""
    if not seen.pod.differs():
        return None
    log = seen.pod.errors(seen.running) if seen.running else ()
    return seen.down(Verdict.FAIL, "changed", log)


def _crash(seen: _Seen, container: Container) -> Down | None:
    """The container ended by itself, with an error."""
    end = seen.pod.end(container)
    if end.code == 0:
        return None
    log = seen.pod.last_lines(container)
    if end.reason == "OOMKilled" or any(_FULL.search(line) for line in log):
        return seen.down(Verdict.BROKEN, "crashed", log, code=end.code)
    if seen.pod.changed_since(end):
        return None if seen.running else seen.down(Verdict.UNSEEN, "again", log, code=end.code)
    return seen.down(Verdict.FAIL, "crashed", log, code=end.code)


def _joined(lines: Sequence[str]) -> list[str]:
    """What Kubernetes logs on several lines (`err=<`, the lines, ` >`) is one."""
    whole: list[str] = []
    is_open = False
    for line in lines:
        if is_open:
            whole[-1] += f" {line}"
        else:
            whole.append(line)
        is_open = line != ">" if is_open else line.endswith("=<")
    return whole


def _errors(lines: Sequence[str]) -> Sequence[str]:
    return [line for line in lines if _ERROR.match(line)]


def _last(lines: Sequence[str]) -> tuple[str, ...]:
    """The last lines, once each: one that comes twice says no more."""
    bare = [_LOG_PREFIX.sub("", line) for line in lines]
    return tuple(list(dict.fromkeys(bare))[-LINES:])


def _down(verdict: Verdict, key: str, log: Sequence[str] = (), **params: object) -> Down:
    why, mend = both(f"grading.down.{key}.why", **params), both(f"grading.down.{key}.mend", **params)
    return Down(verdict, why, mend, tuple(log))


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds).astimezone()
