"""The lab's API server: requests to it, each bounded in time, and what it means when it does not answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from checkers.api import LabBroken, NoObservation, NotSeen, Ran
from lab.cluster.engine import Engine
from lab.grading.exec import authorization, run_in_container
from lab.grading.words import error_text

_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')
"""As RFC 7234 has it: a code, an agent, the text in quotes. Several may stand in one header."""
_SERVICE_ACCOUNT = re.compile(r"system:serviceaccount:(?P<namespace>[^:]+):[^:]+")
"""The user name of a ServiceAccount."""

Explain = Callable[[], NoObservation | None]
"""Finds out why the API server does not answer; None where nothing is to be seen that keeps it from answering."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back of a request. `date`: when, by the server's clock."""

    status: int
    body: bytes
    warnings: tuple[str, ...]
    date: datetime | None = None


class ApiServer:
    """Speaks to it with the credentials of the lab's kubeconfig, and with nothing else of the user's environment."""

    def __init__(self, engine: Engine, bound: float, explain: Explain) -> None:
        self._engine = engine
        self._bound = bound
        self._explain = explain
        self._down: NoObservation | None = None

    def get(self, path: str) -> Answer:
        """Read."""
        return self._ask("GET", path)

    def post(self, path: str, body: Mapping[str, Any], user: str = "") -> Answer:
        """Create. A `user` acts in place of the kubeconfig's own, and may do everything."""
        return self._ask("POST", path, body, _impersonation(user) if user else ())

    def put(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Replace."""
        return self._ask("PUT", path, body)

    def delete(self, path: str) -> Answer:
        """Delete."""
        return self._ask("DELETE", path)

    def exec(self, path: str, container: str, argv: Sequence[str]) -> Ran:
        """Run a command in a container of the Pod at this path."""
        query = [("container", container), ("stdout", "true"), ("stderr", "true"), *(("command", arg) for arg in argv)]
        with self._bounded(f"exec {path.rpartition('/')[2]}/{container}: {' '.join(argv)}"):
            return run_in_container(self._client.configuration, f"{path}/exec?{urlencode(query)}", self._bound)

    @cached_property
    def _client(self) -> Any:
        """The HTTP client: half a second to import, so only when something is observed."""
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
            found = {"lab": self._engine.lab, "file": kubeconfig, "said": str(error).rstrip(".")}
            raise LabBroken(error_text("observe.no_kubeconfig", **found)) from error
        return client.ApiClient(configuration)

    def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, headers: Iterable[tuple[str, str]] = ()
    ) -> Answer:
        from urllib3 import HTTPHeaderDict

        with self._bounded(f"{method} {path}"):
            client = self._client
            response = client.call_api(
                method,
                client.configuration.host + path,
                header_params=HTTPHeaderDict(
                    [
                        ("Accept", "application/json"),
                        ("Content-Type", "application/json"),
                        *authorization(client.configuration).items(),
                        *headers,
                    ]
                ),
                body=body,
                _request_timeout=self._bound,
            )
            warnings = response.headers.getlist("Warning")
            date = _date(response.headers.get("Date", ""))
            return Answer(response.status, response.read(), _warnings(warnings), date)

    @contextmanager
    def _bounded(self, what: str) -> Iterator[None]:
        """Tell apart an API server that is slow from one that is not there."""
        import urllib3.exceptions as http
        from kubernetes.client import ApiException

        if self._down:
            raise self._down  # the next observation would wait as long, for the same reason
        try:
            yield
        except http.NewConnectionError as error:  # urllib3 counts it among the time-outs
            raise self._why(self._unreachable(error)) from error
        except (TimeoutError, http.TimeoutError) as error:
            raise self._why(slow(what, self._bound)) from error
        except (OSError, http.HTTPError, ApiException) as error:
            raise self._why(self._unreachable(error)) from error

    def _why(self, unexplained: NoObservation) -> NoObservation:
        self._down = self._explain()
        return self._down or unexplained

    def _unreachable(self, error: Exception) -> LabBroken:
        return LabBroken(error_text("observe.unreachable", lab=self._engine.lab, said=_first_cause(error)))


def _impersonation(user: str) -> Iterator[tuple[str, str]]:
    """The headers of a request as this user. Rules of admission see the groups, so a ServiceAccount has its own."""
    yield "Impersonate-User", user
    yield "Impersonate-Group", "system:masters"
    if account := _SERVICE_ACCOUNT.fullmatch(user):
        yield "Impersonate-Group", "system:serviceaccounts"
        yield "Impersonate-Group", f"system:serviceaccounts:{account['namespace']}"


def slow(what: str, bound: float) -> NotSeen:
    """An observation that did not come back in time."""
    return NotSeen(error_text("observe.slow", look=what, seconds=f"{bound:.0f}"))


def _warnings(headers: Sequence[str]) -> tuple[str, ...]:
    """The texts of `Warning: 299 - "text"`. HTTP hands headers over as Latin-1; Kubernetes writes UTF-8."""
    texts = (text for header in headers for text in _WARNING.findall(header))
    return tuple(re.sub(r"\\(.)", r"\1", text).encode("latin-1").decode("utf-8", "replace") for text in texts)


def _date(header: str) -> datetime | None:
    """`Fri, 27 Nov 2026 06:38:58 GMT` as HTTP writes it; None where there is none."""
    try:
        return parsedate_to_datetime(header)
    except ValueError:
        return None


def _first_cause(error: BaseException) -> str:
    """`Connection refused` rather than the three errors that were wrapped around it."""
    reason = getattr(error, "reason", None)
    while isinstance(reason, BaseException):
        error, reason = reason, getattr(reason, "reason", None)
    return str(error)
