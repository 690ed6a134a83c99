#!/usr/bin/env bash
# A ValidatingAdmissionPolicy of one's own, which Kyverno knows nothing of.
set -euo pipefail

kubectl apply -f - <<'MANIFEST'
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: require-team
spec:
  matchConstraints:
    namespaceSelector:
      matchExpressions:
        - {key: kubernetes.io/metadata.name, operator: NotIn, values: [kyverno, kube-system]}
    resourceRules:
      - {apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods]}
  validations:
    - expression: "'team' in object.metadata.?labels.orValue({})"
      message: every Pod needs the label team
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: require-team
spec:
  policyName: require-team
  validationActions: [Deny]
MANIFEST

# The API server takes a moment to go by it.
timeout 10 bash -c 'while kubectl -n observatory run web --image=busybox:1.28 --dry-run=server; do sleep 1; done' || true
