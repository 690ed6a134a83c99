"""What any earlier practice left does not spoil the next start, and the start stays quick."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from lab.catalog.load import load
from lab.catalog.model import SOLUTION
from lab.cluster.engine import Engine
from lab.grading.scratch import ANNOTATION
from tests.live.support import CLOSED_WEBHOOK, Cli

EXERCISE = "busybox-security-context"

LEFT_BEHIND = f"""
kubectl label namespace default pod-security.kubernetes.io/enforce=restricted
kubectl create quota tight --hard=pods=0
kubectl create namespace of-a-killed-grade
kubectl annotate namespace of-a-killed-grade {ANNOTATION}=1@another-computer
kubectl create deployment theirs --image busybox:1.28
kubectl taint nodes --all mine=yes:NoSchedule
kubectl cordon kube-worker-1
kubectl create --filename - <<'OBJECTS'
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: no-pods}}
spec:
  failurePolicy: Fail
  matchConstraints: {{resourceRules: [{{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}}]}}
  validations: [{{expression: "false", message: "no Pods at all"}}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: no-pods}}
spec: {{policyName: no-pods, validationActions: [Deny]}}
---{CLOSED_WEBHOOK}OBJECTS
kubectl config set-context --current --namespace=kube-system
"""


@pytest.fixture
def solution(ckslab: Cli) -> Iterator[str]:
    exercise = next(one for one in load().exercises if one.id == EXERCISE)
    yield next(answer.script_text for answer in exercise.answers if answer.name == SOLUTION)
    ckslab.must("reset", timeout=400)


def test_policies_labels_quotas_taints_and_kubectls_namespace_do_not_outlive_a_start(
    lab: Engine, ckslab: Cli, solution: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ckslab.base(LEFT_BEHIND)
    began = time.monotonic()
    started = ckslab("start", EXERCISE, timeout=400)
    with capsys.disabled():
        print(f"\nstart: {time.monotonic() - began:.1f} s ", end="")
    assert started.returncode == 0, started.stderr
    assert "baseline" not in started.stderr
    ckslab.base(solution)
    ckslab.must("grade", EXERCISE)
    namespaces = ckslab.kubectl("get", "namespaces", "--field-selector=status.phase=Active", "--output=name")
    assert "of-a-killed-grade" not in namespaces
    assert "deployment.apps/theirs" in ckslab.kubectl("get", "deployments", "--output=name")  # it is in nobody's way


def test_a_start_gives_the_learner_their_kubectl_back(ckslab: Cli, solution: str) -> None:
    ckslab.base("rm --recursive ~/.kube; mkdir ~/.kube; chmod 0 ~/.kube")
    ckslab.must("start", EXERCISE, timeout=400)
    ckslab.base(solution)
    ckslab.must("grade", EXERCISE)


def test_reset_removes_the_pod_from_the_wrong_namespace_too(ckslab: Cli, solution: str) -> None:
    ckslab.base(f"kubectl create namespace wrong; kubectl run {EXERCISE} --namespace wrong --image busybox:1.28")
    ckslab.must("reset", EXERCISE)
    assert EXERCISE not in ckslab.kubectl("get", "pods", "--all-namespaces", "--output=name")
