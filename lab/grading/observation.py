"""Observations as values that all go through one method: what recording and replaying them needs."""

# ruff: noqa: D102 - what each method means stands in checkers.api.Observer

from __future__ import annotations

import base64
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, cast

from checkers.api import DryRun, Ran


@dataclass(frozen=True, slots=True)
class Observation:
    """The name of an Observer's method and its arguments. Equal ones ask for the same."""

    name: str
    arguments: Mapping[str, Any] = field(compare=False)
    _key: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_key", json.dumps(self.arguments, sort_keys=True))


class Observations(ABC):
    """An Observer whose observations all go through `observe`."""

    @abstractmethod
    def observe(self, observation: Observation) -> Any:
        """Make an observation."""

    @abstractmethod
    def wait(self, seconds: float) -> None:
        """Let time pass, which is no observation."""

    def get(self, kind: str, name: str, namespace: str = "", *, version: str = "v1") -> dict[str, Any] | None:
        found = self._observe("get", kind=kind, name=name, namespace=namespace, version=version)
        return cast("dict[str, Any] | None", found)

    def list(self, kind: str, namespace: str = "", *, version: str = "v1", name: str = "") -> Sequence[dict[str, Any]]:
        only = {"name": name} if name else {}  # recordings of whole lists do not name it
        found = self._observe("list", kind=kind, namespace=namespace, version=version, **only)
        return cast("Sequence[dict[str, Any]]", found)

    def now(self) -> datetime:
        return cast("datetime", self._observe("now"))

    def exec(self, pod: str, container: str, argv: Sequence[str], namespace: str = "default") -> Ran:
        return cast("Ran", self._observe("exec", pod=pod, container=container, argv=[*argv], namespace=namespace))

    def on_node(self, node: str, argv: Sequence[str]) -> Ran:
        return cast("Ran", self._observe("on_node", node=node, argv=[*argv]))

    def events(self, obj: Mapping[str, Any]) -> Sequence[str]:
        metadata = {key: obj["metadata"].get(key, "") for key in ("namespace", "name", "uid")}
        return cast("Sequence[str]", self._observe("events", obj={"metadata": metadata}))

    def logs(self, pod: str, container: str, namespace: str = "default", *, previous: bool = False) -> Sequence[str]:
        found = self._observe("logs", pod=pod, container=container, namespace=namespace, previous=previous)
        return cast("Sequence[str]", found)

    def dry_run(self, manifest: Mapping[str, Any], *, user: str = "") -> DryRun:
        asked_as = {"user": user} if user else {}
        return cast("DryRun", self._observe("dry_run", manifest=manifest, **asked_as))

    def dry_run_update(self, manifest: Mapping[str, Any], *, subresource: str = "") -> DryRun:
        through = {"subresource": subresource} if subresource else {}
        return cast("DryRun", self._observe("dry_run_update", manifest=manifest, **through))

    def dry_run_delete(self, manifest: Mapping[str, Any]) -> DryRun:
        metadata = {key: manifest["metadata"][key] for key in ("namespace", "name")}
        named = {"apiVersion": manifest["apiVersion"], "kind": manifest["kind"], "metadata": metadata}
        return cast("DryRun", self._observe("dry_run_delete", manifest=named))

    def review(self, asked: Mapping[str, Any]) -> DryRun:
        return cast("DryRun", self._observe("review", asked=asked))

    def draw(self, purpose: str) -> str:
        return cast("str", self._observe("draw", purpose=purpose))

    def drawn(self, name: str) -> str:
        return cast("str", self._observe("drawn", name=name))

    def new_namespace(self, labels: Mapping[str, str] | None = None) -> str:
        labelled = {"labels": labels} if labels else {}
        return cast("str", self._observe("new_namespace", **labelled))

    def new_object(self, manifest: Mapping[str, Any]) -> DryRun:
        return cast("DryRun", self._observe("new_object", manifest=manifest))

    def etcd_keys(self, prefix: str) -> Sequence[str]:
        return cast("Sequence[str]", self._observe("etcd_keys", prefix=prefix))

    def etcd_value(self, key: str) -> bytes | None:
        return cast("bytes | None", self._observe("etcd_value", key=key))

    def etcd_values(self, prefix: str) -> Mapping[str, bytes]:
        return cast("Mapping[str, bytes]", self._observe("etcd_values", prefix=prefix))

    def fingerprints(self, salt: str) -> Sequence[Mapping[str, Any]]:
        return cast("Sequence[Mapping[str, Any]]", self._observe("fingerprints", salt=salt))

    def unreadable(self, kind: str, prefix: str) -> Mapping[str, str]:
        return cast("Mapping[str, str]", self._observe("unreadable", kind=kind, prefix=prefix))

    def request(self, pod: str, url: str, namespace: str = "default") -> Ran:
        return cast("Ran", self._observe("request", pod=pod, url=url, namespace=namespace))

    def provides(self, image: str) -> bool:
        return cast("bool", self._observe("provides", image=image))

    def _observe(self, name: str, /, **arguments: Any) -> Any:
        return self.observe(Observation(name, arguments))


def encoded(value: Any) -> Any:
    """The result of an observation, as JSON takes it."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: encoded(inner) for key, inner in value.items()}
    return asdict(value) if isinstance(value, (Ran, DryRun)) else value


def decoded(name: str, value: Any) -> Any:
    """The same, as the observation of this name gives it."""
    if value is None:
        return None
    if name in ("exec", "on_node", "request"):
        return Ran(**value)
    if name == "now":
        return datetime.fromisoformat(value)
    if name in ("dry_run", "dry_run_update", "dry_run_delete", "new_object", "review"):
        return DryRun(value["accepted"], value["message"], tuple(value["warnings"]))
    if name == "etcd_values":
        return {key: base64.b64decode(each) for key, each in value.items()}
    return base64.b64decode(value) if name == "etcd_value" else value
