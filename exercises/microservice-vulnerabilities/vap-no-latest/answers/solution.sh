#!/usr/bin/env bash
# One policy for the images of all containers; the binding selects the namespaces.
set -euo pipefail

kubectl apply -f - <<'MANIFEST'
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: fixed-images
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
      - apiGroups: [""]
        apiVersions: [v1]
        operations: [CREATE, UPDATE]
        resources: [pods, pods/ephemeralcontainers]
  variables:
    - name: images
      expression: >-
        object.spec.containers.map(c, c.image)
        + object.spec.?initContainers.orValue([]).map(c, c.image)
        + object.spec.?ephemeralContainers.orValue([]).map(c, c.image)
  validations:
    - expression: >-
        variables.images.all(image,
        image.contains('@') || (image.matches(':[^/]+$') && !image.endsWith(':latest')))
      message: images need a fixed tag or a digest
MANIFEST

kubectl apply -f - <<'MANIFEST'
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: fixed-images
spec:
  policyName: fixed-images
  validationActions: [Deny]
  matchResources:
    namespaceSelector:
      matchLabels: {stage: production}
MANIFEST

# The API server takes a moment to go by it.
timeout 10 bash -c 'while kubectl -n pharmacy run web --image=busybox:latest --dry-run=server; do sleep 1; done' || true
