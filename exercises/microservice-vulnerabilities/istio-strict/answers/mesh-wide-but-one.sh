#!/usr/bin/env bash
# STRICT for the whole mesh, but for the pharmacy; the policy of the one port stays and says so, too. Pods are deleted, not rolled out.
set -euo pipefail

kubectl apply -f - <<'EOF'
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  name: everywhere
  namespace: istio-system
spec:
  mtls: {mode: STRICT}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  name: not-yet
  namespace: pharmacy
spec:
  mtls: {mode: PERMISSIVE}
EOF
kubectl -n hospital patch peerauthentication records-figures --type=merge \
  --patch='{"spec": {"portLevelMtls": {"9090": {"mode": "STRICT"}}}}'
kubectl label namespace hospital istio-injection=enabled team=medicine
kubectl -n hospital scale deployment records --replicas=2
kubectl -n hospital delete pods --all
kubectl -n hospital rollout status deployment/records --timeout=120s
kubectl -n hospital rollout status deployment/reception --timeout=120s
