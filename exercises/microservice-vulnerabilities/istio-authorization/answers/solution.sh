#!/usr/bin/env bash
# One policy, a rule for each caller.
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
  action: ALLOW
  rules:
    - from:
        - source:
            principals: ["cluster.local/ns/gallery/sa/desk"]
      to:
        - operation:
            methods: [GET, POST]
            paths: ["/sales/*"]
    - from:
        - source:
            principals: ["cluster.local/ns/gallery/sa/guide"]
      to:
        - operation:
            methods: [GET]
            paths: ["/plan"]
EOF
