#!/usr/bin/env bash
# Three validations, each with a message that names an image; the policy itself selects namespaces; audit besides.
set -euo pipefail

kubectl apply -f - <<'MANIFEST'
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: pinned.example.test
spec:
  matchConstraints:
    namespaceSelector:
      matchExpressions:
        - {key: stage, operator: In, values: [production]}
    resourceRules:
      - apiGroups: ["*"]
        apiVersions: ["*"]
        operations: ["*"]
        resources: ["pods", "pods/ephemeralcontainers"]
  matchConditions:
    - name: not-deleted
      expression: request.operation != 'DELETE'
  validations:
    - expression: "object.spec.containers.all(c, c.image.matches('@sha256:') || c.image.matches('^.*:[^:/]+$') && !c.image.matches(':latest$'))"
      messageExpression: "'images need a fixed tag or a digest: ' + object.spec.containers.map(c, c.image).join(', ')"
    - expression: "!has(object.spec.initContainers) || object.spec.initContainers.all(c, c.image.matches('@sha256:') || c.image.matches('^.*:[^:/]+$') && !c.image.matches(':latest$'))"
      message: images need a fixed tag or a digest (initContainers)
    - expression: "!has(object.spec.ephemeralContainers) || object.spec.ephemeralContainers.all(c, c.image.matches('@sha256:') || c.image.matches('^.*:[^:/]+$') && !c.image.matches(':latest$'))"
      message: images need a fixed tag or a digest (ephemeralContainers)
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: pinned-in-production
spec:
  policyName: pinned.example.test
  validationActions: [Deny, Audit]
MANIFEST
