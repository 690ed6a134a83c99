#!/usr/bin/env bash
# A container that comes first, one that stays beside, and a label to find the node by: the profile at the Pod is for all.
set -euo pipefail

ssh -n kube-worker-1 sudo apparmor_parser --replace /etc/apparmor.d/outpost-courier

kubectl replace --force --filename - <<'EOF'
apiVersion: v1
kind: Pod
metadata:
  name: courier
  namespace: outpost
spec:
  nodeSelector:
    kubernetes.io/hostname: kube-worker-1
  terminationGracePeriodSeconds: 1
  securityContext:
    appArmorProfile:
      type: Localhost
      localhostProfile: courier-outbox-only
  initContainers:
    - name: prepare
      image: busybox:1.28
      command: ["touch", "/outbox/journal"]
      volumeMounts:
        - name: outbox
          mountPath: /outbox
  containers:
    - name: lookout
      image: busybox:1.28
      command: ["sleep", "1h"]
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
