"""What a grade makes in the cluster: a namespace for each set of labels, all removed when the grade ends.

A grade that was killed leaves them behind: the next grade that makes one removes them, and so does the next start.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import secrets
import string
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from checkers.api import NoObservation, Refused
from lab.clock import Clock
from lab.grading.exec import message_of
from lab.grading.server import ApiServer
from lab.grading.words import error_text

ANNOTATION = "ckslab.io/made-for-a-grade"
"""Marks the namespace, and names the process that made it. Not a label: a learner's rule could select it by that."""
LEFT_OVER = timedelta(minutes=10)
"""A namespace as old as this belongs to a grade that was killed, on whatever computer: no grade takes so long."""

_NAMESPACES = "/api/v1/namespaces"
_LETTERS = 10


def random_word() -> str:
    """A word that can be the name of anything in Kubernetes."""
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(_LETTERS))


class Scratch:
    """Makes a namespace when it is first asked for."""

    def __init__(self, server: ApiServer, clock: Clock) -> None:
        self._server = server
        self._clock = clock
        self._made: dict[tuple[tuple[str, str], ...], str] = {}

    @property
    def names(self) -> Collection[str]:
        """Of those that were made."""
        return self._made.values()

    def namespace(self, labels: Mapping[str, str]) -> str:
        """The name of the one with these labels.

        Raises:
            Refused: the API server does not make it, and says why.
        """
        key = tuple(sorted(labels.items()))
        if key not in self._made:
            if not self._made:
                self._remove_left_over()
            self._made[key] = self._make(labels)
        return self._made[key]

    def remove(self) -> None:
        """Have them removed with all that is in them. An API server that does not answer now is left a leftover."""
        for name in self._made.values():
            self._delete(name)
        self._made.clear()

    def _make(self, labels: Mapping[str, str]) -> str:
        name = random_word()
        metadata: dict[str, Any] = {"name": name, "annotations": {ANNOTATION: _maker(os.getpid())}}
        if labels:
            metadata["labels"] = {**labels}
        answer = self._server.post(_NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        if answer.status >= 400:
            answered = {"path": _NAMESPACES, "status": answer.status, "said": message_of(answer.body)}
            raise Refused(error_text("observe.refused", **answered))
        return name

    def _remove_left_over(self) -> None:
        """Remove the namespaces of grades that were killed."""
        answer = self._server.get(_NAMESPACES)
        for namespace in json.loads(answer.body)["items"] if answer.status == 200 else ():
            if _is_left_over(namespace, self._clock.now()):
                self._delete(namespace["metadata"]["name"])

    def _delete(self, name: str) -> None:
        with contextlib.suppress(NoObservation):
            self._server.delete(f"{_NAMESPACES}/{quote(name)}")


def _is_left_over(namespace: dict[str, Any], now: datetime) -> bool:
    metadata = namespace["metadata"]
    maker = (metadata.get("annotations") or {}).get(ANNOTATION)
    if maker is None:
        return False
    return _has_ended(maker) or now - datetime.fromisoformat(metadata["creationTimestamp"]) > LEFT_OVER


def _maker(process: int) -> str:
    """A process of this computer. The computer's name is nobody's business: it would get into recordings."""
    return f"{process}@{hashlib.sha256(platform.node().encode()).hexdigest()[:12]}"


def _has_ended(maker: str) -> bool:
    """Whether it is a process of this computer that does not run any more."""
    process = maker.partition("@")[0]
    if not process.isdecimal() or maker != _maker(int(process)):
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False  # it is another user's
    return False
