#!/usr/bin/env bash
# nginx is right, but a helper beside it ends again and again.
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
    - name: helper
      image: busybox:1.28
EOF

# Long enough for the helper's shell to have found no terminal.
kubectl wait --for=jsonpath='{.status.containerStatuses[?(@.name=="helper")].restartCount}'=1 pod/nginx --timeout=90s
