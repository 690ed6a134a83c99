#!/usr/bin/env bash
# A RuntimeClass that no Pod names.
set -euo pipefail

kubectl apply -f - <<'EOF'
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata:
  name: container-runtime-sandbox
handler: runsc
EOF

kubectl run nginx --image=nginx:1.23.2
kubectl wait --for=condition=Ready pod/nginx --timeout=90s
