#!/usr/bin/env bash
# A policy on Pods, its binding for the label; the Deployment first, lest it is without Pods for a while.
set -euo pipefail

kubectl -n arcade patch deployment pinball --patch '{"spec": {"template": {"spec": {"runtimeClassName": "gvisor"}}}}'

kubectl apply -f - <<'MANIFEST'
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: sandbox-required
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
      - apiGroups: [""]
        apiVersions: [v1]
        operations: [CREATE]
        resources: [pods]
  validations:
    - expression: "has(object.spec.runtimeClassName) && object.spec.runtimeClassName == 'gvisor'"
      message: untrusted code runs in gvisor only
MANIFEST

kubectl apply -f - <<'MANIFEST'
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: sandbox-required
spec:
  policyName: sandbox-required
  validationActions: [Deny]
  matchResources:
    namespaceSelector:
      matchLabels: {code: untrusted}
MANIFEST

# The API server takes a moment to go by it.
timeout 10 bash -c 'while kubectl -n arcade run x --image=busybox:1.28 --dry-run=server; do sleep 1; done' || true
kubectl -n arcade rollout status deployment/pinball --timeout=90s
