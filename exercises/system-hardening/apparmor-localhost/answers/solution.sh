#!/usr/bin/env bash
# The profile into the worker's kernel, its name into the Pod.
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
  securityContext:
    appArmorProfile:
      type: Localhost
      localhostProfile: courier-outbox-only
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
kubectl --namespace=outpost exec courier -- cat /proc/1/attr/current
