#!/usr/bin/env bash
# As it was done before Kubernetes 1.30. The API server still makes the field of it, and warns.
set -euo pipefail

ssh -n kube-worker-1 sudo apparmor_parser --replace /etc/apparmor.d/outpost-courier

kubectl replace --force --filename - <<'EOF'
apiVersion: v1
kind: Pod
metadata:
  name: courier
  namespace: outpost
  annotations:
    container.apparmor.security.beta.kubernetes.io/courier: localhost/courier-outbox-only
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: courier
      image: busybox:1.28
      command: ["sh", "-c", "while true; do date >> /outbox/journal; sleep 5; done"]
      volumeMounts:
        - name: outbox
          mountPath: /outbox
  volumes:
    - name: outbox
      emptyDir: {}
EOF

kubectl --namespace=outpost wait --for=condition=Ready pod/courier --timeout=120s
