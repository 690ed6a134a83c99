#!/usr/bin/env bash
# All is denied; then DNS for every Pod, and one path, which both of its ends allow.
set -euo pipefail

kubectl -n ledger apply -f - <<'EOF'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: default-deny
spec:
  podSelector: {}
  policyTypes:
    - Ingress
    - Egress
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-dns
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to:
        - namespaceSelector:
            matchLabels: {kubernetes.io/metadata.name: kube-system}
          podSelector:
            matchLabels: {k8s-app: kube-dns}
      ports:
        - {protocol: UDP, port: 53}
        - {protocol: TCP, port: 53}
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
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: teller-to-books
spec:
  podSelector:
    matchLabels: {app: teller}
  policyTypes: [Egress]
  egress:
    - to:
        - podSelector:
            matchLabels: {app: books}
      ports:
        - {protocol: TCP, port: 8080}
EOF

kubectl -n ledger get networkpolicies
