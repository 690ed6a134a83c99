#!/usr/bin/env bash
# Into the mesh, Pods made anew, the rule for the namespace, and the narrower one goes.
set -euo pipefail

kubectl label namespace hospital istio-injection=enabled
kubectl -n hospital rollout restart deployment
kubectl apply -f - <<'EOF'
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  name: default
  namespace: hospital
spec:
  mtls:
    mode: STRICT
EOF
kubectl -n hospital delete peerauthentication records-figures
kubectl -n hospital rollout status deployment/records --timeout=120s
kubectl -n hospital rollout status deployment/reception --timeout=120s
