#!/usr/bin/env bash
# Nothing is allowed: everything that is not meant is denied, in policies of the server's namespace and of the whole mesh.
set -euo pipefail

kubectl apply -f - <<'EOF'
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: tickets-callers
  namespace: gallery
spec:
  selector:
    matchLabels: {app: tickets}
  action: DENY
  rules:
    - from:
        - source:
            notPrincipals: ["cluster.local/ns/gallery/sa/desk", "cluster.local/ns/gallery/sa/guide"]
    - from:
        - source:
            notPrincipals: ["cluster.local/ns/gallery/sa/desk"]
      to:
        - operation: {notPaths: ["/plan"]}
    - from:
        - source:
            notPrincipals: ["cluster.local/ns/gallery/sa/guide"]
      to:
        - operation: {notPaths: ["/sales/*"]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: tickets-methods
  namespace: istio-system
spec:
  selector:
    matchLabels: {app: tickets}
  action: DENY
  rules:
    - to:
        - operation: {paths: ["/sales/*"], notMethods: [GET, POST]}
        - operation: {paths: ["/plan"], notMethods: [GET]}
EOF
