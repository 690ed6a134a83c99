#!/usr/bin/env bash
# DNS is a part of what denies the rest, to whatever listens on port 53 in kube-system; the ports of the path have names or come as a range.
set -euo pipefail

kubectl create -f - <<'EOF'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: everybody
  namespace: ledger
spec:
  podSelector: {}
  policyTypes: [Egress, Ingress]
  egress:
    - to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}]
      ports:
        - {port: 53, protocol: TCP}
        - {port: 53, protocol: UDP}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: books
  namespace: ledger
spec:
  podSelector:
    matchExpressions:
      - {key: app, operator: In, values: [books]}
  ingress:
    - from:
        - namespaceSelector:
            matchLabels: {kubernetes.io/metadata.name: ledger}
          podSelector:
            matchExpressions:
              - {key: app, operator: In, values: [teller]}
      ports:
        - port: 8080
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: teller
  namespace: ledger
spec:
  podSelector:
    matchLabels: {app: teller}
  policyTypes: [Egress]
  egress:
    - to:
        - podSelector:
            matchLabels: {app: books}
      ports:
        - {port: 8080, endPort: 8081}
EOF
