#!/usr/bin/env bash
# Container by container, and the DaemonSet replaces its Pods by itself from now on.
set -euo pipefail

kubectl -n brewery patch daemonset gauge --patch-file=/dev/stdin <<'PATCH'
spec:
  updateStrategy: {type: RollingUpdate}
  template:
    spec:
      containers:
        - {name: web, securityContext: {privileged: false}}
        - {name: probe, securityContext: {privileged: false, allowPrivilegeEscalation: false}}
PATCH
kubectl -n brewery patch deployment kettle --patch-file=/dev/stdin <<'PATCH'
spec:
  template:
    spec:
      initContainers:
        - {name: fill, securityContext: null}
        - {name: heat, securityContext: null}
      containers:
        - {name: web, securityContext: null}
        - {name: stir, securityContext: {privileged: null, capabilities: {drop: [ALL]}}}
PATCH
kubectl -n brewery patch deployment mash --patch-file=/dev/stdin <<'PATCH'
spec:
  template:
    spec:
      initContainers:
        - {name: taste, securityContext: {privileged: false}}
        - {name: note, securityContext: {privileged: false}}
PATCH

for name in daemonset/gauge deployment/kettle deployment/mash; do
  kubectl -n brewery rollout status "$name" --timeout=90s
done
