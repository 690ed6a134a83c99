#!/usr/bin/env bash
# Each container says all of it; the Pod says what nobody follows.
set -euo pipefail

kubectl -n opera patch deployment theatre --patch-file=/dev/stdin <<'PATCH'
spec:
  template:
    spec:
      securityContext: {runAsUser: 0, runAsGroup: 0}
      initContainers:
        - {name: props, securityContext: {runAsUser: 4100, runAsGroup: 4000}}
        - {name: lights, securityContext: {runAsUser: 4100, runAsGroup: 4000}}
      containers:
        - {name: actors, securityContext: {runAsUser: 4100, runAsGroup: 4000}}
        - {name: prompter, securityContext: {runAsUser: 4200, runAsGroup: 4000}}
PATCH

kubectl -n opera rollout status deployment/theatre --timeout=90s
