#!/usr/bin/env bash
# An init container copies the one key into a volume in memory, and sets its mode there.
set -euo pipefail

kubectl -n lighthouse patch secret beacon --patch='{"immutable": true}'
kubectl -n lighthouse patch deployment lantern --type=json --patch-file=/dev/stdin <<'PATCH'
- {op: remove, path: /spec/template/spec/containers/0/env}
- {op: remove, path: /spec/template/spec/containers/1/envFrom}
- {op: remove, path: /spec/template/spec/containers/1/volumeMounts/1}
- {op: add, path: /spec/template/spec/volumes/-, value: {name: copy, emptyDir: {medium: Memory}}}
- {op: add, path: /spec/template/spec/containers/0/volumeMounts/-, value: {name: copy, mountPath: /etc/beacon}}
- op: add
  path: /spec/template/spec/initContainers
  value:
    - name: copy
      image: busybox:1.28
      command: ["sh", "-c", "cp /beacon/token /copy/token && chmod 0400 /copy/token"]
      volumeMounts: [{name: beacon, mountPath: /beacon}, {name: copy, mountPath: /copy}]
PATCH

kubectl -n lighthouse rollout status deployment/lantern --timeout=90s
