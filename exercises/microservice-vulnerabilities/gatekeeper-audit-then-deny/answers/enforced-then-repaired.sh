#!/usr/bin/env bash
# The other way round, and found by the Pods themselves; all five get a volume in memory. Nothing is lost that way either.
set -euo pipefail

kubectl get nohostpaths no-host-paths -o json | jq 'del(.spec.enforcementAction, .status)' | kubectl replace -f -

for namespace in loom dyeworks; do
  for workload in $(kubectl -n "$namespace" get deployments,statefulsets,daemonsets --output=name); do
    kubectl -n "$namespace" patch "$workload" --type=json --patch='
      [{"op": "replace", "path": "/spec/template/spec/volumes/0", "value": {"name": "state", "emptyDir": {"medium": "Memory"}}}]'
    kubectl -n "$namespace" rollout status "$workload" --timeout=120s
  done
done
sleep 3
