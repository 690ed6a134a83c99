#!/usr/bin/env bash
# Made anew with other volumes; a second constraint refuses, at the webhook, and the first goes on counting.
set -euo pipefail

for namespace in loom dyeworks; do
  kubectl -n "$namespace" get deployments,statefulsets,daemonsets -o json |
    jq 'del(.items[].metadata.resourceVersion, .items[].metadata.uid, .items[].status) |
        .items[].spec.template.spec.volumes = [{"name": "state", "emptyDir": {"sizeLimit": "16Mi"}}] |
        .items[].spec.template.metadata.labels.volume = "own"' |
    kubectl replace --force --timeout=60s -f -
  for workload in $(kubectl -n "$namespace" get deployments,statefulsets,daemonsets --output=name); do
    kubectl -n "$namespace" rollout status "$workload" --timeout=120s
  done
done

kubectl apply -f - <<'MANIFEST'
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: NoHostPaths
metadata:
  name: refuse-host-paths
spec:
  enforcementAction: scoped
  scopedEnforcementActions:
    - action: deny
      enforcementPoints: [{name: validation.gatekeeper.sh}]
    - action: dryrun
      enforcementPoints: [{name: audit.gatekeeper.sh}]
  match:
    scope: Namespaced
    excludedNamespaces: ["kube-*", "gatekeeper-system"]
    kinds:
      - apiGroups: [""]
        kinds: ["Pod"]
MANIFEST

timeout 120 bash -c 'until [ "$(kubectl get nohostpaths refuse-host-paths -o jsonpath="{.status.byPod[*].enforced}")" = "true true true true" ]; do sleep 1; done'
