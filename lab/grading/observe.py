"""Looks at the lab's cluster, through its API server and its nodes. Nothing here changes anything."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

from checkers.api import LabBroken, NoLook, NotSeen, Ran
from checkers.pods import is_image
from lab.cluster.engine import Engine
from lab.errors import LabError
from lab.grading.exec import authorization, message_of, run_in_container
from lab.grading.words import of_error, told

BOUND = 10.0
"""Seconds that one look may take."""
LOG_LINES = 5


class KubernetesObserver:
    """The `checkers.api.Observer` of a real cluster.

    Args:
        images: those that the exercise's task names.
    """

    def __init__(self, engine: Engine, images: Sequence[str] = (), bound: float = BOUND) -> None:
        self._engine = engine
        self._images = images
        self._bound = bound
        self._plurals: dict[str, dict[str, tuple[str, bool]]] = {}

    def get(self, kind: str, name: str, namespace: str = "", *, version: str = "v1") -> dict[str, Any] | None:
        """An object as the API server holds it; None if there is none, or no such kind."""
        path = self._path(kind, namespace, version)
        return self._json(f"{path}/{quote(name)}") if path else None

    def list(self, kind: str, namespace: str = "", *, version: str = "v1") -> Sequence[dict[str, Any]]:
        """All objects of a kind; none if there is no such kind."""
        path = self._path(kind, namespace, version)
        return (self._json(path) or {}).get("items", ()) if path else ()

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
        path = f"/api/v1/namespaces/{quote(namespace)}/pods/{quote(pod)}/log?{query}"
        status, body = self._request(path)
        return body.decode("utf-8", "backslashreplace").splitlines() if status == 200 else ()

    def exec(self, pod: str, container: str, argv: Sequence[str], namespace: str = "default") -> Ran:
        """Run a command in a running container."""
        query = [("container", container), ("stdout", "true"), ("stderr", "true"), *(("command", arg) for arg in argv)]
        path = f"/api/v1/namespaces/{quote(namespace)}/pods/{quote(pod)}/exec?{urlencode(query)}"
        with self._bounded(f"exec {pod}/{container}: {' '.join(argv)}"):
            return run_in_container(self._client.configuration, path, self._bound)

    def on_node(self, node: str, argv: Sequence[str]) -> Ran:
        """Run a command on a node as root."""
        machine = next((own for own in self._engine.nodes() if own.name == node), None)
        if machine is None:
            raise LabBroken(told("observe.no_node", node=node, lab=self._engine.lab))
        try:
            done = machine.run(argv, timeout=self._bound)
        except LabError as error:
            if error.key == "node.timeout":
                raise self._slow(f"{node}: {' '.join(argv)}") from error
            raise LabBroken(of_error(error)) from error
        return Ran(done.code, done.text, done.error)

    def provides(self, image: str) -> bool:
        """Whether the task names this image."""
        return any(is_image(image, own) for own in self._images)

    def kubernetes(self) -> str:
        """The version of the API server; empty if it does not tell."""
        try:
            return str((self._json("/version") or {}).get("gitVersion", ""))
        except NoLook:
            return ""  # each criterion will say why

    @cached_property
    def _client(self) -> Any:
        """The HTTP client: half a second to import, so only when something is looked at."""
        from kubernetes import client, config

        configuration = client.Configuration()
        configuration.retries = False
        configuration.proxy = None  # that of the user's environment; the kubeconfig may name one
        kubeconfig = str(self._engine.kubeconfig)
        try:
            # The file's own context, named as such: no variable of the user's environment has a say.
            _, current = config.list_kube_config_contexts(kubeconfig)
            config.load_kube_config(kubeconfig, context=current["name"], client_configuration=configuration)
        except (OSError, config.ConfigException) as error:
            said = {"lab": self._engine.lab, "file": kubeconfig, "said": error}
            raise LabBroken(told("observe.no_kubeconfig", **said)) from error
        return client.ApiClient(configuration)

    def _path(self, kind: str, namespace: str, version: str) -> str:
        """The path of a kind's objects; empty if the API server does not serve the kind."""
        prefix = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if version not in self._plurals:
            resources = (self._json(prefix) or {}).get("resources", ())
            whole = [resource for resource in resources if "/" not in resource["name"]]
            self._plurals[version] = {own["kind"]: (own["name"], own["namespaced"]) for own in whole}
        if kind not in self._plurals[version]:
            return ""
        plural, is_namespaced = self._plurals[version][kind]
        return (
            f"{prefix}/namespaces/{quote(namespace)}/{plural}" if namespace and is_namespaced else f"{prefix}/{plural}"
        )

    def _json(self, path: str) -> dict[str, Any] | None:
        """What the API server holds at a path; None if there is nothing."""
        status, body = self._request(path)
        if status == 404:
            return None
        if status >= 400:
            raise LabBroken(told("observe.refused", path=path, status=status, said=message_of(body)))
        parsed: dict[str, Any] = json.loads(body)
        return parsed

    def _request(self, path: str) -> tuple[int, bytes]:
        with self._bounded(f"GET {path}"):
            client = self._client
            response = client.call_api(
                "GET",
                client.configuration.host + path,
                header_params={"Accept": "application/json", **authorization(client.configuration)},
                _request_timeout=self._bound,
            )
            return response.status, response.read()

    @contextmanager
    def _bounded(self, look: str) -> Iterator[None]:
        """Tell apart an API server that is slow from one that is not there."""
        import urllib3.exceptions as http
        from kubernetes.client import ApiException

        try:
            yield
        except http.NewConnectionError as error:  # urllib3 counts it among the time-outs
            raise self._unreachable(error) from error
        except (TimeoutError, http.TimeoutError) as error:
            raise self._slow(look) from error
        except (OSError, http.HTTPError, ApiException) as error:
            raise self._unreachable(error) from error

    def _slow(self, look: str) -> NotSeen:
        return NotSeen(told("observe.slow", look=look, seconds=f"{self._bound:.0f}"))

    def _unreachable(self, error: Exception) -> NoLook:
        """The API server does not answer.

        The one place that decides whose fault that is: a static Pod that the learner broke will be told apart here.
        """
        return LabBroken(told("observe.unreachable", lab=self._engine.lab, said=_first_cause(error)))


def _when(event: Mapping[str, Any]) -> str:
    """Timestamps of one format sort as text. New events have only `eventTime`."""
    last = event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp")
    return str(last or "")


def _first_cause(error: BaseException) -> str:
    """`Connection refused` rather than the three errors that were wrapped around it."""
    reason = getattr(error, "reason", None)
    while isinstance(reason, BaseException):
        error, reason = reason, getattr(reason, "reason", None)
    return str(error)
