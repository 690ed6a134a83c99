#!/usr/bin/env bash
# Who may come in is settled, and nothing else.
set -euo pipefail

kubectl -n ledger apply -f - <<'EOF'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: default-deny
spec:
  podSelector: {}
  policyTypes: [Ingress]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: books-from-teller
spec:
  podSelector:
    matchLabels: {app: books}
  policyTypes: [Ingress]
  ingress:
    - from:
        - podSelector:
            matchLabels: {app: teller}
      ports:
        - {protocol: TCP, port: 8080}
EOF
