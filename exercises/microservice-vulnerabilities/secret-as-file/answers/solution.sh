#!/usr/bin/env bash
# The volume has one item of mode 0400 and moves from logbook to lamp; the variables go; then the Secret is closed.
set -euo pipefail

kubectl -n lighthouse patch deployment lantern --type=json --patch-file=/dev/stdin <<'PATCH'
- {op: remove, path: /spec/template/spec/containers/0/env}
- {op: remove, path: /spec/template/spec/containers/1/envFrom}
- {op: remove, path: /spec/template/spec/containers/1/volumeMounts/1}
- {op: add, path: /spec/template/spec/containers/0/volumeMounts/-, value: {name: beacon, mountPath: /etc/beacon, readOnly: true}}
- {op: add, path: /spec/template/spec/volumes/1/secret/defaultMode, value: 0400}
- {op: add, path: /spec/template/spec/volumes/1/secret/items, value: [{key: token, path: token}]}
PATCH

kubectl -n lighthouse patch secret beacon --patch='{"immutable": true}'
kubectl -n lighthouse rollout status deployment/lantern --timeout=90s
