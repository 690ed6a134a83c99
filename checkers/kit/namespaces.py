"""Namespaces that a grade makes for itself, once Pods are accepted in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from checkers.api import Observer

MADE_FOR_A_GRADE = "ckslab.io/made-for-a-grade"
"""The annotation of the namespaces that grades make. Those of the grade before may still be there, on their way out."""
_PATIENCE = 10
"""Seconds to wait for a namespace's default account."""


def new_for_pods(cluster: Observer, labels: Mapping[str, str] | None = None) -> str:
    """The name of a new namespace with these labels, once it has its default account.

    A controller makes the account a moment after the namespace; before that, every Pod is refused. Raises `Refused`
    where the cluster refuses to make the namespace.
    """
    name = cluster.new_namespace(labels)
    for _ in range(_PATIENCE):
        if cluster.get("ServiceAccount", "default", name):
            break
        cluster.wait(1)
    return name


def is_of_a_grade(namespace: Mapping[str, Any]) -> bool:
    """Whether a grade has made the namespace, so that nothing of it is the learner's."""
    return MADE_FOR_A_GRADE in (namespace["metadata"].get("annotations") or {})
