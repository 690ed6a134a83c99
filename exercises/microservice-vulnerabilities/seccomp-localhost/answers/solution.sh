#!/usr/bin/env bash
# The profile on the worker's disk, its name at the Pod.
set -euo pipefail

ssh kube-worker-1 '
  sudo mkdir -p /var/lib/kubelet/seccomp/profiles
  sudo tee /var/lib/kubelet/seccomp/profiles/no-new-dirs.json
' <<'PROFILE'
{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [
    {
      "names": ["mkdir", "mkdirat"],
      "action": "SCMP_ACT_ERRNO"
    }
  ]
}
PROFILE

kubectl -n foundry patch deployment smithy --patch-file=/dev/stdin <<'PATCH'
spec:
  template:
    spec:
      securityContext:
        seccompProfile:
          type: Localhost
          localhostProfile: profiles/no-new-dirs.json
PATCH

kubectl -n foundry rollout status deployment/smithy --timeout=90s
