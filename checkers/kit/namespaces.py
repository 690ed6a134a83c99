"""Namespaces that a grade makes for itself, once Pods are accepted in them."""

from __future__ import annotations

from collections.abc import Mapping

from checkers.api import Observer

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
