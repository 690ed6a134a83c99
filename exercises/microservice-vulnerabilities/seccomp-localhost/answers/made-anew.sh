#!/usr/bin/env bash
# Whoever makes a directory is ended; two Pods of another manifest, with an init container and one container more.
set -euo pipefail

ssh kube-worker-1 'sudo install -D /dev/stdin /var/lib/kubelet/seccomp/profiles/no-new-dirs.json' <<'PROFILE'
{
  "defaultAction": "SCMP_ACT_ALLOW",
  "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_KILL_PROCESS"}]
}
PROFILE

kubectl replace --force --filename - <<'MANIFEST'
apiVersion: apps/v1
kind: Deployment
metadata:
  name: smithy
  namespace: foundry
spec:
  replicas: 2
  selector:
    matchLabels: {app: smithy}
  template:
    metadata:
      labels: {app: smithy}
    spec:
      terminationGracePeriodSeconds: 1
      nodeName: kube-worker-1
      securityContext:
        runAsUser: 1000
        seccompProfile: {type: Localhost, localhostProfile: profiles/no-new-dirs.json}
      initContainers:
        - name: anvil
          image: busybox:1.28
          command: ["sh", "-c", "date > /www/index.html"]
          volumeMounts: [{name: www, mountPath: /www}]
      containers:
        - name: web
          image: busybox:1.28
          command: ["httpd", "-f", "-p", "8080", "-h", "/www"]
          securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true}
          volumeMounts: [{name: www, mountPath: /www, readOnly: true}]
        - name: bellows
          image: busybox:1.28
          command: ["sh", "-c", "while true; do date > /www/index.html; sleep 5; done"]
          volumeMounts: [{name: www, mountPath: /www}]
        - name: tongs
          image: busybox:1.28
          command: ["sleep", "1d"]
          securityContext: {capabilities: {drop: ["ALL"]}}
      volumes:
        - name: www
          emptyDir: {}
MANIFEST

kubectl -n foundry rollout status deployment/smithy --timeout=90s
