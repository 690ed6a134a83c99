"""Kyverno: whether it judges requests, who refused one, and why none is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from checkers.api import DryRun, NotSeen, Verdict
from checkers.kyverno import Kyverno, serves
from tests.unit.support.observations import NOW, HandMade, Object, node, pod, waiting

ACCEPTED = DryRun(accepted=True)
NOT_CALLED = DryRun(accepted=False, message='failed calling webhook "validate-policy.kyverno.svc": connection refused')
UNKNOWN = DryRun(accepted=False, message='no matches for kind "ValidatingPolicy"')
FAULTY = DryRun(accepted=False, message='admission webhook "validate-policy.kyverno.svc" denied the request: syntax')
BY_CEL = 'admission webhook "vpol.validate.kyverno.svc-fail" denied the request: Policy team failed: no team'
BY_ERROR = (
    'admission webhook "vpol.validate.kyverno.svc-fail" denied the request: Policy team error: no such key: labels'
)
BY_LIST = (
    'admission webhook "validate.kyverno.svc-fail" denied the request: \n\nresource Pod/default/web was blocked due to '
    "the following policies \n\nnames:\n  short: too long\nteam:\n  has-team: 'validation error: no team'\n"
)
BY_BINDING = "ValidatingAdmissionPolicy 'vpol-team' with binding 'vpol-team-binding' denied request: no team"
POD: Object = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "default"}, "spec": {}}


@dataclass(eq=False)
class Cluster(HandMade):
    """An observer of a cluster with Kyverno.

    Attributes:
        of_pods: what each dry run of a Pod gives, in turn; the last one stays.
    """

    of_sound: DryRun = ACCEPTED
    of_faulty: DryRun = FAULTY
    of_pods: tuple[DryRun, ...] = (ACCEPTED,)

    def draw(self, purpose: str) -> str:
        return "word"

    def dry_run(self, manifest: Mapping[str, Any], *, user: str = "") -> DryRun:
        if manifest["kind"] == "ValidatingPolicy":
            is_sound = manifest["spec"]["validations"] == [{"expression": "true"}]
            return self.of_sound if is_sound else self.of_faulty
        first, *rest = self.of_pods
        self.of_pods = tuple(rest) or (first,)
        return first


def refusing(message: str) -> tuple[DryRun, ...]:
    return (DryRun(accepted=False, message=message),)


def asked_about(resource: str = "pods", group: str = "", operation: str = "CREATE") -> Object:
    rule = {"apiGroups": [group], "apiVersions": ["*"], "operations": [operation], "resources": [resource]}
    return {"resourceRules": [rule]}


def cel(kind: str = "ValidatingPolicy", *, ready: bool = True, namespace: str = "", **spec: Any) -> Object:
    metadata = {"name": "team", **({"namespace": namespace} if namespace else {})}
    constraints = {"matchConstraints": asked_about()}
    conditions = [{"type": "WebhookConfigured", "status": "True"}] if ready else []
    status = {"conditionStatus": {"conditions": conditions}}
    return {"kind": kind, "metadata": metadata, "spec": {**constraints, **spec}, "status": status}


def older(action: str = "Enforce", kinds: tuple[str, ...] = ("Pod",), **spec: Any) -> Object:
    rule = {"match": {"any": [{"resources": {"kinds": list(kinds)}}]}, "validate": {"pattern": {}}}
    whole = {"rules": [rule], **({"validationFailureAction": action} if action else {}), **spec}
    status = {"conditions": [{"type": "Ready", "status": "True"}]}
    return {"kind": "ClusterPolicy", "metadata": {"name": "team"}, "spec": whole, "status": status}


# Whether it judges


def test_a_faulty_policy_is_refused_and_a_sound_one_accepted() -> None:
    assert serves(Cluster()).verdict is Verdict.PASS


def test_without_kyverno_its_kinds_are_not_known() -> None:
    finding = serves(Cluster(of_sound=UNKNOWN, of_faulty=UNKNOWN))
    assert finding.verdict is Verdict.FAIL
    assert "not installed" in finding.found.en


def test_a_webhook_that_refuses_nothing_judges_nothing() -> None:
    finding = serves(Cluster(of_faulty=ACCEPTED))
    assert finding.verdict is Verdict.FAIL
    assert "does not answer" in finding.found.en


def test_a_policy_that_refuses_other_policies_is_judged_by() -> None:
    refused = DryRun(accepted=False, message=BY_LIST)
    assert serves(Cluster(of_sound=refused, of_faulty=refused)).verdict is Verdict.PASS


def test_pods_of_kyverno_that_do_not_run_are_told_of() -> None:
    missing = {"main": waiting("CreateContainerConfigError", 'secret "tls" not found')}
    its = pod(metadata={"namespace": "kyverno"}, phase="Pending", states=missing)
    finding = serves(Cluster([its, node()], of_sound=NOT_CALLED, of_faulty=NOT_CALLED))
    assert 'secret "tls" not found' in finding.found.en


# Who refuses


@pytest.mark.parametrize(
    ("message", "names"),
    [
        (BY_CEL, ("team",)),
        (f"{BY_CEL}; Policy names failed: too long", ("team", "names")),
        (BY_ERROR, ()),
        (BY_LIST, ("names", "team")),
        (BY_BINDING, ("team",)),
        ("ValidatingAdmissionPolicy 'x' with binding 'mine' denied request: no team", ()),
        ('admission webhook "validation.gatekeeper.sh" denied the request: [team] Policy team failed: x', ()),
        ("exceeded quota", ()),
    ],
)
def test_a_refusal_comes_from(message: str, names: tuple[str, ...]) -> None:
    owner = {"kind": "ValidatingPolicy", "name": "team"}
    its = {
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "vpol-team-binding", "ownerReferences": [owner]},
    }
    mine = {"kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": "mine"}}
    ruling = Kyverno(Cluster([its, mine], of_pods=refusing(message))).rule(POD, wanted=False)
    assert ruling.refusers == names
    assert not ruling.is_accepted


def test_a_refusal_for_want_of_an_answer_is_told_apart() -> None:
    rulings = [Kyverno(Cluster(of_pods=refusing(message))).rule(POD, wanted=False) for message in (BY_CEL, BY_ERROR)]
    assert [ruling.is_error for ruling in rulings] == [False, True]


# Time


def test_a_policy_that_is_not_ready_is_waited_for() -> None:
    lab = Cluster([cel(ready=False)], later=[[cel(ready=False)], [cel()]], of_pods=(ACCEPTED, *refusing(BY_CEL)))
    assert Kyverno(lab).rule(POD, wanted=False).refusers == ("team",)
    assert (lab.time - NOW).seconds == 5


def test_a_policy_that_does_not_become_ready_is_not_the_learners_fault() -> None:
    with pytest.raises(NotSeen, match="ValidatingPolicy team"):
        Kyverno(Cluster([cel(ready=False)])).rule(POD, wanted=False)


def test_a_policy_that_is_not_for_requests_never_becomes_ready() -> None:
    lab = Cluster([cel(ready=False, evaluation={"admission": {"enabled": False}})])
    assert Kyverno(lab).rule(POD, wanted=False).is_accepted


def test_a_policy_that_an_admission_policy_was_made_of_has_no_webhook() -> None:
    lab = Cluster([{**cel(), "status": {"generated": True}}])
    assert Kyverno(lab).rule(POD, wanted=False).is_accepted


def test_only_the_first_wrong_ruling_is_waited_for() -> None:
    lab = Cluster([cel()])
    for _ in range(3):
        Kyverno(lab).rule(POD, wanted=False)
    assert (lab.time - NOW).seconds == 3


@pytest.mark.parametrize(("of_pods", "wanted"), [((ACCEPTED,), True), (refusing(BY_CEL), False)])
def test_a_right_ruling_is_not_waited_for(of_pods: tuple[DryRun, ...], wanted: bool) -> None:
    lab = Cluster([cel()], of_pods=of_pods)
    Kyverno(lab).rule(POD, wanted=wanted)
    assert lab.time == NOW


def test_a_webhook_that_was_not_reached_is_asked_again() -> None:
    lab = Cluster([cel()], of_pods=(NOT_CALLED, *refusing(BY_CEL)))
    assert Kyverno(lab).rule(POD, wanted=False).refusers == ("team",)


# Why nothing is refused


@pytest.mark.parametrize(
    ("policies", "causes"),
    [
        ([], {"no-policy"}),
        ([older(rules=[{"mutate": {}}])], {"no-policy"}),
        ([cel(validationActions=["Audit", "Warn"])], {"not-deny"}),
        ([older("")], {"not-deny"}),
        ([older("audit")], {"not-deny"}),
        ([cel(matchConstraints=asked_about("deployments", "apps"))], {"kind-not-matched"}),
        ([cel(matchConstraints=asked_about("pods", "apps"))], {"kind-not-matched"}),
        ([cel(matchConstraints=asked_about(operation="UPDATE"))], {"not-asked"}),
        ([older(kinds=("apps/v1/Deployment", "Service"))], {"kind-not-matched"}),
        ([cel("NamespacedValidatingPolicy", namespace="shop")], {"namespaced-policy"}),
        ([cel(evaluation={"admission": {"enabled": False}})], {"not-asked"}),
        ([older(admission=False)], {"not-asked"}),
        ([older("Audit"), cel(validationActions=["Warn"])], {"not-deny"}),
        ([older("Audit"), cel()], set()),
    ],
)
def test_why_policies_refuse_nothing(policies: list[Object], causes: set[str]) -> None:
    why = Kyverno(Cluster(policies)).why_accepted(POD)
    assert why.causes == causes
    assert why.is_by_rules is (not causes)


@pytest.mark.parametrize("operation", ["CREATE", "UPDATE"])
def test_a_rule_for_creations_is_not_asked_about_changes(operation: str) -> None:
    resources = {"kinds": ["Pod"], "operations": ["CREATE"]}
    rules = [{"match": {"any": [{"resources": resources}]}, "validate": {"failureAction": "Enforce"}}]
    why = Kyverno(Cluster([older("", rules=rules)])).why_accepted(POD, operation)
    assert why.causes == (frozenset() if operation == "CREATE" else {"not-asked"})


@pytest.mark.parametrize(
    "policy",
    [
        cel("NamespacedValidatingPolicy", namespace="default"),
        cel(matchConstraints=asked_about("*", "*", "*")),
        older("enforce"),
        older(kinds=("v1/Pod",)),
        older(kinds=("*/Po?",)),
        older("", validationFailureActionOverrides=[{"action": "Enforce", "namespaces": ["default"]}]),
        older("", rules=[{"match": {"resources": {"kinds": ["Pod"]}}, "validate": {"failureAction": "Enforce"}}]),
    ],
)
def test_only_the_rules_decide(policy: Object) -> None:
    why = Kyverno(Cluster([policy])).why_accepted(POD)
    assert why.is_by_rules
    assert "its rules find no violation" in why.words.en
