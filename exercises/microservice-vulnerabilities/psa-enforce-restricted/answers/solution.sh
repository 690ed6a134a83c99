#!/usr/bin/env bash
# What the Pod can say for all containers there; the rest in each of them.
set -euo pipefail

kubectl -n clinic patch deployment records --type=json --patch-file=/dev/stdin <<'PATCH'
- {op: add, path: /spec/template/spec/securityContext, value: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}}
- {op: add, path: /spec/template/spec/initContainers/0/securityContext, value: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}
- {op: add, path: /spec/template/spec/containers/0/securityContext, value: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}
- {op: replace, path: /spec/template/spec/containers/1/securityContext, value: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}
PATCH
kubectl label namespace clinic pod-security.kubernetes.io/enforce=restricted

kubectl -n clinic rollout status deployment/records --timeout=90s
