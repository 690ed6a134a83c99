#!/usr/bin/env bash
# The whole command line in one item: no program has such a name, and the container never starts.
set -euo pipefail

kubectl apply -f - <<'EOF'
apiVersion: v1
kind: Pod
metadata:
  name: busybox-security-context
spec:
  securityContext:
    runAsUser: 1000
    runAsGroup: 3000
    fsGroup: 2000
  containers:
    - name: busybox
      image: busybox:1.28
      command: ['sh -c "sleep 1h"']
      securityContext:
        allowPrivilegeEscalation: false
      volumeMounts:
        - name: scratch
          mountPath: /data/test
  volumes:
    - name: scratch
      emptyDir: {}
EOF

# Long enough for the kubelet to have tried.
kubectl wait --for=condition=Ready pod/busybox-security-context --timeout=15s || true
