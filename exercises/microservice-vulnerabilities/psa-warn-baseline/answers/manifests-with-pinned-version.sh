#!/usr/bin/env bash
# By manifests: the standard of one version, and another violation, in a Pod with a second container.
set -euo pipefail

kubectl apply -f - <<'EOF'
apiVersion: v1
kind: Namespace
metadata:
  name: audited
  labels:
    team: platform
    pod-security.kubernetes.io/warn: baseline
    pod-security.kubernetes.io/warn-version: v1.33
---
apiVersion: v1
kind: Pod
metadata:
  name: rule-breaker
  namespace: audited
  labels:
    app: rule-breaker
spec:
  containers:
    - name: helper
      image: busybox:1.28
      command: ["sleep", "1h"]
    - name: main
      image: busybox:1.28
      command: ["sleep", "1h"]
      securityContext:
        capabilities:
          add: ["NET_ADMIN"]
EOF

kubectl -n audited wait --for=condition=Ready pod/rule-breaker --timeout=90s
