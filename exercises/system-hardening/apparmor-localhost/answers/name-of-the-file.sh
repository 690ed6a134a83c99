#!/usr/bin/env bash
# The Pod asks for a profile by the name of the file that another one stands in.
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
      localhostProfile: outpost-courier
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
