#!/usr/bin/env bash
# What the audit has found is repaired where its Pods are made; then the constraint is enforced.
set -euo pipefail

timeout 180 bash -c 'until [ "$(kubectl get nohostpaths no-host-paths -o jsonpath="{.status.totalViolations}")" = 3 ]; do sleep 2; done'

kubectl get nohostpaths no-host-paths -o jsonpath='{range .status.violations[*]}{.namespace} {.name}{"\n"}{end}' |
  while read -r namespace pod; do
    kind=$(kubectl -n "$namespace" get pod "$pod" -o jsonpath='{.metadata.ownerReferences[0].kind}')
    name=$(kubectl -n "$namespace" get pod "$pod" -o jsonpath='{.metadata.labels.app}')
    [ "$kind" != ReplicaSet ] || kind=Deployment
    kubectl -n "$namespace" patch "$kind" "$name" \
      --patch='{"spec": {"template": {"spec": {"volumes": [{"name": "state", "hostPath": null, "emptyDir": {}}]}}}}'
    kubectl -n "$namespace" rollout status "$kind/$name" --timeout=120s < /dev/null
  done

kubectl patch nohostpaths no-host-paths --type=merge --patch='{"spec": {"enforcementAction": "deny"}}'

timeout 60 bash -c 'while kubectl -n loom create --dry-run=server -f - > /dev/null; do sleep 1; done <<< "
{apiVersion: v1, kind: Pod, metadata: {name: probe}, spec: {containers: [{name: a, image: a}], volumes: [{name: a, hostPath: {path: /}}]}}"' || true
