"""Which Pods a rule about a label lets in, by the rulings of an API server made by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from checkers.api import DryRun, Finding, Refused, Text, Verdict
from checkers.required_label import every_pod, judged, message, namespaces, only_pods
from tests.unit.support.observations import HandMade, Object, pod
from tests.unit.test_checks_kyverno import FAULTY, cel


@dataclass(frozen=True)
class Asked:
    """What is asked about, and how; `labels` are those of the Pods of what has a template."""

    kind: str
    labels: Mapping[str, str]
    namespace: str
    operation: str
    owner: str


Rule = Callable[[Asked], bool]
"""Whether it refuses."""
SYSTEM = ("kube-system", "kyverno")


def without_team(asked: Asked) -> bool:
    return asked.kind in ("Pod", "Deployment") and "team" not in asked.labels and asked.namespace not in SYSTEM


@dataclass(eq=False)
class Cluster(HandMade):
    """An API server with Kyverno, one policy and this rule.

    Attributes:
        says: what a refusal says.
        no_namespace: why none can be made.
    """

    rule: Rule = without_team
    says: str = "failed: name your team"
    no_namespace: str = ""
    made: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def draw(self, purpose: str) -> str:
        return "word" + purpose.replace(" ", "").lower()

    def new_namespace(self, labels: Mapping[str, str] | None = None) -> str:
        if self.no_namespace:
            raise Refused(Text(self.no_namespace, self.no_namespace))
        known = next((name for name, each in self.made.items() if each == (labels or {})), "")
        name = known or f"fresh{len(self.made)}"
        self.made[name] = dict(labels or {})
        account = {"kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}}
        self.objects = [*self.objects, account]
        return name

    def new_object(self, manifest: Mapping[str, Any]) -> DryRun:
        run = self.dry_run(manifest)
        if run.accepted:
            self.objects = [*self.objects, dict(manifest)]
        return run

    def dry_run(self, manifest: Mapping[str, Any], *, user: str = "") -> DryRun:
        if manifest["kind"] == "ValidatingPolicy":
            is_sound = manifest["spec"]["validations"] == [{"expression": "true"}]
            return DryRun(accepted=True) if is_sound else FAULTY
        return self._decide(manifest, "CREATE", user)

    def dry_run_update(self, manifest: Mapping[str, Any], *, subresource: str = "") -> DryRun:
        return self._decide(manifest, "UPDATE", "")

    def dry_run_delete(self, manifest: Mapping[str, Any]) -> DryRun:
        return self._decide(manifest, "DELETE", "")

    def _decide(self, manifest: Mapping[str, Any], operation: str, user: str) -> DryRun:
        template = (manifest.get("spec") or {}).get("template") or manifest
        labels = template["metadata"].get("labels") or {}
        asked = Asked(manifest["kind"], labels, manifest["metadata"]["namespace"], operation, user)
        if self.rule(asked):
            words = f'admission webhook "vpol.validate.kyverno.svc-fail" denied the request: Policy team {self.says}'
            return DryRun(accepted=False, message=words)
        return DryRun(accepted=True)


def cluster(rule: Rule = without_team, *policies: Object, **more: Any) -> Cluster:
    return Cluster([*(policies or (cel(),))], rule=rule, **more)


def of_labels(lab: Cluster) -> Finding:
    return judged(lab, by="kyverno", namespace="default", label="team", example="optics")


def of_pods(lab: Cluster) -> Finding:
    return every_pod(lab, by="kyverno", namespace="default", label="team")


def of_others(lab: Cluster) -> Finding:
    return only_pods(lab, by="kyverno", namespace="default", label="team")


def of_namespaces(lab: Cluster) -> Finding:
    return namespaces(lab, by="kyverno", label="team", held=["default"], free=SYSTEM)


def of_message(lab: Cluster) -> Finding:
    return message(lab, by="kyverno", namespace="default", words="name your team")


ALL = pytest.mark.parametrize("check", [of_labels, of_pods, of_others, of_namespaces, of_message])


@ALL
def test_a_rule_that_is_as_it_should_be_passes(check: Callable[[Cluster], Finding]) -> None:
    finding = check(cluster())
    assert finding.verdict is Verdict.PASS, finding.found.en


@ALL
def test_without_a_policy_everything_fails(check: Callable[[Cluster], Finding]) -> None:
    finding = check(Cluster(rule=lambda _: False))
    assert finding.verdict is Verdict.FAIL
    assert "no-policy" in finding.causes


@pytest.mark.parametrize("check", [of_labels, of_pods, of_others, of_namespaces])
def test_a_rule_that_refuses_everything_fails(check: Callable[[Cluster], Finding]) -> None:
    finding = check(cluster(lambda _: True))
    assert finding.verdict is Verdict.FAIL
    assert "refused-too-much" in finding.causes


# The label


def test_a_rule_that_knows_the_teams_of_today() -> None:
    finding = of_labels(cluster(lambda asked: asked.labels.get("team") != "optics"))
    assert finding.causes == {"refused-too-much", "value-demanded"}


def test_a_key_that_only_begins_alike_is_another_label() -> None:
    finding = of_labels(cluster(lambda asked: not any(key.startswith("team") for key in asked.labels)))
    assert finding.causes == {"some-let-through"}


def test_a_rule_that_lets_every_pod_through_that_was_tried() -> None:
    assert of_labels(cluster(lambda _: False)).causes == {"rule-silent"}


# Every Pod


def test_a_rule_that_looks_at_creations_only() -> None:
    finding = of_pods(cluster(lambda asked: without_team(asked) and asked.operation == "CREATE"))
    assert finding.causes == {"create-only", "not-asked", "some-let-through"}


def test_a_rule_that_keeps_pods_from_being_deleted() -> None:
    finding = of_pods(cluster(lambda asked: without_team(asked) or asked.operation == "DELETE"))
    assert finding.causes == {"refused-too-much", "deletion-refused"}


def test_a_rule_that_lets_the_pods_of_controllers_through() -> None:
    finding = of_pods(cluster(lambda asked: without_team(asked) and not asked.owner))
    assert finding.causes == {"controllers-let-through", "some-let-through"}


def in_default(asked: Asked) -> bool:
    return without_team(asked) and asked.namespace == "default"


def test_a_namespace_without_the_rule_is_another_criterions_finding() -> None:
    assert of_pods(cluster(in_default)).verdict is Verdict.PASS


def test_where_the_rule_does_not_hold_afterwards_a_pod_that_is_there_is_changed() -> None:
    there = pod(metadata={"namespace": "default", "labels": {"team": "optics"}})
    lab = cluster(lambda asked: in_default(asked) and asked.operation == "CREATE", cel(), there)
    assert of_pods(lab).causes == {"create-only", "not-asked", "some-let-through"}


def test_a_change_is_not_asked_about_where_no_namespace_can_be_made() -> None:
    assert of_pods(cluster(no_namespace="no team")).verdict is Verdict.PASS


# What is no Pod


def test_a_rule_for_more_than_pods() -> None:
    finding = of_others(cluster(lambda asked: asked.kind == "Service" or without_team(asked)))
    assert finding.causes == {"other-kinds-refused", "refused-too-much"}


# Namespaces


def test_a_rule_for_the_namespaces_of_today() -> None:
    finding = of_namespaces(cluster(lambda asked: without_team(asked) and asked.namespace == "default"))
    assert finding.causes == {"later-namespaces", "some-let-through"}


def test_a_rule_that_takes_the_systems_own_in() -> None:
    finding = of_namespaces(cluster(lambda asked: "team" not in asked.labels))
    assert finding.causes == {"system-refused", "refused-too-much"}


def test_a_namespace_that_is_refused_is_told_of() -> None:
    finding = of_namespaces(cluster(no_namespace="a namespace needs a team"))
    assert finding.verdict is Verdict.FAIL
    assert finding.causes == {"refused-too-much"}


# The message


def test_other_words() -> None:
    assert of_message(cluster(says="failed: no")).causes == {"other-message"}


def test_an_error_in_place_of_the_message() -> None:
    errors = {"unlabelled-error", "labelled-error"}
    finding = of_message(cluster(says="error: no such key: labels"))
    assert finding.causes == {"other-message", "expression-error", *errors}
