#!/usr/bin/env bash
# A handler by the name of the product; no node knows it.
set -euo pipefail

kubectl apply -f - <<'EOF'
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata:
  name: container-runtime-sandbox
handler: gvisor
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

# Long enough for the kubelet to have tried.
kubectl wait --for=condition=Ready pod/nginx --timeout=10s || true
