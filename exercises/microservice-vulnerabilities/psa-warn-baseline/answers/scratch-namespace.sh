#!/usr/bin/env bash
# Tried out first in a namespace of one's own, which stays; other modes of the standard there, too.
set -euo pipefail

kubectl create namespace scratch
kubectl label namespace scratch pod-security.kubernetes.io/warn=baseline pod-security.kubernetes.io/enforce=baseline

kubectl label namespace audited pod-security.kubernetes.io/warn=baseline
kubectl -n audited create -f - <<'EOF'
apiVersion: v1
kind: Pod
metadata:
  name: rule-breaker
spec:
  initContainers:
    - name: watch
      image: busybox:1.28
      restartPolicy: Always
      command: ["sleep", "1h"]
      ports:
        - containerPort: 80
          hostPort: 8080
  containers:
    - name: main
      image: busybox:1.28
      args: ["sleep", "1h"]
EOF
kubectl -n audited wait --for=condition=Ready pod/rule-breaker --timeout=90s
