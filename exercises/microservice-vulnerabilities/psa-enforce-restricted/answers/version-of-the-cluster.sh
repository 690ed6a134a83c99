#!/usr/bin/env bash
# The label first, its version that of the cluster by name; the Deployment by a strategic patch, then a Pod more.
set -euo pipefail

version=$(kubectl version -o json | jq -r '.serverVersion | "v\(.major).\(.minor)"')
kubectl label namespace clinic pod-security.kubernetes.io/enforce=restricted "pod-security.kubernetes.io/enforce-version=$version"

kubectl -n clinic patch deployment records --patch-file=/dev/stdin <<'PATCH'
spec:
  template:
    spec:
      securityContext: {runAsUser: 65534, seccompProfile: {type: RuntimeDefault}}
      initContainers:
        - name: prepare
          securityContext: {runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
      containers:
        - name: web
          securityContext: {runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
        - name: clerk
          securityContext:
            runAsNonRoot: true
            runAsUser: 65534
            allowPrivilegeEscalation: false
            capabilities: {drop: [ALL], add: null}
PATCH
kubectl -n clinic scale deployment records --replicas=3

kubectl -n clinic rollout status deployment/records --timeout=90s
