#!/usr/bin/env bash
# What they share at the Pod, what is different at the container, and nothing else.
set -euo pipefail

kubectl -n opera patch deployment theatre --type=json --patch-file=/dev/stdin <<'PATCH'
- {op: replace, path: /spec/template/spec/securityContext/runAsGroup, value: 4000}
- {op: remove, path: /spec/template/spec/initContainers/0/securityContext}
- {op: remove, path: /spec/template/spec/containers/0/securityContext}
- {op: replace, path: /spec/template/spec/containers/1/securityContext, value: {runAsUser: 4200}}
PATCH

kubectl -n opera rollout status deployment/theatre --timeout=90s
