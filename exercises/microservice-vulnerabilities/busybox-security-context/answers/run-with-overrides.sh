#!/usr/bin/env bash
# The Pod in one line, the container by another name, and a debugger that has ended.
set -euo pipefail

kubectl run busybox-security-context --image=busybox:1.28 --restart=Never --overrides='{
  "spec": {
    "securityContext": {"runAsUser": 1000, "fsGroup": 2000},
    "containers": [{
      "name": "main", "image": "busybox:1.28", "command": ["sh", "-c", "sleep 1h"],
      "securityContext": {"runAsGroup": 3000, "allowPrivilegeEscalation": false},
      "volumeMounts": [{"name": "v", "mountPath": "/data/test"}, {"name": "v", "mountPath": "/also", "subPath": "sub"}]
    }],
    "volumes": [{"name": "v", "emptyDir": {}}]
  }
}'
kubectl wait --for=condition=Ready pod/busybox-security-context --timeout=90s
kubectl exec busybox-security-context -- touch /data/test/hello.txt

kubectl debug busybox-security-context --image=busybox:1.28 --container=debugger -- true
kubectl wait --for=jsonpath='{.status.ephemeralContainerStatuses[0].state.terminated.exitCode}'=0 \
  pod/busybox-security-context --timeout=90s
