#!/usr/bin/env bash
# Each container has its own user and its own requirement, and the Pod says nothing.
set -euo pipefail

kubectl -n museum patch deployment tickets --patch-file=/dev/stdin <<'PATCH'
spec:
  template:
    spec:
      securityContext: {runAsNonRoot: null}
      initContainers:
        - name: prices
          securityContext: {runAsNonRoot: true, runAsUser: 1001, runAsGroup: 1001}
      containers:
        - name: desk
          securityContext: {runAsNonRoot: true, runAsUser: 65534}
        - name: clock
          securityContext: {runAsNonRoot: true, runAsUser: 1002, allowPrivilegeEscalation: false}
PATCH

kubectl -n museum rollout status deployment/tickets --timeout=90s
