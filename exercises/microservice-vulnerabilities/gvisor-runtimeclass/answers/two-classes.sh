#!/usr/bin/env bash
# Two names for the same sandbox; the Pod uses the wrong one.
set -euo pipefail

kubectl apply -f - <<'EOF'
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata:
  name: container-runtime-sandbox
handler: runsc
---
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata:
  name: gvisor
handler: runsc
---
apiVersion: v1
kind: Pod
metadata:
  name: nginx
spec:
  runtimeClassName: gvisor
  containers:
    - name: nginx
      image: nginx:1.23.2
EOF

kubectl wait --for=condition=Ready pod/nginx --timeout=90s
