#!/usr/bin/env bash
# A class of one's own; the StatefulSet is taught to replace its Pods; one Pod in place of two.
set -euo pipefail

kubectl create -f - <<'EOF'
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata:
  name: gvisor
handler: runsc
EOF

kubectl -n bazaar get deployment,statefulset,daemonset -l tenant=alder -o json |
  jq '.items[].spec.template.spec.runtimeClassName = "gvisor"
      | (.items[] | select(.kind == "StatefulSet")).spec.updateStrategy = {type: "RollingUpdate"}
      | (.items[] | select(.kind == "Deployment")).spec.replicas = 1' |
  kubectl apply -f -

for workload in deployment/stall statefulset/till daemonset/lamp; do
  kubectl -n bazaar rollout status "$workload" --timeout=90s
done
