#!/usr/bin/env bash
# Another manifest: the Pod opens low ports to everybody, so that web needs no capability and no root; two Pods.
set -euo pipefail

kubectl replace --force --filename - <<'MANIFEST'
apiVersion: apps/v1
kind: Deployment
metadata:
  name: inn
  namespace: harbour
spec:
  replicas: 2
  selector:
    matchLabels: {app: inn}
  template:
    metadata:
      labels: {app: inn}
    spec:
      terminationGracePeriodSeconds: 1
      securityContext:
        runAsUser: 1000
        fsGroup: 1000
        sysctls: [{name: net.ipv4.ip_unprivileged_port_start, value: "80"}]
      initContainers:
        - name: bell
          image: busybox:1.28
          restartPolicy: Always
          command: ["sh", "-c", "while date > /www/bell.html; do sleep 2; done"]
          securityContext: {capabilities: {drop: [ALL]}}
          volumeMounts: [{name: www, mountPath: /www}]
        - name: sign
          image: busybox:1.28
          command: ["sh", "-c", "echo rooms free > /www/index.html"]
          securityContext: {capabilities: {drop: [ALL]}}
          volumeMounts: [{name: www, mountPath: /www}]
      containers:
        - name: web
          image: busybox:1.28
          command: ["httpd", "-f", "-p", "80", "-h", "/www"]
          securityContext: {capabilities: {drop: [ALL]}}
          volumeMounts: [{name: www, mountPath: /www}]
      volumes:
        - {name: www, emptyDir: {medium: Memory}}
MANIFEST

kubectl -n harbour rollout status deployment/inn --timeout=90s
