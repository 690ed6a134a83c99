#!/usr/bin/env bash
# A Pod that was there before the label; audit and an enforce that refuses nothing do no harm.
set -euo pipefail

kubectl apply -f - <<'EOF'
apiVersion: v1
kind: Pod
metadata:
  name: rule-breaker
  namespace: audited
spec:
  hostNetwork: true
  hostPID: true
  containers:
    - name: main
      image: busybox:1.28
      command: ["sleep", "1h"]
      volumeMounts:
        - name: logs
          mountPath: /logs
  volumes:
    - name: logs
      hostPath:
        path: /var/log
EOF

kubectl label namespace audited \
  pod-security.kubernetes.io/enforce=privileged \
  pod-security.kubernetes.io/audit=restricted \
  pod-security.kubernetes.io/warn=baseline

kubectl -n audited wait --for=condition=Ready pod/rule-breaker --timeout=90s
