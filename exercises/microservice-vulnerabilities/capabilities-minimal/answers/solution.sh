#!/usr/bin/env bash
# Each container drops ALL, and web gets back the one that port 80 needs.
set -euo pipefail

kubectl -n harbour patch deployment inn --type=json --patch-file=/dev/stdin <<'PATCH'
- {op: add, path: /spec/template/spec/initContainers/0/securityContext, value: {capabilities: {drop: [ALL]}}}
- {op: add, path: /spec/template/spec/containers/1/securityContext, value: {capabilities: {drop: [ALL]}}}
- {op: add, path: /spec/template/spec/containers/0/securityContext, value: {capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}}}
PATCH

kubectl -n harbour rollout status deployment/inn --timeout=90s
