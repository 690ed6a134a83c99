#!/usr/bin/env bash
# The namespace names a revision of Istio; a policy of each workload besides that of the namespace, and the port inherits from it.
set -euo pipefail

kubectl label namespace clinic istio.io/rev=default
for name in records reception; do
  kubectl -n clinic get deployment "$name" -o json | jq 'del(.status, .metadata.uid, .metadata.resourceVersion)
    | .spec.template.spec.containers += [{name: "helper", image: "busybox:1.28", command: ["sleep", "1d"]}]' >"/tmp/$name.json"
  kubectl -n clinic delete deployment "$name"
  kubectl create -f "/tmp/$name.json"
done
kubectl apply -f - <<'EOF'
apiVersion: security.istio.io/v1beta1
kind: PeerAuthentication
metadata:
  name: all-of-clinic
  namespace: clinic
spec:
  mtls: {mode: STRICT}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  name: records-figures
  namespace: clinic
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
  namespace: clinic
spec:
  selector:
    matchLabels: {app: reception}
  mtls: {mode: STRICT}
EOF
kubectl -n clinic rollout status deployment/records --timeout=120s
kubectl -n clinic rollout status deployment/reception --timeout=120s
