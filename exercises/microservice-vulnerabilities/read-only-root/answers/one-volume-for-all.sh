#!/usr/bin/env bash
# The volume that is there already serves for all: a directory of it for each.
set -euo pipefail

kubectl -n press patch deployment gazette --patch-file=/dev/stdin <<'PATCH'
spec:
  template:
    spec:
      initContainers:
        - name: typeset
          securityContext: {readOnlyRootFilesystem: true}
          volumeMounts: [{name: www, mountPath: /www, subPath: pages}]
      containers:
        - name: web
          securityContext: {readOnlyRootFilesystem: true, allowPrivilegeEscalation: false}
          volumeMounts:
            - {name: www, mountPath: /www, subPath: pages, readOnly: true}
            - {name: www, mountPath: /run/web, subPath: run}
        - name: printer
          securityContext: {readOnlyRootFilesystem: true}
          volumeMounts:
            - {name: www, mountPath: /www, subPath: pages}
            - {name: www, mountPath: /var/log/gazette, subPath: log}
PATCH

kubectl -n press rollout status deployment/gazette --timeout=90s
