#!/usr/bin/env bash
# Another manifest: the Pod has prompter's user, and the others have theirs; two Pods, and one container more.
set -euo pipefail

kubectl replace --force --filename - <<'MANIFEST'
apiVersion: apps/v1
kind: Deployment
metadata:
  name: theatre
  namespace: opera
spec:
  replicas: 2
  selector:
    matchLabels: {app: theatre}
  template:
    metadata:
      labels: {app: theatre}
    spec:
      terminationGracePeriodSeconds: 1
      securityContext: {runAsUser: 4200, runAsGroup: 4000, fsGroup: 4000, runAsNonRoot: true}
      initContainers:
        - name: lights
          image: busybox:1.28
          restartPolicy: Always
          command: ["sh", "-c", "while true; do date > /stage/cue.html; sleep 5; done"]
          securityContext: {runAsUser: 4100}
          volumeMounts: [{name: stage, mountPath: /stage}]
        - name: props
          image: busybox:1.28
          command: ["sh", "-c", "id > /stage/index.html"]
          securityContext: {runAsUser: 4100}
          volumeMounts: [{name: stage, mountPath: /stage}]
      containers:
        - name: prompter
          image: busybox:1.28
          command: ["sh", "-c", "while true; do cat /stage/cue.html; sleep 5; done"]
          securityContext: {allowPrivilegeEscalation: false}
          volumeMounts: [{name: stage, mountPath: /stage}]
        - name: usher
          image: busybox:1.28
          command: ["sleep", "1d"]
          securityContext: {runAsUser: 4300, runAsGroup: 4300}
        - name: actors
          image: busybox:1.28
          command: ["httpd", "-f", "-p", "8080", "-h", "/stage"]
          securityContext: {runAsUser: 4100, runAsGroup: 4000}
          volumeMounts: [{name: stage, mountPath: /stage, readOnly: true}]
      volumes:
        - name: stage
          emptyDir: {medium: Memory}
MANIFEST

kubectl -n opera rollout status deployment/theatre --timeout=90s
