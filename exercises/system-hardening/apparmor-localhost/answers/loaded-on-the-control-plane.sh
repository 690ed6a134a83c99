#!/usr/bin/env bash
# Loaded where kubectl is at home; the Pod runs elsewhere.
set -euo pipefail

ssh -n kube-worker-1 cat /etc/apparmor.d/outpost-courier | ssh kube-control-plane sudo apparmor_parser --replace

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

# Long enough for the kubelet to have tried.
waiting='{.status.containerStatuses[0].state.waiting.reason}'
kubectl --namespace=outpost wait --for=jsonpath="$waiting"=CreateContainerError pod/courier --timeout=60s || true
