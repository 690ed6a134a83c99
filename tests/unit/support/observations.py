"""Observations made by hand: a Pod as the API server would show it, and an observer that shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from checkers.api import NoExec, NoObservation, Ran, Refused, Text
from checkers.kept import fingerprints

NAME = "web"
NOW = datetime(2026, 1, 1, 1, tzinfo=UTC)
"""An hour after the containers of `pod` have started."""
RUNNING = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
FINISHED = {"terminated": {"exitCode": 0, "reason": "Completed"}}

Object = dict[str, Any]


def container(name: str = "main", **spec: Any) -> Object:
    """A container that does what the exercises ask for, unless `spec` says otherwise."""
    return {"name": name, "image": "busybox:1.28", "command": ["sh", "-c", "sleep 1h"], **spec}


def status(name: str = "main", state: Object | None = None, **more: Any) -> Object:
    return {"name": name, "state": RUNNING if state is None else state, "containerID": f"containerd://{name}", **more}


def waiting(reason: str, message: str = "") -> Object:
    return {"waiting": {"reason": reason, "message": message}}


def pod(
    containers: Sequence[Object] = (),
    *,
    init: Sequence[Object] = (),
    ephemeral: Sequence[Object] = (),
    states: Mapping[str, Object] | None = None,
    phase: str = "Running",
    node: str = "kube-worker-1",
    conditions: Sequence[Object] = (),
    metadata: Mapping[str, Any] | None = None,
    **spec: Any,
) -> Object:
    """A Pod whose containers run, init containers having ended; `states` says where one is in another state."""
    known = states or {}
    containers = containers or [container()]

    def statuses(specs: Sequence[Object], usual: Object) -> list[Object]:
        return [status(each["name"], known.get(each["name"], _usual(each, usual))) for each in specs]

    return {
        "kind": "Pod",
        "metadata": {"name": NAME, "namespace": "default", "uid": "u1", **(metadata or {})},
        "spec": {
            "nodeName": node,
            "containers": list(containers),
            "initContainers": list(init),
            "ephemeralContainers": list(ephemeral),
            **spec,
        },
        "status": {
            "phase": phase,
            "conditions": list(conditions),
            "containerStatuses": statuses(containers, RUNNING),
            "initContainerStatuses": statuses(init, FINISHED),
            "ephemeralContainerStatuses": statuses(ephemeral, RUNNING),
        },
    }


def _usual(spec: Object, usual: Object) -> Object:
    return RUNNING if spec.get("restartPolicy") == "Always" else usual


def proc_status(user: int = 1000, group: int = 3000, groups: str = "2000", no_new_privileges: int = 1) -> Ran:
    """`/proc/1/status` as Linux shows it, shortened."""
    ids = f"Uid:\t{user}\t{user}\t{user}\t{user}\nGid:\t{group}\t{group}\t{group}\t{group}\nGroups:\t{groups} \n"
    return Ran(0, f"Name:\tsh\n{ids}NoNewPrivs:\t{no_new_privileges}\n", "")


def node(name: str = "kube-worker-1", ready: str = "True", message: str = "") -> Object:
    return {
        "metadata": {"name": name},
        "status": {"conditions": [{"type": "Ready", "status": ready, "message": message}]},
    }


@dataclass(eq=False)
class HandMade:
    """An Observer that shows what it was given.

    Attributes:
        objects: all there are.
        runs: container -> what each command gives there; a program that is not named is not in the container.
        on_nodes: the same by node.
        fails: raised by the first observation.
        stored: key -> bytes, as etcd holds them.
        time: by the API server's clock; it passes where a check waits.
        later: what each wait shows in place of `objects`, in turn; the last one stays.
        values: what the start drew.
    """

    objects: list[Object] = field(default_factory=list)
    runs: dict[str, dict[str, Ran]] = field(default_factory=dict)
    on_nodes: dict[str, dict[str, Ran]] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    images: tuple[str, ...] = ("busybox:1.28",)
    fails: NoObservation | None = None
    stored: dict[str, bytes] = field(default_factory=dict)
    time: datetime = NOW
    later: list[list[Object]] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)

    def get(self, kind: str, name: str, namespace: str = "", *, version: str = "v1") -> Object | None:
        if self.fails:
            raise self.fails
        found = (obj for obj in self.list(kind, namespace) if obj["metadata"]["name"] == name)
        return next(found, None)

    def list(self, kind: str, namespace: str = "", *, version: str = "v1", name: str = "") -> Sequence[Object]:
        known = [obj for obj in self.objects if obj.get("kind", "Node") == kind]
        named = [obj for obj in known if name in ("", obj["metadata"]["name"])]
        return [obj for obj in named if namespace in ("", obj["metadata"].get("namespace", ""))]

    def now(self) -> datetime:
        return self.time

    def wait(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
        if self.later:
            self.objects = self.later.pop(0)

    def drawn(self, name: str) -> str:
        return self.values[name]

    def etcd_values(self, prefix: str) -> Mapping[str, bytes]:
        return {key: value for key, value in self.stored.items() if key.startswith(prefix)}

    def fingerprints(self, salt: str) -> Sequence[Mapping[str, Any]]:
        return fingerprints(self.list("Secret"), salt)

    def unreadable(self, kind: str, prefix: str) -> Mapping[str, str]:
        """What `get` does not give."""
        found: dict[str, str] = {}
        for key in self.etcd_values(prefix):
            namespace, _, name = key.removeprefix(prefix).partition("/")
            try:
                if self.get(kind, name, namespace) is None:
                    found[key] = "not found"
            except Refused as refused:
                found[key] = refused.words.en
        return found

    def exec(self, pod: str, container: str, argv: Sequence[str], namespace: str = "default") -> Ran:
        return _ran(self.runs.get(container, {}), argv)

    def on_node(self, node: str, argv: Sequence[str]) -> Ran:
        return _ran(self.on_nodes.get(node, {}), argv)

    def events(self, obj: Mapping[str, Any]) -> Sequence[str]:
        return self.messages

    def logs(self, pod: str, container: str, namespace: str = "default", *, previous: bool = False) -> Sequence[str]:
        return self.lines

    def etcd_keys(self, prefix: str) -> Sequence[str]:
        return [key for key in self.stored if key.startswith(prefix)]

    def etcd_value(self, key: str) -> bytes | None:
        return self.stored.get(key)

    def provides(self, image: str) -> bool:
        return image in self.images


def _ran(known: Mapping[str, Ran], argv: Sequence[str]) -> Ran:
    """What is known of the whole command, else of the program."""
    for command in (" ".join(argv), argv[0]):
        if command in known:
            return known[command]
    words = f'exec: "{argv[0]}": executable file not found in $PATH'
    raise NoExec(Text(words, words))


def seeing(obj: Object, runs: Mapping[str, Mapping[str, Ran]] | None = None, **more: Any) -> HandMade:
    """An observer of one Pod on a node that is ready."""
    return HandMade([obj, node()], {name: dict(commands) for name, commands in (runs or {}).items()}, **more)
