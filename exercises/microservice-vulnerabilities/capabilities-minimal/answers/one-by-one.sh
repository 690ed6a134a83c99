#!/usr/bin/env bash
# web names each capability that it gives up, and keeps the one that is not named; the others drop ALL.
set -euo pipefail

kubectl -n harbour patch deployment inn --patch-file=/dev/stdin <<'PATCH'
spec:
  template:
    spec:
      initContainers:
        - name: sign
          securityContext: {capabilities: {drop: [all]}}
      containers:
        - name: web
          securityContext:
            capabilities:
              add: null
              drop:
                - AUDIT_WRITE
                - CHOWN
                - DAC_OVERRIDE
                - FOWNER
                - FSETID
                - KILL
                - MKNOD
                - NET_RAW
                - SETFCAP
                - SETGID
                - SETPCAP
                - SETUID
                - SYS_CHROOT
        - name: bell
          securityContext: {capabilities: {drop: [ALL]}, allowPrivilegeEscalation: false}
PATCH

kubectl -n harbour rollout status deployment/inn --timeout=90s
