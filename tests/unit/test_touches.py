"""What exercises take for themselves on a lab, and which of them cannot be prepared together."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from lab import i18n
from lab.catalog.load import load
from lab.catalog.model import MachineFile, Resource, Scenario
from lab.catalog.touches import derived, described, is_touch, overlap, shared
from tests.unit.support.exercises import exercise


def touching(*touches: str, name: str = "one") -> Any:
    return exercise([], name=name, touches=frozenset(touches))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("api-server", "api-server"),
        ("namespace:shop", "pod:shop/web"),
        ("pod:default/web", "pod:default/web"),
        ("runtimeclass:*", "runtimeclass:sandbox"),
        ("file:kube-worker-1:/etc/apparmor.d", "file:kube-worker-1:/etc/apparmor.d/web"),
        ("node:kube-worker-1", "file:kube-worker-1:/etc/hosts"),
        ("node:kube-worker-1", "node-runtime"),
        ("node:kube-worker-1", "kernel"),
        ("node:kube-control-plane", "api-server"),
        ("namespace:*", "namespace:shop"),
        ("namespace:*", "pod:default/web"),
    ],
)
def test_these_are_the_same_or_one_is_a_part_of_the_other(one: str, other: str) -> None:
    assert overlap(one, other)
    assert overlap(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("api-server", "admission"),
        ("namespace:shop", "namespace:media"),
        ("namespace:shop", "pod:default/shop"),
        ("pod:default/web", "pod:media/web"),
        ("runtimeclass:one", "runtimeclass:two"),
        ("node:kube-worker-1", "api-server"),
        ("file:base:/opt/a", "file:base:/opt/ab"),
        ("file:base:/opt/a", "file:kube-worker-1:/opt/a"),
    ],
)
def test_these_have_nothing_in_common(one: str, other: str) -> None:
    assert not overlap(one, other)
    assert not overlap(other, one)


def test_what_a_scenario_names_is_touched() -> None:
    scenario = Scenario(
        namespaces=("shop",),
        remove=(Resource("Pod", "web", "default"), Resource("RuntimeClass", "sandbox")),
        files=(MachineFile("base", "/opt/notes", Path("notes")),),
    )
    assert set(derived(scenario)) == {
        "namespace:shop",
        "pod:default/web",
        "runtimeclass:sandbox",
        "file:base:/opt/notes",
    }


def test_two_exercises_share_the_narrower_of_what_both_touch() -> None:
    one, other = touching("namespace:shop", "kernel"), touching("pod:shop/web", "admission")
    assert shared(one, other) == shared(other, one) == ("pod:shop/web",)


@pytest.mark.parametrize("touch", ["api-server", "kernel", "node:kube-worker-1", "runtimeclass:sandbox", "namespace:*"])
def test_an_exercise_may_declare(touch: str) -> None:
    assert is_touch(touch)


@pytest.mark.parametrize("touch", ["api", "runtimeclass", "runtimeclass:", "pod:default/web", "file:base:/a", "node:*"])
def test_an_exercise_may_not_declare(touch: str) -> None:
    assert not is_touch(touch)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_touch_can_be_told_to_a_person(language: i18n.Language, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i18n, "language", lambda: language)
    for touch in {*(touch for own in load().exercises for touch in own.touches), "runtimeclass:*", "network"}:
        assert described(touch)


APART = {
    ("capabilities-minimal", "psa-diagnose"),  # both have a namespace harbour: one of them needs another
    ("etcd-encryption", "secret-in-etcd"),  # what the one encrypts the other reads
    ("encryption-rotate", "etcd-encryption"),
    ("encryption-rotate", "secret-in-etcd"),
    ("encryption-rotate", "psa-audit"),
    ("etcd-encryption", "psa-audit"),
    ("psa-audit", "secret-in-etcd"),
    ("csr-review", "mtls-csr"),  # every request for a certificate is one of the learner's
    ("gvisor-runtimeclass", "gvisor-tenant"),  # every new RuntimeClass is
    ("gvisor-install", "gvisor-runtimeclass"),
    ("gvisor-install", "gvisor-tenant"),
    ("gvisor-install", "sandbox-required"),
    ("gvisor-runtimeclass", "sandbox-required"),
    ("gvisor-tenant", "sandbox-required"),
    ("sandbox-required", "vap-no-latest"),
    ("istio-authorization", "istio-strict"),
    # Istio's webhooks are of admission, too: an exercise under way that touches it keeps what is of admission.
    *(
        (mesh, rule)
        for mesh in ("istio-authorization", "istio-strict")
        for rule in ("sandbox-required", "vap-no-latest")
    ),
}
"""Exercises that cannot be prepared together, since their tasks are about the same thing."""
ALONE = {
    *("kyverno-require-label", "psa-cluster-default"),
    *("gatekeeper-allowed-registries", "gatekeeper-audit-then-deny", "gatekeeper-replica-limits"),
}
"""Exercises whose task is about every namespace."""


def test_only_exercises_about_the_same_thing_touch_the_same() -> None:
    together = combinations(sorted(load().exercises, key=lambda each: each.id), 2)
    found = {(one.id, other.id): shared(one, other) for one, other in together if shared(one, other)}
    assert {pair: touched for pair, touched in found.items() if pair not in APART and not ALONE & {*pair}} == {}
