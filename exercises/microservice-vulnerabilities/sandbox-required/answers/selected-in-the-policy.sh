#!/usr/bin/env bash
# The policy selects the namespaces itself, asks about changes too, and has its message computed; pinball is made anew.
set -euo pipefail

kubectl create -f - <<'MANIFEST'
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: gvisor-for-untrusted
spec:
  matchConstraints:
    namespaceSelector:
      matchExpressions:
        - {key: code, operator: In, values: [untrusted]}
    resourceRules:
      - apiGroups: ["*"]
        apiVersions: ["*"]
        operations: ["*"]
        resources: [pods]
  matchConditions:
    - name: not-when-deleted
      expression: request.operation != 'DELETE'
  validations:
    - expression: object.spec.?runtimeClassName.orValue('') == 'gvisor'
      messageExpression: "'untrusted code runs in gvisor only, not by ' + object.spec.?runtimeClassName.orValue('the usual runtime')"
      reason: Forbidden
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: gvisor-for-untrusted
spec:
  policyName: gvisor-for-untrusted
  validationActions: [Audit, Deny]
MANIFEST

kubectl -n arcade get deployment pinball -o json |
  jq 'del(.status, .metadata.resourceVersion, .metadata.uid) | .spec.replicas = 2 | .spec.template.spec.runtimeClassName = "gvisor"' \
    >/tmp/pinball.json
kubectl replace --force --filename=/tmp/pinball.json

timeout 10 bash -c 'while kubectl -n arcade run x --image=busybox:1.28 --dry-run=server; do sleep 1; done' || true
kubectl -n arcade rollout status deployment/pinball --timeout=90s
