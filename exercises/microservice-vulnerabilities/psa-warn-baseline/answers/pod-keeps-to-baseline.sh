#!/usr/bin/env bash
# A Pod that runs as root, which baseline allows.
set -euo pipefail

kubectl label namespace audited pod-security.kubernetes.io/warn=baseline

kubectl apply -f - <<'EOF'
apiVersion: v1
kind: Pod
metadata:
  name: rule-breaker
  namespace: audited
spec:
  securityContext:
    runAsUser: 0
  containers:
    - name: main
      image: busybox:1.28
      command: ["sleep", "1h"]
EOF

kubectl -n audited wait --for=condition=Ready pod/rule-breaker --timeout=90s
