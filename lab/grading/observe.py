"""Observes the lab's cluster, through its API server and its nodes. Nothing here changes anything."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from checkers.api import DryRun, LabBroken, NoObservation, NotSeen, Ran, Refused, is_image
from checkers.kept import fingerprints
from lab.clock import SYSTEM, Clock
from lab.cluster.engine import Engine
from lab.grading.control_plane import trouble
from lab.grading.exec import message_of
from lab.grading.machines import Machines
from lab.grading.scratch import Scratch, random_word
from lab.grading.server import Answer, ApiServer
from lab.grading.words import error_text

BOUND = 10.0
"""Seconds that one observation may take."""
LOG_LINES = 5
AT_ONCE = 8
"""Requests that are under way together, where many objects are read one by one."""

Send = Callable[[str, Mapping[str, Any]], Answer]
"""Sends a manifest to a path of the API server."""

_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
_BUSY = (429, 503, 504)
"""The API server says that it could not get to it: nothing is decided about the request."""


class KubernetesObserver:
    """The `checkers.api.Observer` of a real cluster.

    Args:
        images: those that the exercise's task names.
        drawn: the values that its start drew, by name.
    """

    def __init__(
        self,
        engine: Engine,
        images: Sequence[str] = (),
        drawn: Mapping[str, str] | None = None,
        bound: float = BOUND,
        clock: Clock = SYSTEM,
    ) -> None:
        self._lab = engine.lab
        self._images = images
        self._drawn = drawn or {}
        self._machines = Machines(engine, bound)
        self._server = ApiServer(engine, bound * engine.pace, partial(trouble, self._machines, clock))
        self._clock = clock
        self._plurals: dict[str, dict[str, tuple[str, bool]]] = {}
        self._words: dict[str, str] = {}
        self._unreadable: dict[tuple[str, str], Mapping[str, str]] = {}
        self._scratch = Scratch(self._server, clock)

    def close(self) -> None:
        """Remove what was made for this grade."""
        self._scratch.remove()

    def get(self, kind: str, name: str, namespace: str = "", *, version: str = "v1") -> dict[str, Any] | None:
        """An object as the API server holds it; None if there is none, or no such kind."""
        path = self._path(kind, namespace, version)
        return self._json(f"{path}/{quote(name)}") if path else None

    def list(self, kind: str, namespace: str = "", *, version: str = "v1", name: str = "") -> Sequence[dict[str, Any]]:
        """All objects of a kind; none if there is no such kind."""
        path = self._path(kind, namespace, version)
        selector = "?" + urlencode({"fieldSelector": f"metadata.name={name}"}) if name else ""
        return (self._json(f"{path}{selector}") or {}).get("items", ()) if path else ()

    def now(self) -> datetime:
        """The time by the API server's clock, as each of its answers tells; by this computer's, if one does not."""
        return self._server.get("/version").date or self._clock.now()

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self._clock.sleep(seconds)

    def events(self, obj: Mapping[str, Any]) -> Sequence[str]:
        """The messages of the events about this very object, oldest first."""
        metadata = obj["metadata"]
        namespace = quote(metadata.get("namespace", "default"))
        selector = urlencode({"fieldSelector": f"involvedObject.uid={metadata['uid']}"})
        events = (self._json(f"/api/v1/namespaces/{namespace}/events?{selector}") or {}).get("items", ())
        return [event.get("message", "") for event in sorted(events, key=_when)]

    def logs(self, pod: str, container: str, namespace: str = "default", *, previous: bool = False) -> Sequence[str]:
        """The last lines that a container wrote, or the one that ran before it."""
        query = urlencode({"container": container, "tailLines": LOG_LINES, "previous": str(previous).lower()})
        answer = self._server.get(f"{_pod(pod, namespace)}/log?{query}")
        return answer.body.decode("utf-8", "backslashreplace").splitlines() if answer.status == 200 else ()

    def exec(self, pod: str, container: str, argv: Sequence[str], namespace: str = "default") -> Ran:
        """Run a command in a running container."""
        return self._server.exec(_pod(pod, namespace), container, argv)

    def on_node(self, node: str, argv: Sequence[str]) -> Ran:
        """Run a command on a node, or on base, as root."""
        return self._machines.run(node, argv)

    def dry_run(self, manifest: Mapping[str, Any], *, user: str = "") -> DryRun:
        """Ask the API server to create this object, without it being stored; as another user if one is named.

        Unknown fields are refused, as kubectl has it, so that a mistake in a check does not go unnoticed.
        """
        return self._decided(manifest, partial(self._server.post, user=user), {"dryRun": "All"})

    def dry_run_update(self, manifest: Mapping[str, Any], *, subresource: str = "") -> DryRun:
        """Ask the API server whether an object may become this, without it being stored."""
        place = f"/{quote(manifest['metadata']['name'])}" + (f"/{subresource}" if subresource else "")
        return self._decided(manifest, self._server.put, {"dryRun": "All"}, place)

    def dry_run_delete(self, manifest: Mapping[str, Any]) -> DryRun:
        """Ask the API server whether an object may be deleted, without it being deleted."""
        place = f"/{quote(manifest['metadata']['name'])}"
        return self._decided(manifest, lambda path, _: self._server.delete(path), {"dryRun": "All"}, place)

    def review(self, asked: Mapping[str, Any]) -> DryRun:
        """Ask the API server whether somebody may do something."""
        manifest = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": asked}
        answer = self._server.post(_REVIEWS, manifest)
        if answer.status >= 400:
            raise _no_answer(_REVIEWS, answer)
        status = json.loads(answer.body)["status"]
        return DryRun(bool(status.get("allowed")), str(status.get("reason") or ""))

    def draw(self, purpose: str) -> str:
        """A random word; within this grade the same one for the same purpose."""
        return self._words.setdefault(purpose, random_word())

    def drawn(self, name: str) -> str:
        """The value of this name that the start of the exercise drew."""
        if name not in self._drawn:
            raise LabBroken(error_text("observe.not_drawn", name=name, lab=self._lab))
        return self._drawn[name]

    def new_namespace(self, labels: Mapping[str, str] | None = None) -> str:
        """The namespace of this grade that has these labels."""
        return self._scratch.namespace(labels or {})

    def new_object(self, manifest: Mapping[str, Any]) -> DryRun:
        """Make an object in a namespace of this grade."""
        if manifest["metadata"]["namespace"] not in self._scratch.names:
            raise ValueError("a grade makes objects in its own namespaces only")
        return self._decided(manifest, self._server.post, {})

    def _decided(self, manifest: Mapping[str, Any], send: Send, query: Mapping[str, str], place: str = "") -> DryRun:
        """What the API server makes of a manifest. `place`: of what exists, its path below that of its kind."""
        version, kind = manifest["apiVersion"], manifest["kind"]
        path = self._path(kind, manifest["metadata"].get("namespace", "default"), version)
        if not path:
            return DryRun(accepted=False, message=f'no matches for kind "{kind}" in version "{version}"')
        options = urlencode({**query, "fieldValidation": "Strict", "fieldManager": "ckslab"})
        answer = send(f"{path}{place}?{options}", manifest)
        if answer.status < 400:
            return DryRun(accepted=True, warnings=answer.warnings)
        message = message_of(answer.body)
        if answer.status in _BUSY and "denied the request" not in message:  # a webhook chooses its status itself
            raise NotSeen(error_text("observe.busy", path=path, status=answer.status, said=message))
        return DryRun(accepted=False, message=message, warnings=answer.warnings)

    def etcd_keys(self, prefix: str) -> Sequence[str]:
        """The keys in etcd below a prefix."""
        return [key for key, _ in self._machines.etcd("--prefix", "--keys-only", "--", prefix)]

    def etcd_value(self, key: str) -> bytes | None:
        """The bytes that etcd holds under a key."""
        return next((value for _, value in self._machines.etcd("--", key)), None)

    def etcd_values(self, prefix: str) -> Mapping[str, bytes]:
        """All that etcd holds below a prefix, by key."""
        return dict(self._machines.etcd("--prefix", "--", prefix))

    def fingerprints(self, salt: str) -> Sequence[Mapping[str, Any]]:
        """What each Secret of the cluster holds, without its values."""
        return fingerprints(self.list("Secret"), salt)

    def unreadable(self, kind: str, prefix: str) -> Mapping[str, str]:
        """The keys below a prefix whose object the API server cannot show, with its message."""
        if (kind, prefix) not in self._unreadable:
            paths = {key: self._path_of(kind, key.removeprefix(prefix)) for key in self.etcd_keys(prefix)}
            with ThreadPoolExecutor(AT_ONCE) as pool:
                refusals = pool.map(self._words_against, paths.values())
            unreadable = {key: words for key, words in zip(paths, refusals, strict=True) if words}
            if unreadable:  # what was deleted meanwhile is not there for anybody
                left = set(self.etcd_keys(prefix))
                unreadable = {key: words for key, words in unreadable.items() if key in left}
            self._unreadable[kind, prefix] = unreadable
        return self._unreadable[kind, prefix]

    def _path_of(self, kind: str, place: str) -> str:
        """The path of the object that is `NAMESPACE/NAME`."""
        namespace, _, name = place.partition("/")
        return f"{self._path(kind, namespace, 'v1')}/{quote(name)}"

    def _words_against(self, path: str) -> str:
        """What the API server says instead of showing what is there; nothing where it shows it."""
        answer = self._server.get(path)
        if answer.status in _BUSY:
            raise NotSeen(error_text("observe.busy", path=path, status=answer.status, said=message_of(answer.body)))
        return message_of(answer.body) if answer.status >= 400 else ""

    def request(self, pod: str, url: str, namespace: str = "default") -> Ran:
        """Send an HTTP request from the network of a running Pod."""
        found = self.get("Pod", pod, namespace)
        if found is None:
            raise NotSeen(error_text("observe.no_network", pod=pod))
        return self._machines.request(found, url)

    def provides(self, image: str) -> bool:
        """Whether the task names this image."""
        return any(is_image(image, named) for named in self._images)

    def kubernetes(self) -> str:
        """The version of the API server; empty if it does not tell."""
        try:
            return str((self._json("/version") or {}).get("gitVersion", ""))
        except NoObservation:
            return ""  # each criterion will say why

    def _path(self, kind: str, namespace: str, version: str) -> str:
        """The path of a kind's objects; empty if the API server does not serve the kind."""
        prefix = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if version not in self._plurals:
            resources = (self._json(prefix) or {}).get("resources", ())
            whole = [resource for resource in resources if "/" not in resource["name"]]
            self._plurals[version] = {
                resource["kind"]: (resource["name"], resource["namespaced"]) for resource in whole
            }
        if kind not in self._plurals[version]:
            return ""
        plural, is_namespaced = self._plurals[version][kind]
        return (
            f"{prefix}/namespaces/{quote(namespace)}/{plural}" if namespace and is_namespaced else f"{prefix}/{plural}"
        )

    def _json(self, path: str) -> dict[str, Any] | None:
        """What the API server holds at a path; None if there is nothing."""
        answer = self._server.get(path)
        if answer.status == 404:
            return None
        if answer.status >= 400:
            raise _no_answer(path, answer)
        parsed: dict[str, Any] = json.loads(answer.body)
        return parsed


def _no_answer(path: str, answer: Answer) -> NoObservation:
    """What an answer means that is not the one that was asked for."""
    answered = {"path": path, "status": answer.status, "said": message_of(answer.body)}
    if answer.status in _BUSY:
        return NotSeen(error_text("observe.busy", **answered))
    return Refused(error_text("observe.refused", **answered))


def _pod(name: str, namespace: str) -> str:
    return f"/api/v1/namespaces/{quote(namespace)}/pods/{quote(name)}"


def _when(event: Mapping[str, Any]) -> str:
    """Timestamps of one format sort as text. New events have only `eventTime`."""
    last = event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp")
    return str(last or "")
