"""Which images a rule lets into Pods, by the rulings of an API server made by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from checkers.api import DryRun, Finding, Refused, Text, Verdict
from checkers.images import every_container, every_pod, judged, message, namespaces
from tests.unit.support.observations import NOW, HandMade, Object

LABEL = "stage=production"
REFUSED, ACCEPTED = "NAME:latest", "NAME:1.4"
DENIED = "ValidatingAdmissionPolicy 'tags' with binding 'tags' denied request"


@dataclass(frozen=True)
class Asked:
    """An image that is asked about: where it is in its Pod, and where the Pod is."""

    image: str
    place: str
    namespace: Mapping[str, str]
    operation: str
    labels: Mapping[str, str]
    user: str


Rule = Callable[[Asked], bool]
"""Whether it refuses."""


def is_bad(image: str) -> bool:
    return "@" not in image and (":" not in image.rpartition("/")[2] or image.endswith(":latest"))


def in_production(asked: Asked) -> bool:
    return is_bad(asked.image) and asked.namespace.get("stage") == "production"


@dataclass(eq=False)
class Cluster(HandMade):
    """An API server with this rule, and with a policy and a binding unless `objects` says otherwise.

    Attributes:
        says: what follows the name of the policy in a refusal.
        delay: dry runs until it goes by the rule.
        made: the labels of the namespaces that were made.
    """

    rule: Rule = in_production
    says: str = ": pin it"
    delay: int = 0
    made: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def draw(self, purpose: str) -> str:
        return "word" + purpose.replace(" ", "")

    def new_namespace(self, labels: Mapping[str, str] | None = None) -> str:
        known = next((name for name, each in self.made.items() if each == (labels or {})), "")
        name = known or f"fresh{len(self.made)}"
        self.made[name] = dict(labels or {})
        account = {"kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}}
        self.objects = [*self.objects, namespace(name, **self.made[name]), account]
        return name

    def new_object(self, manifest: Mapping[str, Any]) -> DryRun:
        run = self.dry_run(manifest)
        if run.accepted:
            self.objects = [*self.objects, dict(manifest)]
        return run

    def dry_run(self, manifest: Mapping[str, Any], *, user: str = "") -> DryRun:
        return self._decide(manifest, "CREATE", user)

    def dry_run_update(self, manifest: Mapping[str, Any], *, subresource: str = "") -> DryRun:
        return self._decide(manifest, "UPDATE", "", subresource)

    def dry_run_delete(self, manifest: Mapping[str, Any]) -> DryRun:
        return self._decide(manifest, "DELETE", "")

    def _decide(self, manifest: Mapping[str, Any], operation: str, user: str, subresource: str = "") -> DryRun:
        if self.delay:
            self.delay -= 1
            return DryRun(accepted=True)
        metadata, spec = manifest["metadata"], manifest["spec"]
        place = self.get("Namespace", metadata["namespace"]) or {"metadata": {}}
        labels = place["metadata"].get("labels") or {}
        fields = ["ephemeralContainers"] if subresource else ["containers", "initContainers"]
        for where in fields:
            for number, each in enumerate(spec.get(where) or ()):
                name = f"second {where}" if number else where
                if self.rule(Asked(each["image"], name, labels, operation, metadata.get("labels") or {}, user)):
                    return DryRun(accepted=False, message=f'pods "x" is forbidden: {DENIED}{self.says}')
        return DryRun(accepted=True)


def namespace(name: str, **labels: str) -> Object:
    return {"kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def policy() -> Object:
    spec = {"matchConstraints": {"resourceRules": [{"resources": ["pods", "pods/ephemeralcontainers"]}]}}
    return {"kind": "ValidatingAdmissionPolicy", "metadata": {"name": "tags"}, "spec": spec}


def binding(*actions: str) -> Object:
    spec = {"policyName": "tags", "validationActions": list(actions)}
    return {"kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": "tags"}, "spec": spec}


def cluster(rule: Rule = in_production, *objects: Object, **more: Any) -> Cluster:
    known = [namespace("pharmacy", stage="production"), namespace("bench")]
    return Cluster([*known, *(objects or (policy(), binding("Deny")))], rule=rule, **more)


def of_images(lab: Cluster, refused: Sequence[str] = (REFUSED,), accepted: Sequence[str] = (ACCEPTED,)) -> Finding:
    return judged(lab, by="policy", namespace="pharmacy", refused=refused, accepted=accepted)


def of_containers(lab: Cluster) -> Finding:
    return every_container(lab, by="policy", namespace="pharmacy", label=LABEL, refused=REFUSED, accepted=ACCEPTED)


def of_pods(lab: Cluster) -> Finding:
    return every_pod(lab, by="policy", namespace="pharmacy", label=LABEL, refused=REFUSED, accepted=ACCEPTED)


def of_namespaces(lab: Cluster, label: str = LABEL, free: Sequence[str] = ("bench",)) -> Finding:
    return namespaces(lab, by="policy", label=label, refused=REFUSED, accepted=ACCEPTED, held=["pharmacy"], free=free)


ALL = pytest.mark.parametrize("check", [of_images, of_containers, of_pods, of_namespaces])


@ALL
def test_a_rule_that_is_as_it_should_be_passes(check: Callable[[Cluster], Finding]) -> None:
    finding = check(cluster())
    assert finding.verdict is Verdict.PASS, finding.found.en


@ALL
def test_without_a_rule_everything_fails(check: Callable[[Cluster], Finding]) -> None:
    finding = check(Cluster([namespace("pharmacy", stage="production"), namespace("bench")], rule=lambda _: False))
    assert finding.verdict is Verdict.FAIL
    assert "no-policy" in finding.causes


@ALL
def test_a_rule_that_refuses_everything_fails(check: Callable[[Cluster], Finding]) -> None:
    finding = check(cluster(lambda _: True))
    assert finding.verdict is Verdict.FAIL
    assert "refused-too-much" in finding.causes


def test_a_refusal_by_something_else_is_none() -> None:
    lab = cluster()
    lab.says = ""
    lab.dry_run = lambda manifest, *, user="": DryRun(accepted=False, message="exceeded quota")  # type: ignore[method-assign]
    assert of_images(lab).verdict is Verdict.FAIL


def test_a_rule_that_knows_nothing_of_such_images() -> None:
    assert of_images(cluster(lambda asked: asked.image.endswith(":latest")), ["NAME"]).causes == {"rule-silent"}


# What keeps policies from refusing


@pytest.mark.parametrize(
    ("objects", "cause"),
    [([policy()], "no-binding"), ([policy(), binding("Warn", "Audit")], "not-deny")],
)
def test_why_policies_refuse_nothing(objects: list[Object], cause: str) -> None:
    assert of_images(cluster(lambda _: False, *objects)).causes == {cause}


def test_an_expression_that_cannot_be_evaluated_refuses_nothing_on_purpose() -> None:
    finding = of_images(cluster(lambda _: True, says=": expression 'x' resulted in error: no such key: initContainers"))
    assert finding.causes == {"refused-too-much", "expression-error"}


def test_a_policy_that_was_made_a_moment_ago_has_time() -> None:
    lab = cluster(delay=1)
    assert of_images(lab).verdict is Verdict.PASS
    assert lab.time > NOW


def test_only_the_first_wrong_ruling_is_waited_for() -> None:
    lab = cluster(lambda _: False)
    of_images(lab, refused=["NAME", "NAME:latest", "HOST/NAME"])
    assert (lab.time - NOW).seconds == 3


# Images


@pytest.mark.parametrize(
    ("rule", "causes"),
    [
        (lambda asked: asked.image.endswith(":latest"), {"some-let-through"}),
        (lambda asked: ":" not in asked.image, {"some-let-through", "port-taken-for-tag"}),
        (lambda asked: not asked.image.endswith(":1.4"), {"refused-too-much", "digest-refused"}),
    ],
)
def test_a_rule_that_knows_some_spellings_only(rule: Rule, causes: set[str]) -> None:
    untagged = ["NAME", "HOST/NAME", "HOST:5000/NAME"]
    refused = [*untagged, REFUSED] if "port-taken-for-tag" not in causes else untagged
    assert of_images(cluster(rule), refused, [ACCEPTED, "NAME@DIGEST"]).causes == causes


@pytest.mark.parametrize(
    "rule",
    [lambda asked: not asked.image.startswith("images.example"), lambda asked: "images.example" not in asked.image],
)
def test_a_host_that_only_looks_alike_is_another_one(rule: Rule) -> None:
    finding = of_images(cluster(rule), ["images.example.test/NAME:1", "NAME:1.28"], ["images.example/NAME:1"])
    assert finding.causes == {"some-let-through", "look-alike"}


def test_a_pattern_in_which_a_dot_stands_for_any_letter_takes_other_hosts_for_this_one() -> None:
    lab = cluster(lambda asked: not re.match("images.guild.example/", asked.image))
    refused = ["images.guild.example.test/NAME:1", "images-guild.example/NAME:1", "HOST/images.guild.example/NAME:1"]
    finding = of_images(lab, refused, ["images.guild.example/NAME:1"])
    assert finding.causes == {"some-let-through", "dot-for-any-letter"}


def test_an_image_without_a_host_is_of_another_registry() -> None:
    lab = cluster(lambda asked: "/" in asked.image and not asked.image.startswith("images.example/"))
    finding = of_images(lab, ["NAME:1", "team/NAME:1", "HOST/NAME:1"], ["images.example/NAME:1"])
    assert finding.causes == {"some-let-through", "hub-forgotten"}


def test_what_was_let_through_is_shown_with_its_name() -> None:
    finding = of_images(cluster(lambda _: False))
    assert finding.found.en.startswith(
        "wordimage:latest, a container in pharmacy: accepted; binding tags of policy tags"
    )


# Containers


@pytest.mark.parametrize(
    ("place", "cause"),
    [
        ("initContainers", "init-forgotten"),
        ("ephemeralContainers", "ephemeral-forgotten"),
        ("second containers", "first-only"),
    ],
)
def test_a_kind_of_container_that_is_forgotten(place: str, cause: str) -> None:
    finding = of_containers(cluster(lambda asked: in_production(asked) and asked.place != place))
    assert finding.causes == {"some-let-through", cause}


def test_ephemeral_containers_are_left_where_the_rule_is_for_the_named_namespace_only() -> None:
    lab = cluster(lambda asked: in_production(asked) and len(asked.namespace) == 1)
    assert of_containers(lab).verdict is Verdict.PASS


# Pods


def test_a_rule_that_looks_at_creations_only() -> None:
    lab = cluster(lambda asked: in_production(asked) and asked.operation == "CREATE")
    assert of_pods(lab).causes == {"some-let-through", "create-only"}


def test_a_rule_that_keeps_pods_from_being_deleted() -> None:
    lab = cluster(lambda asked: in_production(asked) or asked.operation == "DELETE")
    finding = of_pods(lab)
    assert finding.causes == {"refused-too-much", "deletion-refused"}
    assert "deletion of a Pod" in finding.found.en


@pytest.mark.parametrize(
    "rule",
    [
        lambda asked: in_production(asked) and bool(asked.labels),
        lambda asked: in_production(asked) and not asked.user,
        lambda asked: in_production(asked) and "pod-template-hash" not in asked.labels,
    ],
)
def test_a_rule_that_some_pods_escape(rule: Rule) -> None:
    assert of_pods(cluster(rule)).causes == {"some-let-through"}


# Namespaces


def test_a_rule_by_the_name_of_the_namespace_knows_no_later_one() -> None:
    lab = cluster(lambda asked: in_production(asked) and len(asked.namespace) == 1)
    assert of_namespaces(lab).causes == {"some-let-through", "later-namespaces"}


def test_a_rule_for_all_namespaces_is_one_too_many() -> None:
    assert of_namespaces(cluster(lambda asked: is_bad(asked.image))).causes == {"refused-too-much", "everywhere"}


def test_a_rule_for_every_value_of_the_label_refuses_too_much() -> None:
    lab = cluster(lambda asked: is_bad(asked.image) and "stage" in asked.namespace)
    assert of_namespaces(lab).causes == {"refused-too-much"}


def test_where_no_label_is_named_the_rule_is_for_every_namespace() -> None:
    assert of_namespaces(cluster(lambda asked: is_bad(asked.image)), label="", free=[]).verdict is Verdict.PASS
    assert of_namespaces(cluster(), label="", free=[]).causes == {"some-let-through", "later-namespaces"}


def test_a_cluster_that_makes_no_namespace_refuses_too_much() -> None:
    class Closed(Cluster):
        def new_namespace(self, labels: Mapping[str, str] | None = None) -> str:
            raise Refused(Text("no", "不"))

    finding = of_namespaces(Closed([namespace("pharmacy", stage="production"), policy(), binding("Deny")]))
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {"refused-too-much"})


# The message


def test_the_words_of_the_refusal() -> None:
    def of_message(lab: Cluster, words: str) -> Finding:
        return message(lab, by="policy", namespace="pharmacy", refused=REFUSED, words=words)

    assert of_message(cluster(), "pin it").verdict is Verdict.PASS
    assert of_message(cluster(), "another").causes == {"other-message"}
    assert of_message(cluster(lambda _: False), "pin it").causes == {"rule-silent"}
