#!/usr/bin/env bash
# Deny first, and that is that.
set -euo pipefail

kubectl apply -f - <<'EOF'
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: tickets
  namespace: gallery
spec:
  selector:
    matchLabels: {app: tickets}
EOF
