#!/usr/bin/env bash
# What the events of the ReplicaSet name, one after the other.
set -euo pipefail

kubectl -n harbour patch deployment crane --type=json --patch-file=/dev/stdin <<'PATCH'
- {op: remove, path: /spec/template/spec/containers/0/securityContext}
- {op: remove, path: /spec/template/spec/containers/0/ports/0/hostPort}
- {op: replace, path: /spec/template/spec/volumes/0, value: {name: tally, emptyDir: {}}}
PATCH

kubectl -n harbour rollout status deployment/crane --timeout=90s
