#!/usr/bin/env bash
# A RuntimeClass for gVisor, and a Pod that names it.
set -euo pipefail

kubectl apply -f - <<'EOF'
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata:
  name: container-runtime-sandbox
handler: runsc
---
apiVersion: v1
kind: Pod
metadata:
  name: nginx
spec:
  runtimeClassName: container-runtime-sandbox
  containers:
    - name: nginx
      image: nginx:1.23.2
EOF

kubectl wait --for=condition=Ready pod/nginx --timeout=90s
kubectl exec nginx -- dmesg | head -n 1
