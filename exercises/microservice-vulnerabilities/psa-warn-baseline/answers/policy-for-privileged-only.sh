#!/usr/bin/env bash
# A policy that says what a warning of Pod Security would say, and knows privileged containers only.
set -euo pipefail

kubectl apply -f - <<'EOF'
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: warn-of-privileged
spec:
  matchConstraints:
    resourceRules:
      - apiGroups: [""]
        apiVersions: [v1]
        operations: [CREATE]
        resources: [pods]
  validations:
    - expression: "!object.spec.containers.exists(c, c.?securityContext.?privileged.orValue(false))"
      message: 'would violate PodSecurity "baseline:latest": privileged'
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: warn-of-privileged
spec:
  policyName: warn-of-privileged
  validationActions: [Warn]
  matchResources:
    namespaceSelector:
      matchLabels:
        kubernetes.io/metadata.name: audited
EOF
# The API server takes a moment to know of it.
for _ in $(seq 30); do
  said=$(kubectl -n audited run probe --image=busybox:1.28 --privileged --dry-run=server 2>&1)
  case $said in *PodSecurity*) break ;; esac
  sleep 1
done

kubectl -n audited run rule-breaker --image=busybox:1.28 --privileged -- sleep 1h
kubectl -n audited wait --for=condition=Ready pod/rule-breaker --timeout=90s
