"""The cluster that seats are Pods of: requests to its API server, and kubectl for commands in its Pods."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from lab.clock import SYSTEM, Clock
from lab.errors import LabError

Object = Mapping[str, Any]

_SECONDS = 20.0
"""For one request."""
_KUBELET_SECONDS = 3.0
"""For a request that goes on to a kubelet."""
_NO_WAY = re.compile(r"dial tcp \S+:\d+: (?!connect: connection refused)")
"""What the API server says where it gets no connection to a kubelet."""
_NOT_FOUND, _CONFLICT = 404, 409


@dataclass(frozen=True)
class HostCluster:
    """A cluster, by a kubeconfig of its user's and a context of it. Nothing else of their environment has a say."""

    kubeconfig: str
    context: str

    def kubectl(self, *words: str) -> list[str]:
        """A command of this computer."""
        return ["kubectl", f"--kubeconfig={self.kubeconfig}", f"--context={self.context}", *words]

    def get(self, path: str) -> Object | None:
        """An object; None where there is none.

        Raises:
            LabError: as `ask`.
        """
        return self.ask("GET", path, missing_is_none=True)

    def items(self, path: str) -> Sequence[Object]:
        """A list; empty where the cluster does not know such objects."""
        listed = self.ask("GET", path, missing_is_none=True) or {}
        return listed.get("items") or ()

    def create(self, path: str, body: Object) -> None:
        """Make an object. One that is there stays as it is."""
        self._request("POST", path, body, accepted=(_CONFLICT,))

    def delete(self, path: str, body: Object) -> None:
        """Remove an object. One that is not there is no fault."""
        self._request("DELETE", path, body, accepted=(_NOT_FOUND,))

    def ask(
        self, method: str, path: str, body: Object | None = None, *, missing_is_none: bool = False
    ) -> Object | None:
        """A request and what is answered.

        Raises:
            LabError: the API server cannot be asked (`pods.host`), or it refuses (`pods.refused`).
        """
        status, answer = self._request(method, path, body, accepted=(_NOT_FOUND,) if missing_is_none else ())
        return None if status == _NOT_FOUND else answer

    def kubelet_answers(self, pod: Object) -> bool | None:
        """Whether the kubelet of a Pod's node answers; None: that cannot be found out.

        It is asked for the end of the Pod's log, which only that kubelet has. Where a node is gone, nothing comes back
        for half a minute, since its neighbours still know it; then the API server says that there is no way to it. A
        refused connection comes from a node that lives, where the kubelet is being started again.
        """
        from urllib3.exceptions import ReadTimeoutError

        place = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
        try:
            with _explaining(self):
                answer = self._send("GET", f"{place}/log?tailLines=1&limitBytes=1", None, _KUBELET_SECONDS)
                content = answer.read()
        except LabError as error:
            return False if isinstance(error.__cause__, ReadTimeoutError) else None
        if answer.status < 400:
            return True
        return False if _NO_WAY.search(_message(content)) else None

    def now(self) -> datetime:
        """The time by the API server's clock; this computer's may be another.

        Raises:
            LabError: it does not answer (`pods.host`).
        """
        with _explaining(self):
            answer = self._send("GET", "/version", None, _SECONDS)
            answer.read()
        return parsedate_to_datetime(answer.headers["Date"])

    def await_objects(
        self, path: str, is_there: Callable[[Sequence[Object]], bool], *, seconds: float, clock: Clock = SYSTEM
    ) -> bool:
        """Watch the objects of a list until they are as wished; whether they were in time.

        Args:
            is_there: judges all of them, and is asked again after each change.
        """
        deadline = clock.seconds() + seconds
        while True:
            listed = self.ask("GET", path) or {}
            objects = {item["metadata"]["uid"]: item for item in listed.get("items") or ()}
            if is_there(list(objects.values())):
                return True
            version = listed["metadata"]["resourceVersion"]
            for change in self._changes(path, version, deadline - clock.seconds()):
                uid = change["object"].get("metadata", {}).get("uid")
                if change["type"] == "DELETED":
                    objects.pop(uid, None)
                elif change["type"] in ("ADDED", "MODIFIED"):
                    objects[uid] = change["object"]
                else:
                    break  # what was listed is too old to be watched from
                if is_there(list(objects.values())):
                    return True
            if clock.seconds() >= deadline:
                return False

    def _changes(self, path: str, version: str, seconds: float) -> Iterator[Object]:
        """What happens to the objects of a list, until the server ends it or the time is up."""
        if seconds <= 0:
            return
        query = f"watch=true&resourceVersion={version}&timeoutSeconds={max(1, int(seconds))}"
        with _explaining(self):
            answer = self._send("GET", f"{path}{'&' if '?' in path else '?'}{query}", None, seconds + _SECONDS)
            with closing(answer.response) as lines:
                yield from map(json.loads, lines)

    def _request(self, method: str, path: str, body: Object | None, accepted: Sequence[int]) -> tuple[int, Object]:
        with _explaining(self):
            answer = self._send(method, path, body, _SECONDS)
            content = answer.read()
        if answer.status >= 400 and answer.status not in accepted:
            raise LabError("pods.refused", _message(content), request=f"{method} {path}")
        return answer.status, json.loads(content or b"{}")

    def _send(self, method: str, path: str, body: Object | None, seconds: float) -> Any:
        client = self.client
        credentials = {setting["key"]: setting["value"] for setting in client.configuration.auth_settings().values()}
        headers = {"Accept": "application/json", "Content-Type": "application/json", **credentials}
        return client.call_api(method, client.configuration.host + path, headers, body, _request_timeout=seconds)

    @cached_property
    def client(self) -> Any:
        """The HTTP client of the Kubernetes project; half a second to import, so only when something is asked.

        Raises:
            LabError: the kubeconfig is none, or has no such context (`pods.host`).
        """
        from kubernetes import client, config

        configuration = client.Configuration()
        configuration.retries = False
        try:
            config.load_kube_config(self.kubeconfig, context=self.context, client_configuration=configuration)
            _follow_token(configuration, self.kubeconfig, self.context)
        except (OSError, config.ConfigException) as error:
            raise self.unreachable(error) from error
        return client.ApiClient(configuration)

    def unreachable(self, error: Exception) -> LabError:
        """What to say where the API server does not answer."""
        return LabError("pods.host", str(error), context=self.context, kubeconfig=self.kubeconfig)


def current_context(kubeconfig: str) -> str:
    """The context that a kubeconfig names as its current one; empty where there is no such file, or it names none."""
    from kubernetes import config

    try:
        _, current = config.list_kube_config_contexts(kubeconfig)
    except (OSError, config.ConfigException):
        return ""
    return str(current["name"])


def _follow_token(configuration: Any, kubeconfig: str, context: str) -> None:
    """Where a file has the token, read it before each request: a ServiceAccount's is another one every hour.

    kubectl does so by itself.
    """
    parts = yaml.safe_load(Path(kubeconfig).read_bytes())
    user = next(each["context"].get("user") for each in parts["contexts"] if each["name"] == context)
    named = [each["user"].get("tokenFile") for each in parts.get("users") or () if each["name"] == user]
    if not any(named):
        return
    file = Path(kubeconfig).parent / named[0]

    def read(configuration: Any) -> None:
        configuration.api_key["BearerToken"] = f"Bearer {file.read_text(encoding='ascii').strip()}"

    configuration.refresh_api_key_hook = read


@contextmanager
def _explaining(host: HostCluster) -> Iterator[None]:
    """Let failures of the connection be told as such."""
    import urllib3.exceptions as http
    from kubernetes.client import ApiException

    try:
        yield
    except (OSError, http.HTTPError, ApiException) as error:
        raise host.unreachable(error) from error


def _message(content: bytes) -> str:
    """The API server's own words."""
    text = content.decode("utf-8", "backslashreplace")
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text
