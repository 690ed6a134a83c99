#!/usr/bin/env bash
# The flag for each container, and a volume for each directory that is written.
set -euo pipefail

kubectl -n press patch deployment gazette --type=json --patch-file=/dev/stdin <<'PATCH'
- {op: add, path: /spec/template/spec/initContainers/0/securityContext, value: {readOnlyRootFilesystem: true}}
- {op: add, path: /spec/template/spec/containers/0/securityContext, value: {readOnlyRootFilesystem: true}}
- {op: add, path: /spec/template/spec/containers/1/securityContext, value: {readOnlyRootFilesystem: true}}
- {op: add, path: /spec/template/spec/volumes/-, value: {name: run, emptyDir: {}}}
- {op: add, path: /spec/template/spec/volumes/-, value: {name: log, emptyDir: {}}}
- {op: add, path: /spec/template/spec/containers/0/volumeMounts/-, value: {name: run, mountPath: /run/web}}
- {op: add, path: /spec/template/spec/containers/1/volumeMounts/-, value: {name: log, mountPath: /var/log/gazette}}
PATCH

kubectl -n press rollout status deployment/gazette --timeout=90s
