#!/usr/bin/env bash
# A policy for each caller, one by its account and one by a condition, besides one that allows nothing and STRICT for all.
set -euo pipefail

kubectl create -f - <<'EOF'
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  name: default
  namespace: gallery
spec:
  mtls: {mode: STRICT}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: tickets-nothing
  namespace: gallery
spec:
  selector:
    matchLabels: {app: tickets}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: tickets-desk
  namespace: gallery
spec:
  selector:
    matchLabels: {app: tickets}
  rules:
    - from:
        - source: {serviceAccounts: [desk]}
      to:
        - operation: {methods: [GET], paths: ["/sales/*"], ports: ["8080"]}
        - operation: {methods: [POST], paths: ["/sales/*"], ports: ["8080"]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: tickets-guide
  namespace: gallery
spec:
  selector:
    matchLabels: {app: tickets}
  rules:
    - to:
        - operation: {methods: [GET], paths: ["/plan"]}
      when:
        - key: source.principal
          values: ["cluster.local/ns/gallery/sa/guide"]
EOF
