"""A namespace of a grade: when Pods can be asked about in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from checkers.kit.namespaces import new_for_pods
from tests.unit.support.observations import NOW, HandMade, Object


class Cluster(HandMade):
    """A cluster that makes namespaces."""

    def new_namespace(self, labels: Mapping[str, str] | None = None) -> str:
        return "fresh" if labels is None else "fresh-" + "-".join(labels.values())


def account(namespace: str) -> Object:
    return {"kind": "ServiceAccount", "metadata": {"name": "default", "namespace": namespace}}


def test_a_namespace_that_has_its_account_is_there_at_once() -> None:
    cluster = Cluster([account("fresh-blue")])
    assert new_for_pods(cluster, {"colour": "blue"}) == "fresh-blue"
    assert cluster.time == NOW


def test_an_account_that_is_on_its_way_is_waited_for() -> None:
    cluster = Cluster(later=[[], [account("fresh")]])
    assert new_for_pods(cluster) == "fresh"
    assert cluster.time == NOW + timedelta(seconds=2)


def test_an_account_that_never_comes_is_not_waited_for_long() -> None:
    cluster = Cluster()
    new_for_pods(cluster)
    assert cluster.time == NOW + timedelta(seconds=10)
