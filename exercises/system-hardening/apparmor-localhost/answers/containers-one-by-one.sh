#!/usr/bin/env bash
# Loaded on both nodes; each container names the profile itself, and the Pod its node. At the Pod stands another profile,
# which counts for none of them.
set -euo pipefail

ssh -n kube-worker-1 cat /etc/apparmor.d/outpost-courier | ssh kube-control-plane sudo apparmor_parser --add
ssh -n kube-worker-1 sudo apparmor_parser --add /etc/apparmor.d/outpost-courier

kubectl replace --force --filename - <<'EOF'
apiVersion: v1
kind: Pod
metadata:
  name: courier
  namespace: outpost
spec:
  nodeName: kube-worker-1
  terminationGracePeriodSeconds: 1
  securityContext:
    appArmorProfile:
      type: RuntimeDefault
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
      securityContext:
        appArmorProfile:
          type: Localhost
          localhostProfile: courier-outbox-only
  volumes:
    - name: outbox
      emptyDir: {}
EOF

kubectl --namespace=outpost wait --for=condition=Ready pod/courier --timeout=120s
