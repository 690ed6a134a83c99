"""A Pod as the API server holds it, read the way a check thinks of it: by container, of whatever kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What part a container has in its Pod."""

    MAIN = "container"
    INIT = "init container"
    SIDECAR = "sidecar"
    """An init container with `restartPolicy: Always`: it keeps running beside the others."""
    EPHEMERAL = "ephemeral container"
    """Put in later, by `kubectl debug`."""


@dataclass(frozen=True, slots=True)
class Container:
    """One container: what was asked for (`spec`) and what became of it (`status`)."""

    kind: Kind
    spec: Mapping[str, Any]
    status: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Unique in its Pod."""
        return str(self.spec["name"])

    @property
    def id(self) -> str:
        """The name that the runtime of its node knows it by; empty before it has one."""
        return str(self.status.get("containerID") or "").partition("://")[2]

    @property
    def image(self) -> str:
        """As the manifest names it."""
        return str(self.spec.get("image", ""))

    @property
    def is_running(self) -> bool:
        """It has a process, so commands can run in it."""
        return "running" in self.state

    @property
    def is_finished(self) -> bool:
        """It has done its work and ended well."""
        return "terminated" in self.state and self.state["terminated"].get("exitCode") == 0

    @property
    def state(self) -> Mapping[str, Any]:
        """Under `waiting`, `running` or `terminated`; empty before the kubelet has reported it."""
        return self.status.get("state") or {}

    @property
    def last_end(self) -> Mapping[str, Any]:
        """How the run before this one ended; empty where there was none."""
        return (self.status.get("lastState") or {}).get("terminated") or {}


class Pod:
    """One Pod and its containers."""

    def __init__(self, obj: Mapping[str, Any]) -> None:
        self.object = obj
        self.metadata: Mapping[str, Any] = obj["metadata"]
        self.spec: Mapping[str, Any] = obj["spec"]
        self.status: Mapping[str, Any] = obj.get("status") or {}
        self.containers = tuple(self._containers())

    @property
    def name(self) -> str:
        """Unique in its namespace."""
        return str(self.metadata["name"])

    @property
    def namespace(self) -> str:
        """Where it lives."""
        return str(self.metadata["namespace"])

    @property
    def node(self) -> str:
        """Where it was placed; empty while it is not."""
        return str(self.spec.get("nodeName") or "")

    @property
    def phase(self) -> str:
        """`Pending`, `Running`, `Succeeded` or `Failed`."""
        return str(self.status.get("phase") or "")

    @property
    def judged(self) -> tuple[Container, ...]:
        """The containers that a statement on every container is about.

        An ephemeral container that has ended is not among them: nothing can start it again.
        """
        return tuple(each for each in self.containers if each.kind is not Kind.EPHEMERAL or each.is_running)

    @property
    def running(self) -> tuple[Container, ...]:
        """The containers that the Pod is there for and that run now: main ones and sidecars."""
        return tuple(each for each in self.containers if each.kind in (Kind.MAIN, Kind.SIDECAR) and each.is_running)

    def setting(self, container: Container, field: str) -> Any:
        """A field of the security context as it takes effect: the container's own goes before the Pod's."""
        of_container = container.spec.get("securityContext") or {}
        shared = self.spec.get("securityContext") or {}
        return shared.get(field) if of_container.get(field) is None else of_container[field]

    def _containers(self) -> list[Container]:
        found: list[Container] = []
        for plural, statuses in (
            ("initContainers", "initContainerStatuses"),
            ("containers", "containerStatuses"),
            ("ephemeralContainers", "ephemeralContainerStatuses"),
        ):
            by_name = {status["name"]: status for status in self.status.get(statuses) or ()}
            for spec in self.spec.get(plural) or ():
                found.append(Container(_kind(plural, spec), spec, by_name.get(spec["name"], {})))
        return found


def _kind(plural: str, spec: Mapping[str, Any]) -> Kind:
    if plural == "ephemeralContainers":
        return Kind.EPHEMERAL
    if plural == "containers":
        return Kind.MAIN
    return Kind.SIDECAR if spec.get("restartPolicy") == "Always" else Kind.INIT
