"""What a namespace without a label takes, and which of it is what was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml

from checkers.api import DryRun, Finding, Ran, Verdict
from checkers.pod_security import enforces_by_default, silent
from lab.grading.scratch import ANNOTATION
from tests.unit.support.observations import Object
from tests.unit.test_checks_pod_security import MODE, PodSecurity, namespace

FLAG = "--admission-control-config-file=/etc/kubernetes/admission.yaml"


@dataclass(eq=False)
class Defaults(PodSecurity):
    """An API server whose admission configuration has defaults.

    Attributes:
        defaults: mode -> standard.
        exempt: users whose Pods are held against nothing; the administrator has no name.
        args: what its manifest gives it besides.
    """

    defaults: dict[str, str] = field(default_factory=dict)
    exempt: tuple[str, ...] = ()
    args: tuple[str, ...] = ()

    def new_namespace(self, labels: Mapping[str, str] | None = None) -> str:
        name = "model" if labels else "fresh"
        if self.get("Namespace", name) is None:
            account = {"kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}}
            metadata = {"name": name, "labels": dict(labels or {}), "annotations": {ANNOTATION: "1"}}
            self.objects = [*self.objects, {"kind": "Namespace", "metadata": metadata}, account]
        return name

    def dry_run(self, manifest: Mapping[str, Any], *, user: str = "") -> DryRun:
        if user in self.exempt and manifest["metadata"]["namespace"] == "fresh":
            return DryRun(accepted=True)
        return super().dry_run(manifest)

    def get(self, kind: str, name: str, *args: Any, **more: Any) -> Object | None:
        found = super().get(kind, name, *args, **more)
        if found is None or kind != "Namespace" or name != "fresh":
            return found
        labels = {MODE.format(mode): level for mode, level in self.defaults.items()}
        return {**found, "metadata": {**found["metadata"], "labels": labels}}

    def on_node(self, node: str, argv: Sequence[str]) -> Ran:
        if argv[0] == "systemctl":
            return Ran(0, "ActiveState=active\nUnitFileState=enabled\n", "")
        if argv[0] == "cat":
            return Ran(0, "staticPodPath: /etc/kubernetes/manifests\n", "")
        container = {"name": "kube-apiserver", "command": ["kube-apiserver", *self.args]}
        pod = yaml.safe_dump({"kind": "Pod", "spec": {"containers": [container]}})
        return Ran(0, f"2000\n\036kube-apiserver.yaml\n1000\n{pod}", "")


def of(*objects: Object, **shown: Any) -> Finding:
    return enforces_by_default(Defaults([namespace(), *objects], **shown), level="baseline")


def test_what_a_default_refuses_in_a_new_namespace_passes() -> None:
    found = of(defaults={"enforce": "baseline"})
    assert found.verdict is Verdict.PASS
    assert "baseline" in found.found.en


@pytest.mark.parametrize(
    ("shown", "causes"),
    [
        ({}, {"no-default"}),
        ({"args": (FLAG,)}, {"file-without-default"}),
        ({"defaults": {"warn": "baseline"}}, {"only-warned"}),
        ({"defaults": {"enforce": "restricted"}}, {"other-standard", "refused-too-much"}),
        ({"defaults": {"enforce": "baseline"}, "exempt": ("",)}, {"some-users"}),
        ({"defaults": {"enforce": "baseline"}, "exempt": ("user-by-chance",)}, {"some-users"}),
    ],
)
def test_why_a_new_namespace_takes_what_it_should_not(shown: dict[str, Any], causes: set[str]) -> None:
    found = of(**shown)
    assert found.verdict is Verdict.FAIL
    assert found.causes == causes


def test_who_may_create_it_all_the_same_is_reported() -> None:
    found = of(defaults={"enforce": "baseline"}, exempt=("system:serviceaccount:kube-system:job-controller",))
    assert "job-controller: accepted" in found.found.en


def test_the_namespace_of_an_earlier_grade_is_not_the_learners() -> None:
    left = namespace("left", enforce="baseline")
    left["metadata"]["annotations"] = {ANNOTATION: "1"}
    assert of(left).causes == {"no-default"}


def test_labels_of_the_namespaces_that_are_there_are_no_default() -> None:
    assert of(namespace("shop", enforce="baseline")).causes == {"no-default", "labelled"}


@pytest.mark.parametrize(
    ("modes", "causes"),
    [
        ({}, None),
        ({"audit": "restricted"}, None),
        ({"warn": "restricted"}, {"warned"}),
        ({"enforce": "baseline"}, {"refused"}),
    ],
)
def test_where_any_pod_is_taken_without_a_word(modes: dict[str, str], causes: set[str] | None) -> None:
    found = silent(PodSecurity([namespace(**modes)]), namespace="audited")
    assert (found.verdict, set(found.causes)) == (Verdict.FAIL if causes else Verdict.PASS, causes or set())
