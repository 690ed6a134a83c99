#!/usr/bin/env bash
# The Pod in one line.
set -euo pipefail

kubectl create -f - <<'EOF'
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata:
  name: container-runtime-sandbox
handler: runsc
EOF

kubectl run nginx --image=nginx:1.23.2 --overrides='{"spec": {"runtimeClassName": "container-runtime-sandbox"}}'
kubectl wait --for=condition=Ready pod/nginx --timeout=90s
