"""Gatekeeper: who refused a request, whether the limits are those that were asked for, and why nothing is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from checkers.api import DryRun, Finding, NotSeen, Text, Verdict
from checkers.gatekeeper import serves
from checkers.replica_limits import boundary, every_namespace, only_deployments
from tests.unit.support.observations import HandMade, Object, node, pod, waiting

TEMPLATE: Object = {
    "kind": "ConstraintTemplate",
    "metadata": {"name": "replicalimits"},
    "spec": {"crd": {"spec": {"names": {"kind": "ReplicaLimits"}}}},
}
BINDING: Object = {
    "kind": "ValidatingAdmissionPolicyBinding",
    "metadata": {
        "name": "gatekeeper-replicalimits-limits",
        "ownerReferences": [
            {"apiVersion": "constraints.gatekeeper.sh/v1beta1", "kind": "ReplicaLimits", "name": "limits"}
        ],
    },
}
ACCEPTED = DryRun(accepted=True)

Rule = Callable[[str, int, str], DryRun]
"""Decides on an object by its kind, number of replicas and namespace."""


def constraint(name: str = "limits", *, enforced: bool = True, **spec: Any) -> Object:
    status = {"byPod": [{"enforced": enforced, "observedGeneration": 1}]}
    return {"kind": "ReplicaLimits", "metadata": {"name": name, "generation": 1}, "spec": spec, "status": status}


def namespace(name: str, **metadata: Any) -> Object:
    return {"kind": "Namespace", "metadata": {"name": name, **metadata}}


def denied(words: str = "[limits] out of range") -> DryRun:
    return DryRun(accepted=False, message=f'admission webhook "validation.gatekeeper.sh" denied the request: {words}')


def by_policy(binding: str) -> DryRun:
    words = f"ValidatingAdmissionPolicy 'p' with binding '{binding}' denied request: out of range"
    return DryRun(accepted=False, message=f'deployments.apps "x" is forbidden: {words}')


FAULTY = denied("the name is not that of the kind")
UNKNOWN = DryRun(accepted=False, message='no matches for kind "ConstraintTemplate"')


@dataclass
class Cluster(HandMade):
    """An observer of a cluster with this rule, and of a webhook that says this of a faulty ConstraintTemplate."""

    rule: Rule = lambda kind, number, namespace: ACCEPTED
    of_faulty: DryRun = FAULTY
    of_sound: DryRun = ACCEPTED

    def dry_run(self, manifest: Mapping[str, Any]) -> DryRun:
        if self.fails:
            raise self.fails
        name = manifest["metadata"]["name"]
        if manifest["kind"] == "ConstraintTemplate":
            is_sound = name == manifest["spec"]["crd"]["spec"]["names"]["kind"].lower()
            return self.of_sound if is_sound else self.of_faulty
        return self.rule(manifest["kind"], manifest["spec"].get("replicas", 0), manifest["metadata"]["namespace"])


def with_gatekeeper(rule: Rule, *objects: Object, **more: Any) -> Cluster:
    known = [TEMPLATE, *(objects or [constraint()])]
    return Cluster([*known, namespace("default"), namespace("shop"), namespace("kube-system")], rule=rule, **more)


def limits(refusal: DryRun = denied(), low: int = 3, high: int = 10) -> Rule:  # noqa: B008 - a value
    return lambda kind, number, _: refusal if kind == "Deployment" and not low <= number <= high else ACCEPTED


def minimum(lab: Cluster) -> Finding:
    return boundary(lab, refused=[0, 1, 2], accepted=[3, 4, 7])


def maximum(lab: Cluster) -> Finding:
    return boundary(lab, refused=[11, 15], accepted=[7, 10])


def only(lab: Cluster) -> Finding:
    return only_deployments(lab, outside=[2, 15], inside=7)


def everywhere(lab: Cluster) -> Finding:
    return every_namespace(lab, outside=[2, 15], inside=7, exempt=["kube-*", "gatekeeper-system"])


ALL = [minimum, maximum, only, everywhere]


@pytest.mark.parametrize("look", ALL)
def test_a_constraint_with_the_right_limits_passes(look: Callable[[Cluster], Finding]) -> None:
    assert look(with_gatekeeper(limits())).verdict is Verdict.PASS


@pytest.mark.parametrize("look", ALL)
def test_a_policy_that_gatekeeper_made_of_a_constraint_counts_as_the_constraint(
    look: Callable[[Cluster], Finding],
) -> None:
    rule = limits(by_policy("gatekeeper-replicalimits-limits"))
    assert look(with_gatekeeper(rule, constraint(), BINDING)).verdict is Verdict.PASS


@pytest.mark.parametrize("look", ALL)
@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(by_policy("of-my-own"), id="a policy that is not Gatekeeper's"),
        pytest.param(denied("[gone] out of range"), id="a constraint that does not exist"),
        pytest.param(denied("an internal error"), id="the webhook without a constraint"),
        pytest.param(DryRun(accepted=False, message='namespaces "shop" not found'), id="the API server"),
        pytest.param(
            DryRun(accepted=False, message='failed calling webhook "validation.gatekeeper.sh": [limits] no endpoints'),
            id="a webhook that could not be called",
        ),
    ],
)
def test_a_refusal_by_anything_else_fails_and_is_told(look: Callable[[Cluster], Finding], refusal: DryRun) -> None:
    finding = look(with_gatekeeper(limits(refusal), constraint(), by_hand("of-my-own")))
    assert finding.verdict is Verdict.FAIL
    assert refusal.message in finding.found.en


def by_hand(name: str) -> Object:
    return {"kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": name}}


@pytest.mark.parametrize("look", ALL)
def test_what_denies_everything_fails(look: Callable[[Cluster], Finding]) -> None:
    assert look(with_gatekeeper(lambda *_: denied())).verdict is Verdict.FAIL


def test_several_constraints_may_share_the_work() -> None:
    def rule(kind: str, number: int, namespace: str) -> DryRun:
        if kind != "Deployment":
            return ACCEPTED
        return denied("[low] few") if number < 3 else denied("[high] many") if number > 10 else ACCEPTED

    lab = with_gatekeeper(rule, constraint("low"), constraint("high"))
    assert [look(lab).verdict for look in ALL] == [Verdict.PASS] * 4


@pytest.mark.parametrize(
    ("low", "high", "failing"),
    [
        pytest.param(4, 10, [minimum], id="3 is refused"),
        pytest.param(2, 10, [minimum], id="2 is accepted"),
        pytest.param(3, 9, [maximum], id="10 is refused"),
        pytest.param(3, 11, [maximum], id="11 is accepted"),
        pytest.param(3, 1000, [maximum], id="no maximum"),
    ],
)
def test_a_wrong_limit_fails_where_it_is_asked_for_and_nowhere_else(
    low: int, high: int, failing: list[Callable[[Cluster], Finding]]
) -> None:
    lab = with_gatekeeper(limits(low=low, high=high))
    assert [look for look in ALL if look(lab).verdict is Verdict.FAIL] == failing


def test_what_has_the_same_outcome_is_told_once() -> None:
    told = "Deployment in default with 0, 1, 2 replicas: refused by constraint limits"
    assert (
        minimum(with_gatekeeper(limits())).found.en == f"{told}; Deployment in default with 3, 4, 7 replicas: accepted"
    )
    assert only(with_gatekeeper(limits())).found.en.count("Pod in default: accepted") == 1


def test_only_what_is_wrong_is_told() -> None:
    finding = minimum(with_gatekeeper(limits(low=4)))
    assert finding.found.en.startswith("Deployment in default with 3 replicas: refused: ")
    assert "4" not in finding.found.en


@pytest.mark.parametrize("kind", ["StatefulSet", "ReplicaSet", "Pod"])
def test_another_kind_that_is_refused_too_fails(kind: str) -> None:
    def rule(asked: str, number: int, namespace: str) -> DryRun:
        return denied() if asked == kind else limits()(asked, number, namespace)

    finding = only(with_gatekeeper(rule))
    assert finding.verdict is Verdict.FAIL
    assert kind in finding.found.en


def test_a_namespace_that_is_left_out_fails_and_is_named() -> None:
    finding = everywhere(with_gatekeeper(lambda *asked: ACCEPTED if asked[2] == "shop" else limits()(*asked)))
    assert finding.verdict is Verdict.FAIL
    assert "Deployment in shop with 2, 15 replicas: accepted" in finding.found.en
    assert "in default" not in finding.found.en


@pytest.mark.parametrize("left_out", [namespace("gatekeeper-system"), namespace("old", deletionTimestamp="now")])
def test_a_namespace_that_is_exempt_or_on_its_way_out_is_not_asked(left_out: Object) -> None:
    name = left_out["metadata"]["name"]
    lab = with_gatekeeper(lambda *asked: ACCEPTED if asked[2] == name else limits()(*asked), constraint(), left_out)
    assert everywhere(lab).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("objects", "told"),
    [
        pytest.param([constraint(enforcementAction="dryrun")], "its enforcementAction is dryrun", id="only recorded"),
        pytest.param([constraint(enforced=False)], "grade again in a few seconds", id="just applied"),
        pytest.param(
            [constraint(match={"kinds": [{"apiGroups": [""], "kinds": ["Deployment"]}]})],
            '"apiGroups": [""]',
            id="another match",
        ),
        pytest.param([node()], "no constraint of kind ReplicaLimits", id="none"),
    ],
)
def test_what_keeps_a_constraint_from_refusing_is_told(objects: list[Object], told: str) -> None:
    finding = minimum(with_gatekeeper(lambda *_: ACCEPTED, *objects))
    assert finding.verdict is Verdict.FAIL
    assert told in finding.found.en


def test_a_constraint_that_was_changed_a_moment_ago_is_not_yet_enforced() -> None:
    changed = constraint()
    changed["metadata"]["generation"] = 2
    assert "grade again" in minimum(with_gatekeeper(lambda *_: ACCEPTED, changed)).found.en


def test_the_compilers_words_on_a_template_are_told() -> None:
    said = "rego_unsafe_var_error: var minimum is unsafe"
    faulty = {**TEMPLATE, "status": {"byPod": [{"errors": [{"code": "ingest_error", "message": said}]}]}}
    finding = minimum(Cluster([faulty]))
    assert finding.verdict is Verdict.FAIL
    assert said in finding.found.en


def test_a_warning_is_told_and_is_no_refusal() -> None:
    warned = DryRun(accepted=True, warnings=("[limits] out of range",))
    finding = minimum(with_gatekeeper(limits(warned)))
    assert finding.verdict is Verdict.FAIL
    assert "accepted, with a warning: [limits] out of range" in finding.found.en


@pytest.mark.parametrize("look", [serves, *ALL])
def test_without_gatekeeper_everything_fails(look: Callable[[Cluster], Finding]) -> None:
    finding = look(Cluster([namespace("default")], rule=limits(), of_sound=UNKNOWN, of_faulty=UNKNOWN))
    assert finding.verdict is Verdict.FAIL
    assert "not installed" in finding.found.en


def test_it_serves_if_it_tells_a_faulty_template_from_a_sound_one() -> None:
    assert serves(Cluster()).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("of_sound", "of_faulty"),
    [
        pytest.param(ACCEPTED, ACCEPTED, id="nobody looks"),
        pytest.param(FAULTY, FAULTY, id="both are refused"),
        pytest.param(ACCEPTED, DryRun(accepted=False, message="no endpoints available"), id="the webhook is away"),
    ],
)
@pytest.mark.parametrize("look", [serves, *ALL])
def test_a_webhook_that_does_not_judge_fails(
    look: Callable[[Cluster], Finding], of_sound: DryRun, of_faulty: DryRun
) -> None:
    lab = with_gatekeeper(limits(), of_sound=of_sound, of_faulty=of_faulty)
    assert look(lab).verdict is Verdict.FAIL


def test_a_webhook_that_was_too_slow_once_is_asked_again() -> None:
    slow = {"is": True}

    def rule(*asked: Any) -> DryRun:
        late, slow["is"] = slow["is"], False
        return ACCEPTED if late else limits()(*asked)

    assert minimum(with_gatekeeper(rule)).verdict is Verdict.PASS


def test_an_image_that_cannot_be_had_is_the_labs_fault() -> None:
    image = "openpolicyagent/gatekeeper:v3.23.1"
    own = pod(
        [{"name": "manager", "image": image}],
        states={"manager": waiting("ImagePullBackOff", "no such host")},
        phase="Pending",
        metadata={"namespace": "gatekeeper-system"},
    )
    lab = Cluster([own, node()], images=(image,), of_faulty=ACCEPTED)
    assert serves(lab).verdict is Verdict.BROKEN


def test_a_dry_run_that_does_not_come_back_is_not_the_learners_fault() -> None:
    with pytest.raises(NotSeen):
        serves(Cluster(fails=NotSeen(Text("slow", "慢"))))
