#!/usr/bin/env bash
# A second container that nobody thought of.
set -euo pipefail

ssh -n kube-worker-1 sudo apparmor_parser --replace /etc/apparmor.d/outpost-courier

kubectl replace --force --filename - <<'EOF'
apiVersion: v1
kind: Pod
metadata:
  name: courier
  namespace: outpost
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: courier
      image: busybox:1.28
      command: ["sh", "-c", "while true; do date >> /outbox/journal; sleep 5; done"]
      securityContext:
        appArmorProfile:
          type: Localhost
          localhostProfile: courier-outbox-only
      volumeMounts:
        - name: outbox
          mountPath: /outbox
    - name: lookout
      image: busybox:1.28
      command: ["sleep", "1h"]
  volumes:
    - name: outbox
      emptyDir: {}
EOF

kubectl --namespace=outpost wait --for=condition=Ready pod/courier --timeout=120s
