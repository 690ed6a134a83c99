#!/usr/bin/env bash
# A strategic merge patch: the fields become false, and lists are changed by the names of their items.
set -euo pipefail

kubectl -n metrics patch deployment collector --patch-file=/dev/stdin <<'EOF'
spec:
  template:
    spec:
      hostPID: false
      hostIPC: false
      hostNetwork: false
      containers:
        - name: web
          ports:
            - containerPort: 8080
              hostPort: null
        - name: shipper
          volumeMounts:
            - {mountPath: /node-logs, $patch: delete}
            - {name: www, mountPath: /www, readOnly: true}
      volumes:
        - {name: node-logs, $patch: delete}
        - {name: www, hostPath: null, emptyDir: {}}
EOF

kubectl -n metrics rollout status deployment/collector --timeout=90s
