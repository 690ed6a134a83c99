#!/usr/bin/env bash
# A second container is nobody's business as long as it is held as tight; command and args may be apart.
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
      command: ["sh", "-c"]
      args: ["sleep 1h"]
      securityContext:
        allowPrivilegeEscalation: false
      volumeMounts:
        - name: scratch
          mountPath: /data/test
    - name: helper
      image: busybox:1.28
      command: ["sh", "-c"]
      args: ["while true; do sleep 60; done"]
      securityContext:
        allowPrivilegeEscalation: false
  volumes:
    - name: scratch
      emptyDir: {}
EOF

kubectl wait --for=condition=Ready pod/busybox-security-context --timeout=90s

kubectl exec busybox-security-context -c busybox -- sh -c 'echo hello > /data/test/hello.txt'
