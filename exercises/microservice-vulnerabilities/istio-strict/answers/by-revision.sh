#!/usr/bin/env bash
# The namespace names a revision of Istio; a policy of each workload besides that of the namespace, and the port inherits from it.
set -euo pipefail

kubectl label namespace hospital istio.io/rev=default
for name in records reception; do
  kubectl -n hospital get deployment "$name" -o json | jq 'del(.status, .metadata.uid, .metadata.resourceVersion)
    | .spec.template.spec.containers += [{name: "helper", image: "busybox:1.28", command: ["sleep", "1d"]}]' >"/tmp/$name.json"
  kubectl -n hospital delete deployment "$name"
  kubectl create -f "/tmp/$name.json"
done
kubectl apply -f - <<'EOF'
apiVersion: security.istio.io/v1beta1
kind: PeerAuthentication
metadata:
  name: all-of-hospital
  namespace: hospital
spec:
  mtls: {mode: STRICT}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  name: records-figures
  namespace: hospital
spec:
  selector:
    matchLabels: {app: records}
  mtls: {mode: STRICT}
  portLevelMtls:
    9090: {mode: UNSET}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  name: reception
  namespace: hospital
spec:
  selector:
    matchLabels: {app: reception}
  mtls: {mode: STRICT}
EOF
kubectl -n hospital rollout status deployment/records --timeout=120s
kubectl -n hospital rollout status deployment/reception --timeout=120s
