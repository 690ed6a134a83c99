#!/usr/bin/env bash
# Deleted and made anew by a manifest of the learner's: the fields are false, two Pods, one more container.
set -euo pipefail

kubectl -n metrics delete deployment collector
kubectl apply -f - <<'EOF'
apiVersion: apps/v1
kind: Deployment
metadata:
  name: collector
  namespace: metrics
spec:
  replicas: 2
  selector:
    matchLabels: {app: collector}
  template:
    metadata:
      labels: {app: collector, tier: front}
    spec:
      hostNetwork: false
      hostPID: false
      hostIPC: false
      shareProcessNamespace: true
      initContainers:
        - name: page
          image: busybox:1.28
          command: ["sh", "-c", "echo collecting > /www/index.html"]
          volumeMounts: [{name: www, mountPath: /www}]
      containers:
        - name: web
          image: busybox:1.28
          command: ["httpd", "-f", "-p", "8080", "-h", "/www"]
          ports: [{containerPort: 8080}]
          volumeMounts: [{name: www, mountPath: /www, readOnly: true}]
        - name: shipper
          image: busybox:1.28
          command: ["sleep", "1d"]
      volumes:
        - name: www
          emptyDir: {medium: Memory}
EOF

kubectl -n metrics rollout status deployment/collector --timeout=90s
