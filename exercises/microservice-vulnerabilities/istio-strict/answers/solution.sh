#!/usr/bin/env bash
# Into the mesh, Pods made anew, the rule for the namespace, and the narrower one goes.
set -euo pipefail

kubectl label namespace clinic istio-injection=enabled
kubectl -n clinic rollout restart deployment
kubectl apply -f - <<'EOF'
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  name: default
  namespace: clinic
spec:
  mtls:
    mode: STRICT
EOF
kubectl -n clinic delete peerauthentication records-figures
kubectl -n clinic rollout status deployment/records --timeout=120s
kubectl -n clinic rollout status deployment/reception --timeout=120s
