"""A rule by which Pods have to use a RuntimeClass, by the rulings of an API server made by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from checkers.api import DryRun, Finding, Refused, Text, Verdict
from checkers.sandbox_policy import every_pod, message, namespaces, refuses
from tests.unit.support.observations import HandMade, Object

LABEL = "code=untrusted"
DENIED = "ValidatingAdmissionPolicy 'boxed' with binding 'boxed' denied request"


@dataclass(frozen=True)
class Asked:
    """A Pod that is asked about: its RuntimeClass, the labels of its namespace, and who makes it."""

    used: str
    namespace: Mapping[str, str]
    user: str


Rule = Callable[[Asked], bool]
"""Whether it refuses."""


def boxed(asked: Asked) -> bool:
    return asked.namespace.get("code") == "untrusted" and asked.used != "gvisor"


@dataclass(eq=False)
class Cluster(HandMade):
    """An API server with this rule.

    Attributes:
        says: what follows the name of the policy in a refusal.
        made: the labels of each namespace that was made.
        makes: whether namespaces are made at all.
    """

    rule: Rule = boxed
    says: str = ": use gvisor"
    made: dict[str, Mapping[str, str]] = field(default_factory=dict)
    makes: bool = True

    def draw(self, purpose: str) -> str:
        return f"word-{purpose}"

    def new_namespace(self, labels: Mapping[str, str] | None = None) -> str:
        if not self.makes:
            raise Refused(Text("no namespaces", "no namespaces"))
        name = f"made-{len(self.made)}"
        self.made[name] = labels or {}
        self.objects.append({"kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}})
        return name

    def dry_run(self, manifest: Mapping[str, Any], *, user: str = "") -> DryRun:
        namespace = manifest["metadata"]["namespace"]
        labels = self.made.get(
            namespace, {"arcade": {"code": "untrusted"}, "atelier": {"code": "x"}}.get(namespace, {})
        )
        asked = Asked(manifest["spec"].get("runtimeClassName", ""), labels, user)
        return DryRun(False, f"{DENIED}{self.says}") if self.rule(asked) else DryRun(True)


def policy(resources: list[str] | None = None) -> Object:
    rules = {"resourceRules": [{"resources": resources or ["pods"]}]}
    return {
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "boxed"},
        "spec": {"matchConstraints": rules},
    }


def binding(action: str = "Deny") -> Object:
    spec = {"policyName": "boxed", "validationActions": [action]}
    return {"kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": "boxed"}, "spec": spec}


def cluster(rule: Rule = boxed, *objects: Object, **more: Any) -> Cluster:
    return Cluster(list(objects or (policy(), binding())), rule=rule, **more)


def never(_: Asked) -> bool:
    return False


def in_arcade(lab: Cluster) -> Finding:
    return refuses(lab, namespace="arcade", runtime_class="gvisor", others=["plain"])


def where(lab: Cluster) -> Finding:
    return namespaces(lab, label=LABEL, held=["arcade"], free=["atelier"], runtime_class="gvisor")


def test_the_rule_passes_every_check() -> None:
    lab = cluster()
    assert in_arcade(lab).verdict is Verdict.PASS
    assert every_pod(lab, namespace="arcade", runtime_class="gvisor").verdict is Verdict.PASS
    assert where(lab).verdict is Verdict.PASS
    assert message(lab, namespace="arcade", words="use gvisor").verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("objects", "causes"),
    [
        ([binding()], {"no-policy"}),
        ([policy()], {"no-binding"}),
        ([policy(), binding("Warn")], {"not-deny"}),
        ([policy(), binding()], {"rule-silent"}),
        ([policy(["deployments"]), binding()], {"kind-not-matched"}),
    ],
)
def test_why_nothing_is_refused(objects: list[Object], causes: set[str]) -> None:
    finding = in_arcade(cluster(never, *objects))
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, causes)


def test_another_class_does_not_do() -> None:
    finding = in_arcade(cluster(lambda asked: not asked.used))
    assert finding.causes == {"any-class", "some-let-through"}
    assert finding.found.en.startswith("runtimeClassName: plain, a Pod in arcade: accepted")


def test_who_refuses_everything_refuses_too_much() -> None:
    assert in_arcade(cluster(lambda _: True)).causes == {"refused-too-much"}


def test_what_another_than_a_policy_refuses_is_not_the_rules() -> None:
    lab = cluster(lambda _: True)
    lab.dry_run = lambda *_, **__: DryRun(False, "exceeded quota")  # type: ignore[method-assign]
    assert in_arcade(lab).verdict is Verdict.FAIL


ERROR = " expression 'object.spec.runtimeClassName' resulted in error: no such key"


def test_an_expression_that_ends_in_an_error_refuses_but_not_with_the_message() -> None:
    lab = cluster(says=f":{ERROR}")
    assert in_arcade(lab).verdict is Verdict.PASS
    finding = message(lab, namespace="arcade", words="use gvisor")
    assert finding.causes == {"other-message", "expression-error"}


def test_another_message_is_told() -> None:
    finding = message(cluster(says=": no"), namespace="arcade", words="use gvisor")
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {"other-message"})
    assert message(cluster(never), namespace="arcade", words="use gvisor").causes == {"rule-silent"}


def test_pods_of_controllers_count() -> None:
    finding = every_pod(
        cluster(lambda asked: boxed(asked) and not asked.user), namespace="arcade", runtime_class="gvisor"
    )
    assert finding.causes == {"controllers-let-through", "some-let-through"}
    assert finding.found.en.startswith("runtimeClassName: null, a Pod of a ReplicaSet in arcade: accepted")


def by_name(asked: Asked) -> bool:
    return boxed(asked) and len(asked.namespace) == 1  # the one that was made has another label, too


@pytest.mark.parametrize(
    ("rule", "causes"),
    [
        (by_name, {"later-namespaces", "some-let-through"}),
        (lambda asked: asked.used != "gvisor", {"everywhere", "refused-too-much"}),
        (lambda asked: "code" in asked.namespace and asked.used != "gvisor", {"any-value", "refused-too-much"}),
        (never, {"rule-silent"}),
    ],
)
def test_where_the_rule_holds(rule: Rule, causes: set[str]) -> None:
    finding = where(cluster(rule))
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, causes)


def test_a_rule_that_refuses_namespaces_refuses_too_much() -> None:
    assert where(cluster(makes=False)).causes == {"refused-too-much"}
