#!/usr/bin/env bash
# What a RuntimeClass may say besides, and a second container that comes first.
set -euo pipefail

kubectl apply -f - <<'EOF'
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata:
  name: container-runtime-sandbox
  labels:
    team: platform
handler: "runsc"
overhead:
  podFixed:
    memory: 64Mi
    cpu: 50m
scheduling:
  nodeSelector:
    kubernetes.io/os: linux
---
apiVersion: v1
kind: Pod
metadata:
  name: nginx
  labels:
    app: nginx
spec:
  containers:
    - name: helper
      image: busybox:1.28
      command: ["sleep", "1h"]
    - name: web
      image: docker.io/library/nginx:1.23.2
      ports:
        - containerPort: 80
  runtimeClassName: container-runtime-sandbox
EOF

kubectl wait --for=condition=Ready pod/nginx --timeout=90s
