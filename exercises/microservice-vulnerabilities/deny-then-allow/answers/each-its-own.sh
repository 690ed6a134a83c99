#!/usr/bin/env bash
# Ingress is denied to all at once; egress has a policy for each Deployment, and one for whatever is none of them.
set -euo pipefail

kubectl -n ledger apply -f - <<'EOF'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: nothing-in
spec:
  podSelector: {}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: books
spec:
  podSelector: {matchLabels: {app: books}}
  policyTypes: [Ingress, Egress]
  ingress:
    - {from: [{podSelector: {matchLabels: {app: teller}}}], ports: [{port: pages}]}
  egress:
    - {to: [{namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}], ports: [{port: 53, protocol: UDP}, {port: 53}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: teller
spec:
  podSelector: {matchLabels: {app: teller}}
  policyTypes: [Ingress, Egress]
  egress:
    - {to: [{namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}], ports: [{port: 53, protocol: UDP}, {port: 53}]}
    - {to: [{podSelector: {matchLabels: {app: books}}}], ports: [{port: 8080}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: all-others
spec:
  podSelector:
    matchExpressions:
      - {key: app, operator: NotIn, values: [books, teller]}
  policyTypes: [Egress]
  egress:
    - {to: [{namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}], ports: [{port: 53, protocol: UDP}, {port: 53}]}
EOF
