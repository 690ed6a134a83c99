#!/usr/bin/env bash
# The group of the process instead of that of the volume.
set -euo pipefail

kubectl apply -f - <<'EOF'
apiVersion: v1
kind: Pod
metadata:
  name: busybox-security-context
spec:
  securityContext:
    runAsUser: 1000
    runAsGroup: 2000
  containers:
    - name: busybox
      image: busybox:1.28
      command: ["sh", "-c", "sleep 1h"]
      securityContext:
        allowPrivilegeEscalation: false
      volumeMounts:
        - name: scratch
          mountPath: /data/test
  volumes:
    - name: scratch
      emptyDir: {}
EOF

kubectl wait --for=condition=Ready pod/busybox-security-context --timeout=90s

kubectl exec busybox-security-context -c busybox -- sh -c 'echo hello > /data/test/hello.txt'
