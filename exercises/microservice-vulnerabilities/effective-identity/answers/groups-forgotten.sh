#!/usr/bin/env bash
# A user for each, and the groups that did not agree are gone.
set -euo pipefail

kubectl -n opera patch deployment theatre --type=json --patch-file=/dev/stdin <<'PATCH'
- {op: remove, path: /spec/template/spec/securityContext/runAsGroup}
- {op: replace, path: /spec/template/spec/initContainers/0/securityContext, value: {runAsUser: 4100}}
- {op: remove, path: /spec/template/spec/containers/0/securityContext}
- {op: replace, path: /spec/template/spec/containers/1/securityContext, value: {runAsUser: 4200}}
PATCH

kubectl -n opera rollout status deployment/theatre --timeout=90s
