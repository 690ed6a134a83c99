#!/usr/bin/env bash
# The Role that is there is narrowed, and packer is bound to it as well.
set -euo pipefail

kubectl -n orchard patch role secret-reader --type=json --patch-file=/dev/stdin <<'PATCH'
- {op: add, path: /rules/0/resourceNames, value: [ladder]}
- {op: replace, path: /rules/0/verbs, value: [get]}
PATCH
kubectl delete clusterrolebinding orchard-picker
