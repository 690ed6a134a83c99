#!/usr/bin/env bash
# All is right, and then a debugger is put in and left running.
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
      volumeMounts:
        - name: scratch
          mountPath: /data/test
  volumes:
    - name: scratch
      emptyDir: {}
EOF

kubectl wait --for=condition=Ready pod/busybox-security-context --timeout=90s

kubectl exec busybox-security-context -c busybox -- sh -c 'echo hello > /data/test/hello.txt'
kubectl debug busybox-security-context --image=busybox:1.28 --container=debugger -- sleep 1h
kubectl wait --for=jsonpath='{.status.ephemeralContainerStatuses[0].state.running}' pod/busybox-security-context --timeout=90s
