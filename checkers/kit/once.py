"""What the checks of one grade ask once, all of them together: a cluster may have hundreds of objects."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from checkers.api import Observer

Answer = TypeVar("Answer")

_answers: WeakKeyDictionary[Observer, dict[Hashable, object]] = WeakKeyDictionary()
"""By the observer, of which each grade has one."""


def ask_once(cluster: Observer, question: Hashable, ask: Callable[[], Answer]) -> Answer:
    """The answer that a check of this grade got first.

    It is for what does not change while a grade runs: not for what a check waits for.
    """
    known = _answers.setdefault(cluster, {})
    if question not in known:
        known[question] = ask()
    return cast("Answer", known[question])


def list_once(cluster: Observer, kind: str, *, version: str = "v1") -> Sequence[dict[str, Any]]:
    """All objects of a kind, as they were when a check of this grade listed them first."""
    return ask_once(cluster, (kind, version), lambda: cluster.list(kind, version=version))
