#!/usr/bin/env bash
# nginx is only asked for its version: the container ends, is started again, ends, ...
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
      command: ["sh", "-c", "nginx -v; sleep 2"]
EOF

# From now on it is up, down, or about to be started again: whatever it is when it is graded, it does not stay up.
kubectl wait --for=jsonpath='{.status.containerStatuses[0].restartCount}'=1 pod/nginx --timeout=90s
