#!/usr/bin/env bash
# On both nodes; each container names the profile itself, and the Pod another one. What is let through is noted as well.
set -euo pipefail

profile='{
  "defaultAction": "SCMP_ACT_LOG",
  "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_AARCH64"],
  "syscalls": [
    {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13},
    {"names": ["mkdirat", "mknodat"], "action": "SCMP_ACT_ERRNO"}
  ]
}'
for node in kube-worker-1 kube-control-plane; do
  ssh "$node" 'sudo install -D /dev/stdin /var/lib/kubelet/seccomp/profiles/no-new-dirs.json' <<< "$profile"
done

kubectl -n foundry patch deployment smithy --patch-file=/dev/stdin <<'PATCH'
spec:
  template:
    spec:
      securityContext: {runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: web
          securityContext: {seccompProfile: {type: Localhost, localhostProfile: profiles/no-new-dirs.json}}
        - name: bellows
          securityContext: {seccompProfile: {type: Localhost, localhostProfile: profiles/no-new-dirs.json}}
PATCH

kubectl -n foundry rollout status deployment/smithy --timeout=90s
