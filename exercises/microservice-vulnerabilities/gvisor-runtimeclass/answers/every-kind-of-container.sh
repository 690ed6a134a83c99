#!/usr/bin/env bash
# An init container, a native sidecar, one that has done its work, and a debugger: all in the one sandbox of the Pod.
set -euo pipefail

kubectl apply -f - <<'EOF'
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata:
  name: container-runtime-sandbox
handler: runsc
---
apiVersion: v1
kind: Pod
metadata:
  name: nginx
spec:
  runtimeClassName: container-runtime-sandbox
  restartPolicy: OnFailure
  initContainers:
    - name: prepare
      image: busybox:1.28
      command: ["sleep", "1"]
    - name: watch
      image: busybox:1.28
      restartPolicy: Always
      command: ["sleep", "1h"]
  containers:
    - name: done
      image: busybox:1.28
      command: ["true"]
    - name: web
      image: nginx:1.23.2
      imagePullPolicy: Never
EOF

kubectl wait --for=jsonpath='{.status.containerStatuses[?(@.name=="web")].started}'=true pod/nginx --timeout=90s
kubectl debug nginx --image=busybox:1.28 --container=debugger -- sleep 1h
