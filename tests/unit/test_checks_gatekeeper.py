"""Gatekeeper: who refused a request, whether the limits are those that were asked for, and why nothing is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from checkers.api import DryRun, Finding, NotSeen, Refused, Text, Verdict
from checkers.gatekeeper import serves
from checkers.replica_limits import boundary, every_deployment, every_namespace, only_deployments
from tests.unit.support.observations import HandMade, Object, node, pod, waiting

TEMPLATE: Object = {
    "kind": "ConstraintTemplate",
    "metadata": {"name": "replicalimits"},
    "spec": {"crd": {"spec": {"names": {"kind": "ReplicaLimits"}}}, "targets": [{}]},
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


MADE = "made-afterwards"
"""The namespace that is made for the grade."""


@dataclass(eq=False)
class Cluster(HandMade):
    """An observer of a cluster with this rule, and of a webhook that says this of a faulty ConstraintTemplate.

    Attributes:
        is_free: a request that is accepted whatever the rule says, by its operation and its manifest.
        is_free_for: the same by the user, empty for the lab's administrator.
        no_namespace: why none can be made.
        asked: the manifests of all dry runs of creations, but for ConstraintTemplates.
        templates: the names of those that dry runs created.
        listed: the kinds of all lists.
    """

    rule: Rule = lambda kind, number, namespace: ACCEPTED
    of_faulty: DryRun = FAULTY
    of_sound: DryRun = ACCEPTED
    is_free: Callable[[str, Mapping[str, Any]], bool] = lambda operation, manifest: False
    is_free_for: Callable[[str], bool] = lambda user: False
    no_namespace: str = ""
    asked: list[Mapping[str, Any]] = field(default_factory=list)
    templates: list[str] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)

    def list(self, kind: str, namespace: str = "", *, version: str = "v1", name: str = "") -> Sequence[Object]:
        self.listed.append(kind)
        return super().list(kind, namespace, version=version, name=name)

    def dry_run(self, manifest: Mapping[str, Any], *, user: str = "") -> DryRun:
        if self.fails:
            raise self.fails
        name = manifest["metadata"]["name"]
        if manifest["kind"] == "ConstraintTemplate":
            self.templates.append(name)
            is_sound = name == manifest["spec"]["crd"]["spec"]["names"]["kind"].lower()
            return self.of_sound if is_sound else self.of_faulty
        self.asked.append(manifest)
        if self.is_free_for(user):
            return ACCEPTED
        return self._decide("CREATE", manifest)

    def dry_run_update(self, manifest: Mapping[str, Any], *, subresource: str = "") -> DryRun:
        return self._decide("UPDATE", manifest)

    def new_namespace(self, labels: Mapping[str, str] | None = None) -> str:
        if self.no_namespace:
            raise Refused(Text(self.no_namespace, self.no_namespace))
        return MADE

    def new_object(self, manifest: Mapping[str, Any]) -> DryRun:
        return self._decide("CREATE", manifest)

    def draw(self, purpose: str) -> str:
        return "word" + "".join(letter for letter in purpose.lower() if letter.isalnum())

    def _decide(self, operation: str, manifest: Mapping[str, Any]) -> DryRun:
        if self.is_free(operation, manifest):
            return ACCEPTED
        return self.rule(manifest["kind"], manifest["spec"].get("replicas", 0), manifest["metadata"]["namespace"])


WEBHOOK: Object = {
    "kind": "ValidatingWebhookConfiguration",
    "metadata": {"name": "webhooks"},
    "webhooks": [
        {
            "name": "validation.gatekeeper.sh",
            "rules": [{key: ["*"] for key in ("apiGroups", "apiVersions", "operations", "resources")}],
        }
    ],
}


def with_gatekeeper(rule: Rule, *objects: Object, **more: Any) -> Cluster:
    known = [TEMPLATE, WEBHOOK, *(objects or [constraint()])]
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


def every(lab: Cluster) -> Finding:
    return every_deployment(lab, outside=[2, 15], inside=7)


ALL = [minimum, maximum, only, every, everywhere]


@pytest.mark.parametrize("check", ALL)
def test_a_constraint_with_the_right_limits_passes(check: Callable[[Cluster], Finding]) -> None:
    assert check(with_gatekeeper(limits())).verdict is Verdict.PASS


@pytest.mark.parametrize("check", ALL)
def test_a_policy_that_gatekeeper_made_of_a_constraint_counts_as_the_constraint(
    check: Callable[[Cluster], Finding],
) -> None:
    rule = limits(by_policy("gatekeeper-replicalimits-limits"))
    assert check(with_gatekeeper(rule, constraint(), BINDING)).verdict is Verdict.PASS


@pytest.mark.parametrize("check", ALL)
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
def test_a_refusal_by_anything_else_fails_and_is_reported(check: Callable[[Cluster], Finding], refusal: DryRun) -> None:
    finding = check(with_gatekeeper(limits(refusal), constraint(), by_hand("of-my-own")))
    assert finding.verdict is Verdict.FAIL
    assert refusal.message in finding.found.en


def by_hand(name: str) -> Object:
    return {"kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": name}}


@pytest.mark.parametrize("check", ALL)
def test_what_denies_everything_fails(check: Callable[[Cluster], Finding]) -> None:
    assert check(with_gatekeeper(lambda *_: denied())).verdict is Verdict.FAIL


@pytest.mark.parametrize("rule", [limits(), lambda *_: ACCEPTED], ids=["refusals", "none"])
def test_all_checks_of_a_grade_list_the_constraints_once(rule: Rule) -> None:
    lab = with_gatekeeper(rule, *(constraint(f"limits-{number}") for number in range(500)))
    for check in ALL:
        check(lab)
    kinds = ["ReplicaLimits", "ConstraintTemplate", "ValidatingWebhookConfiguration"]
    assert [lab.listed.count(kind) for kind in kinds] in ([1, 1, 1], [1, 1, 0])


def test_all_checks_of_a_grade_ask_once_whether_gatekeeper_serves() -> None:
    lab = with_gatekeeper(limits())
    for check in [*ALL, serves]:
        check(lab)
    assert len(lab.templates) == 2


def test_several_constraints_may_share_the_work() -> None:
    def rule(kind: str, number: int, namespace: str) -> DryRun:
        if kind != "Deployment":
            return ACCEPTED
        return denied("[low] few") if number < 3 else denied("[high] many") if number > 10 else ACCEPTED

    lab = with_gatekeeper(rule, constraint("low"), constraint("high"))
    assert [check(lab).verdict for check in ALL] == [Verdict.PASS] * 5


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
    assert [check for check in ALL if check(lab).verdict is Verdict.FAIL] == failing


def test_what_has_the_same_outcome_is_reported_once() -> None:
    text = "Deployment in default with 0, 1, 2 replicas: refused by limits"
    finding = minimum(with_gatekeeper(limits()))
    assert finding.found.en == f"{text}; Deployment in default with 3, 4, 7 replicas: accepted"
    assert only(with_gatekeeper(limits())).found.en.count("Pod in default: accepted") == 1


def test_only_what_is_wrong_is_reported() -> None:
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
    ("objects", "text"),
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
def test_what_keeps_a_constraint_from_refusing_is_reported(objects: list[Object], text: str) -> None:
    finding = minimum(with_gatekeeper(lambda *_: ACCEPTED, *objects))
    assert finding.verdict is Verdict.FAIL
    assert text in finding.found.en


def test_a_constraint_that_was_changed_a_moment_ago_is_not_yet_enforced() -> None:
    changed = constraint()
    changed["metadata"]["generation"] = 2
    assert "grade again" in minimum(with_gatekeeper(lambda *_: ACCEPTED, changed)).found.en


def test_the_compilers_words_on_a_template_are_reported() -> None:
    message = "rego_unsafe_var_error: var minimum is unsafe"
    faulty = {**TEMPLATE, "status": {"byPod": [{"errors": [{"code": "ingest_error", "message": message}]}]}}
    finding = minimum(Cluster([faulty]))
    assert finding.verdict is Verdict.FAIL
    assert message in finding.found.en


def test_a_warning_is_reported_and_is_no_refusal() -> None:
    warned = DryRun(accepted=True, warnings=("[limits] out of range",))
    finding = minimum(with_gatekeeper(limits(warned)))
    assert finding.verdict is Verdict.FAIL
    assert "accepted, with a warning: [limits] out of range" in finding.found.en


@pytest.mark.parametrize("check", [serves, *ALL])
def test_without_gatekeeper_everything_fails(check: Callable[[Cluster], Finding]) -> None:
    finding = check(Cluster([namespace("default")], rule=limits(), of_sound=UNKNOWN, of_faulty=UNKNOWN))
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
@pytest.mark.parametrize("check", [serves, *ALL])
def test_a_webhook_that_does_not_judge_fails(
    check: Callable[[Cluster], Finding], of_sound: DryRun, of_faulty: DryRun
) -> None:
    lab = with_gatekeeper(limits(), of_sound=of_sound, of_faulty=of_faulty)
    assert check(lab).verdict is Verdict.FAIL


@pytest.mark.parametrize("check", [minimum, maximum])
@pytest.mark.parametrize(
    "late",
    [
        pytest.param(ACCEPTED, id="open"),
        pytest.param(DryRun(accepted=False, message='failed calling webhook "validation.gatekeeper.sh"'), id="closed"),
    ],
)
def test_a_webhook_that_was_too_slow_once_is_asked_again(check: Callable[[Cluster], Finding], late: DryRun) -> None:
    seen: set[Any] = set()

    def rule(*asked: Any) -> DryRun:
        is_first = asked not in seen
        seen.add(asked)
        return late if is_first else limits()(*asked)

    assert check(with_gatekeeper(rule)).verdict is Verdict.PASS


def test_an_image_that_cannot_be_had_is_the_labs_fault() -> None:
    image = "openpolicyagent/gatekeeper:v3.23.1"
    webhooks_pod = pod(
        [{"name": "manager", "image": image}],
        states={"manager": waiting("ImagePullBackOff", "no such host")},
        phase="Pending",
        metadata={"namespace": "gatekeeper-system"},
    )
    lab = Cluster([webhooks_pod, node()], images=(image,), of_faulty=ACCEPTED)
    assert serves(lab).verdict is Verdict.BROKEN


def test_a_dry_run_that_does_not_come_back_is_not_the_learners_fault() -> None:
    with pytest.raises(NotSeen):
        serves(Cluster(fails=NotSeen(Text("slow", "慢"))))


def test_no_two_objects_that_are_asked_about_are_alike() -> None:
    lab = with_gatekeeper(limits())
    assert every(lab).verdict is Verdict.PASS
    names = [manifest["metadata"]["name"] for manifest in lab.asked]
    assert len({*names}) == len(names)
    labels = [manifest["metadata"].get("labels", {}) for manifest in lab.asked]
    assert {} in labels
    assert not set.intersection(*({*each} for each in labels))


@pytest.mark.parametrize("beyond", [1000, 10**9])
def test_a_maximum_that_knows_only_the_numbers_that_are_asked_about_fails(beyond: int) -> None:
    known = {11, 15, beyond}
    rule: Rule = lambda kind, number, _: denied() if number < 3 or number in known else ACCEPTED  # noqa: E731
    assert maximum(with_gatekeeper(rule)).verdict is Verdict.FAIL


def free(where: Callable[[str, Mapping[str, Any]], bool], *objects: Object, **more: Any) -> Cluster:
    return with_gatekeeper(limits(), *objects, is_free=where, **more)


def matching(**match: Any) -> Object:
    return constraint(match=match)


def verdicts(lab: Cluster) -> list[Callable[[Cluster], Finding]]:
    """The criteria that fail."""
    return [check for check in ALL if check(lab).verdict is Verdict.FAIL]


def test_who_leaves_out_a_deployment_without_a_label_limits_not_every_deployment() -> None:
    selector = {"matchExpressions": [{"key": "app", "operator": "Exists"}]}
    lab = free(lambda _, obj: "app" not in obj["metadata"].get("labels", {}), matching(labelSelector=selector))
    assert verdicts(lab) == [every]
    assert every(lab).causes == {"label-selector"}
    assert "without labels" in every(lab).found.en


def test_a_label_that_a_constraint_leaves_out_is_tried() -> None:
    selector = {"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["ops"]}]}
    lab = free(lambda _, obj: obj["metadata"].get("labels", {}).get("team") == "ops", matching(labelSelector=selector))
    assert verdicts(lab) == [every]
    assert every(lab).causes == {"label-selector"}


def test_a_rule_about_creations_alone_fails() -> None:
    lab = free(lambda operation, _: operation == "UPDATE")
    assert verdicts(lab) == [every]
    assert every(lab).causes == {"create-only"}
    assert "changed from 7 replicas: accepted" in every(lab).found.en


def test_a_webhook_that_is_not_sent_updates_is_named_rather_than_the_rule() -> None:
    rules = [{**WEBHOOK["webhooks"][0]["rules"][0], "operations": ["CREATE"]}]
    narrowed = {**WEBHOOK, "webhooks": [{**WEBHOOK["webhooks"][0], "rules": rules}]}
    known = [TEMPLATE, narrowed, constraint(), namespace("default"), namespace("shop")]
    lab = Cluster(known, rule=limits(), is_free=lambda operation, _: operation == "UPDATE")
    assert every(lab).causes == {"webhook-narrowed"}


def test_a_template_for_creations_alone_is_named() -> None:
    template = {**TEMPLATE, "spec": {**TEMPLATE["spec"], "targets": [{"operations": ["CREATE"]}]}}
    known = [template, WEBHOOK, constraint(), namespace("default")]
    lab = Cluster(known, rule=limits(), is_free=lambda operation, _: operation == "UPDATE")
    assert every(lab).causes == {"template-operations"}


def test_a_namespace_made_afterwards_that_is_free_fails_in_one_criterion() -> None:
    lab = free(lambda _, obj: obj["metadata"]["namespace"] == MADE, matching(namespaces=["default", "shop"]))
    assert verdicts(lab) == [everywhere]
    assert everywhere(lab).causes == {"namespaces-named", "later-namespaces"}


def test_where_no_namespace_can_be_made_that_alone_is_no_fault() -> None:
    lab = with_gatekeeper(limits(), no_namespace="a policy refuses it")
    assert everywhere(lab).verdict is Verdict.PASS
    assert "a policy refuses it" in everywhere(lab).found.en
    with pytest.raises(NotSeen, match="a policy refuses it"):
        every(lab)


def test_a_constraint_that_refuses_namespaces_limits_other_kinds() -> None:
    lab = with_gatekeeper(limits(), no_namespace=denied().message)
    assert only(lab).verdict is Verdict.FAIL
    assert denied().message in only(lab).found.en


@pytest.mark.parametrize(
    ("match", "cause"),
    [
        ({"excludedNamespaces": ["kube-*", "dev-*"]}, "namespaces-excluded"),
        ({"namespaceSelector": {"matchLabels": {"team": "a"}}}, "namespace-selector"),
        (
            {"namespaceSelector": {"matchExpressions": [{"key": "free", "operator": "DoesNotExist"}]}},
            "namespace-selector",
        ),
        (
            {
                "namespaceSelector": {
                    "matchExpressions": [
                        {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system", "dev"]}
                    ]
                }
            },
            "namespace-selector",
        ),
    ],
)
def test_namespaces_that_do_not_exist_yet_may_not_be_left_out(match: Object, cause: str) -> None:
    finding = everywhere(with_gatekeeper(limits(), matching(**match)))
    assert finding.verdict is Verdict.FAIL
    assert finding.causes == {cause}


@pytest.mark.parametrize(
    "match",
    [
        {"excludedNamespaces": ["kube-*", "kube-system", "gatekeeper-system"]},
        {
            "namespaceSelector": {
                "matchExpressions": [
                    {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system"]}
                ]
            }
        },
        {"namespaces": ["*"]},
    ],
)
def test_the_systems_own_namespaces_may_be_left_out(match: Object) -> None:
    assert everywhere(with_gatekeeper(limits(), matching(**match))).verdict is Verdict.PASS


def test_a_namespace_that_another_constraint_is_there_for_is_not_left_out() -> None:
    others = constraint("others", match={"excludedNamespaces": ["dev"]})
    assert (
        everywhere(
            with_gatekeeper(
                limits(denied("[others] out of range")), others, constraint("dev", match={"namespaces": ["dev"]})
            )
        ).verdict
        is Verdict.PASS
    )


def test_gatekeepers_own_configuration_is_named_where_it_exempts_a_namespace() -> None:
    match = [{"excludedNamespaces": ["shop"], "processes": ["*"]}]
    config = {
        "kind": "Config",
        "metadata": {"name": "config", "namespace": "gatekeeper-system"},
        "spec": {"match": match},
    }
    lab = free(lambda _, obj: obj["metadata"]["namespace"] == "shop", constraint(), config)
    assert everywhere(lab).causes == {"config-exempts"}


def test_a_namespace_that_goes_away_meanwhile_is_not_judged() -> None:
    gone = DryRun(accepted=False, message='namespaces "other" not found')

    class Going(Cluster):
        def get(self, kind: str, name: str, namespace: str = "", *, version: str = "v1") -> Object | None:
            return None if name == "other" else super().get(kind, name, namespace, version=version)

    known = [TEMPLATE, WEBHOOK, constraint(), namespace("default"), namespace("other")]
    lab = Going(known, rule=lambda *asked: gone if asked[2] == "other" else limits()(*asked))
    assert everywhere(lab).verdict is Verdict.PASS


def test_of_many_namespaces_some_are_asked_about_and_those_that_a_rule_leaves_out_first() -> None:
    many = [namespace(f"place-{number}") for number in range(500)]
    lab = free(
        lambda _, obj: obj["metadata"]["namespace"] == "place-317", matching(excludedNamespaces=["place-317"]), *many
    )
    finding = everywhere(lab)
    assert "Deployment in place-317" in finding.found.en
    assert len(lab.asked) < 50


@pytest.mark.parametrize(
    ("spec", "cause"),
    [
        ({"enforcementAction": "dryrun"}, "dryrun"),
        ({"enforcementAction": "warn"}, "warn"),
        ({"enforcementAction": "scoped", "scopedEnforcementActions": [{"action": "deny"}]}, "no-deny"),
        ({"match": {"kinds": [{"apiGroups": [""], "kinds": ["Deployment"]}]}}, "group-not-matched"),
        ({"match": {"kinds": [{"apiGroups": ["*"], "kinds": ["Pod"]}]}}, "kind-not-matched"),
        ({"match": {"name": "web-*"}}, "name-matched"),
        ({"match": {"scope": "Cluster"}}, "scope"),
        ({"match": {"source": "Generated"}}, "source"),
        ({"match": {"kinds": [{"apiGroups": ["apps"], "kinds": ["Deployment"]}]}}, "rule-silent"),
    ],
)
def test_where_nothing_is_refused_the_cause_is_what_every_constraint_has(spec: Object, cause: str) -> None:
    lab = with_gatekeeper(lambda *_: ACCEPTED, constraint("a", **spec), constraint("b", **spec))
    assert minimum(lab).causes == maximum(lab).causes == {cause}


def test_what_one_of_two_constraints_has_is_no_certain_cause() -> None:
    lab = with_gatekeeper(lambda *_: ACCEPTED, constraint("a", enforcementAction="dryrun"), constraint("b"))
    assert "dryrun" not in minimum(lab).causes


TWICE = denied("[limits] few\n[limits] many")


@pytest.mark.parametrize(
    ("rule", "causes"),
    [
        pytest.param(limits(low=4, high=9), ("boundary-refused", "boundary-refused"), id="the limits themselves"),
        pytest.param(limits(high=10**9), (None, "no-upper-limit"), id="no maximum"),
        pytest.param(limits(low=0), ("no-lower-limit", None), id="no minimum"),
        pytest.param(limits(high=20), (None, "limit-elsewhere"), id="another maximum"),
        pytest.param(lambda *_: denied(), ("everything-refused", "everything-refused"), id="everything"),
        pytest.param(
            lambda kind, number, _: TWICE if 3 < number < 10 else denied(),
            ("limits-crossed", "limits-crossed"),
            id="crossed",
        ),
    ],
)
def test_what_is_refused_and_accepted_tells_the_mistake_in_the_rule(
    rule: Rule, causes: tuple[str | None, str | None]
) -> None:
    lab = with_gatekeeper(rule)
    assert [minimum(lab).causes, maximum(lab).causes] == [{cause} if cause else set() for cause in causes]


@pytest.mark.parametrize(
    "others",
    [
        pytest.param([constraint("high", enforcementAction="dryrun")], id="that only records"),
        pytest.param(
            [{**TEMPLATE, "spec": {"crd": {"spec": {"names": {"kind": "Other"}}}}}], id="without a constraint"
        ),
    ],
)
def test_where_something_else_is_there_for_the_maximum_the_rule_is_no_certain_cause(others: list[Object]) -> None:
    lab = with_gatekeeper(limits(high=10**9), constraint(), *others)
    assert maximum(lab).verdict is Verdict.FAIL
    assert maximum(lab).causes == set()


def test_a_policy_of_ones_own_is_a_cause() -> None:
    lab = with_gatekeeper(limits(by_policy("of-my-own")), constraint(), by_hand("of-my-own"))
    assert "other-policy" in minimum(lab).causes


def test_a_rule_for_one_user_alone_fails() -> None:
    lab = with_gatekeeper(limits(), is_free_for=lambda user: user != "")
    assert verdicts(lab) == [every]


def test_an_administrator_who_may_not_ask_as_another_is_no_fault() -> None:
    class Restricted(Cluster):
        def dry_run(self, manifest: Mapping[str, Any], *, user: str = "") -> DryRun:
            forbidden = DryRun(accepted=False, message='users "x" is forbidden: User "me" cannot impersonate resource')
            return forbidden if user else super().dry_run(manifest)

    known = [TEMPLATE, WEBHOOK, constraint(), namespace("default")]
    assert every(Restricted(known, rule=limits())).verdict is Verdict.PASS
