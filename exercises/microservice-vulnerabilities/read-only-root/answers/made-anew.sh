#!/usr/bin/env bash
# Another manifest: volumes in memory, mounted a level further up; an ordinary user; two Pods, and one more container.
set -euo pipefail

kubectl replace --force --filename - <<'MANIFEST'
apiVersion: apps/v1
kind: Deployment
metadata:
  name: gazette
  namespace: press
spec:
  replicas: 2
  selector:
    matchLabels: {app: gazette}
  template:
    metadata:
      labels: {app: gazette}
    spec:
      terminationGracePeriodSeconds: 1
      securityContext: {runAsUser: 1000, fsGroup: 1000}
      initContainers:
        - name: typeset
          image: busybox:1.28
          command: ["sh", "-c", "echo first edition > /www/index.html"]
          securityContext: {readOnlyRootFilesystem: true}
          volumeMounts: [{name: www, mountPath: /www}]
      containers:
        - name: web
          image: busybox:1.28
          command: ["sh", "-c", "mkdir -p /run/web && echo $$ > /run/web/pid && exec httpd -f -p 8080 -h /www"]
          securityContext: {readOnlyRootFilesystem: true}
          volumeMounts: [{name: www, mountPath: /www}, {name: run, mountPath: /run}]
        - name: printer
          image: busybox:1.28
          command:
            - sh
            - -c
            - >-
              mkdir -p /var/log/gazette;
              while date >> /var/log/gazette/edition.log; do cp /var/log/gazette/edition.log /www/index.html; sleep 2; done
          securityContext: {readOnlyRootFilesystem: true}
          volumeMounts: [{name: www, mountPath: /www}, {name: log, mountPath: /var/log}]
        - name: reader
          image: busybox:1.28
          command: ["sleep", "1d"]
          securityContext: {readOnlyRootFilesystem: true}
      volumes:
        - {name: www, emptyDir: {medium: Memory}}
        - {name: run, emptyDir: {medium: Memory}}
        - {name: log, emptyDir: {sizeLimit: 16Mi}}
MANIFEST

kubectl -n press rollout status deployment/gazette --timeout=90s
