#!/usr/bin/env bash
# Another manifest: a Pod that asks for root and containers that do not; two Pods, a sidecar, and one container more.
set -euo pipefail

kubectl replace --force --filename - <<'MANIFEST'
apiVersion: apps/v1
kind: Deployment
metadata:
  name: tickets
  namespace: museum
spec:
  replicas: 2
  selector:
    matchLabels: {app: tickets}
  template:
    metadata:
      labels: {app: tickets}
    spec:
      terminationGracePeriodSeconds: 1
      securityContext: {runAsUser: 0, runAsNonRoot: true, fsGroup: 2000}
      initContainers:
        - name: clock
          image: busybox:1.28
          restartPolicy: Always
          command: ["sh", "-c", "while true; do date > /www/time.html; sleep 5; done"]
          securityContext: {runAsUser: 1000}
          volumeMounts: [{name: www, mountPath: /www}]
        - name: prices
          image: busybox:1.28
          command: ["sh", "-c", "echo adults 12 > /www/index.html"]
          securityContext: {runAsUser: 1000}
          volumeMounts: [{name: www, mountPath: /www}]
      containers:
        - name: desk
          image: busybox:1.28
          command: ["httpd", "-f", "-p", "8080", "-h", "/www"]
          securityContext: {runAsUser: 1000, capabilities: {drop: ["ALL"]}}
          volumeMounts: [{name: www, mountPath: /www, readOnly: true}]
        - name: cloakroom
          image: busybox:1.28
          command: ["sleep", "1d"]
          securityContext: {runAsUser: 1003, runAsNonRoot: true}
      volumes:
        - name: www
          emptyDir: {}
MANIFEST

kubectl -n museum rollout status deployment/tickets --timeout=90s
