"""What the audit log tells of Pods that violate a standard."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml

from checkers.api import DryRun, Finding, Ran, Verdict
from checkers.audit import ANNOTATION, violations
from tests.unit.support.observations import HandMade
from tests.unit.test_checks_pod_security import namespace

LOG = "/var/log/kubernetes/audit/audit.log"
POLICY = "--audit-policy-file=/etc/policy.yaml"


@dataclass
class Audited(HandMade):
    """A control plane that records each Pod of namespace `audited`, with what it violates.

    Attributes:
        level: which standard the events name; none: they have no annotation.
        recorded: users whose Pods are recorded; None: all.
        late: how many times the log is read before anything is in it.
        log: whether there is one.
        args: what the manifest gives the API server besides.
    """

    level: str = "baseline"
    recorded: tuple[str, ...] | None = None
    late: int = 0
    log: bool = True
    args: tuple[str, ...] = (POLICY, f"--audit-log-path={LOG}")
    mount: str = "/var/log/kubernetes"
    lines: list[str] = field(default_factory=list)

    def draw(self, purpose: str) -> str:
        return f"{purpose}-by-chance"

    def dry_run(self, manifest: Mapping[str, Any], *, user: str = "") -> DryRun:
        about = {"resource": "pods", "namespace": "audited", "name": manifest["metadata"]["name"]}
        annotations = {ANNOTATION: f'would violate PodSecurity "{self.level}:latest": privileged'} if self.level else {}
        if self.recorded is None or user in self.recorded:
            event = {"stage": "ResponseComplete", "objectRef": about, "annotations": annotations}
            self.lines += [json.dumps({"stage": "RequestReceived", "objectRef": about}), json.dumps(event)]
        return DryRun(accepted=True)

    def on_node(self, node: str, argv: Sequence[str]) -> Ran:
        if argv[0] == "systemctl":
            return Ran(0, "ActiveState=active\nUnitFileState=enabled\n", "")
        if argv[0] == "cat":
            return Ran(0, "staticPodPath: /etc/kubernetes/manifests\n", "")
        if "kube-apiserver" in " ".join(argv):
            return self._manifest()
        if self.late:
            self.late -= 1
            return Ran(0, '{"cut', "")
        return Ran(0 if self.log else 1, "\n".join([*self.lines, '{"cut']), "")

    def _manifest(self) -> Ran:
        mounts = [{"name": "logs", "mountPath": self.mount}]
        container = {"name": "kube-apiserver", "command": ["kube-apiserver", *self.args], "volumeMounts": mounts}
        volumes = [{"name": "logs", "hostPath": {"path": "/var/log/kubernetes"}}]
        pod = yaml.safe_dump({"kind": "Pod", "spec": {"containers": [container], "volumes": volumes}})
        return Ran(0, f"2000\n\036kube-apiserver.yaml\n1000\n{pod}", "")


def of(modes: Mapping[str, str] | None = None, **shown: Any) -> Finding:
    labels = {"audit": "baseline"} if modes is None else modes
    return violations(Audited([namespace(**labels)], **shown), namespace="audited", level="baseline", log=LOG)


def test_events_that_name_the_standard_pass() -> None:
    found = of()
    assert found.verdict is Verdict.PASS
    assert "privileged" in found.found.en


def test_events_that_are_written_a_little_later_pass() -> None:
    assert of(late=2).verdict is Verdict.PASS


def test_events_that_are_written_in_batches_are_waited_for() -> None:
    assert of(late=20).verdict is Verdict.FAIL
    args = (POLICY, f"--audit-log-path={LOG}", "--audit-log-mode=batch")
    assert of(late=20, args=args).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("modes", "shown", "causes"),
    [
        (None, {"recorded": ()}, {"not-recorded"}),
        (None, {"recorded": ("",)}, {"some-not-recorded"}),
        ({}, {"level": ""}, {"no-label"}),
        ({"warn": "baseline"}, {"level": ""}, {"label-of-no-audit"}),
        ({"audit": "restricted"}, {"level": "restricted"}, {"other-standard"}),
        ({}, {"recorded": ()}, {"not-recorded", "no-label"}),
        ({}, {"log": False, "args": ()}, {"no-log", "no-policy", "flag-missing"}),
        (None, {"log": False, "args": ()}, {"no-log", "no-policy", "flag-missing", "labelled"}),
        ({}, {"log": False, "args": (POLICY,)}, {"no-log", "flag-missing"}),
        ({}, {"log": False, "args": (POLICY, "--audit-log-path=-")}, {"no-log", "other-path"}),
        ({}, {"log": False, "mount": "/elsewhere"}, {"no-log", "not-mounted"}),
        ({}, {"log": False, "args": (POLICY, "--audit-log-path=/var/log/kubernetes/a.log")}, {"no-log", "other-path"}),
    ],
)
def test_why_the_log_does_not_tell(modes: Mapping[str, str] | None, shown: dict[str, Any], causes: set[str]) -> None:
    found = of(modes, **shown)
    assert found.verdict is Verdict.FAIL
    assert found.causes == causes


@pytest.mark.parametrize(
    ("shown", "causes"),
    [
        ({"mount": "/elsewhere"}, {"not-mounted"}),
        ({"args": ()}, {"no-policy", "flag-missing"}),
        ({"args": (f"--audit-log-path={LOG}",)}, {"no-policy"}),
        ({"args": (POLICY, f"--audit-log-path={LOG}", "--audit-log-format=legacy")}, {"not-json"}),
    ],
)
def test_a_file_that_somebody_made_is_not_taken_for_the_log(shown: dict[str, Any], causes: set[str]) -> None:
    assert of(recorded=(), **shown).causes == {*causes, "labelled"}
