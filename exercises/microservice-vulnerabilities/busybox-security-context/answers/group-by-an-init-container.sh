#!/usr/bin/env bash
# An init container as root gives the volume to the group, without fsGroup.
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
    supplementalGroups: [2000]
  initContainers:
    - name: prepare
      image: busybox:1.28
      command: ["sh", "-c", "chgrp 2000 /data/test && chmod 2775 /data/test"]
      securityContext:
        runAsUser: 0
        allowPrivilegeEscalation: false
      volumeMounts:
        - name: scratch
          mountPath: /data/test
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
