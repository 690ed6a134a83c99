"""What the checks of one grade list once, all of them together: a cluster may have hundreds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from checkers.api import Observer

_lists: WeakKeyDictionary[Observer, dict[tuple[str, str], Sequence[dict[str, Any]]]] = WeakKeyDictionary()
"""By the observer, of which each grade has one."""


def list_once(cluster: Observer, kind: str, *, version: str = "v1") -> Sequence[dict[str, Any]]:
    """All objects of a kind, as they were when a check of this grade listed them first.

    It is for what does not change while a grade runs: not for what a check waits for.
    """
    known = _lists.setdefault(cluster, {})
    if (kind, version) not in known:
        known[kind, version] = cluster.list(kind, version=version)
    return known[kind, version]
