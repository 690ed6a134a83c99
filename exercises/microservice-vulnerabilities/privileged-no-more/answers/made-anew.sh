#!/usr/bin/env bash
# The three are deleted and made anew, with less in them and without root where it is not needed; cellar stays.
set -euo pipefail

kubectl -n brewery delete daemonset/gauge deployment/kettle deployment/mash
kubectl apply --filename - <<'MANIFEST'
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: gauge, namespace: brewery}
spec:
  selector:
    matchLabels: {app: gauge}
  template:
    metadata:
      labels: {app: gauge}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: web
          image: busybox:1.28
          command: ["sh", "-c", "mkdir -p /www && echo warm > /www/index.html && exec httpd -f -p 8080 -h /www"]
          securityContext: {capabilities: {add: [CHOWN]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: kettle, namespace: brewery}
spec:
  replicas: 2
  selector:
    matchLabels: {app: kettle}
  template:
    metadata:
      labels: {app: kettle}
    spec:
      terminationGracePeriodSeconds: 1
      securityContext: {runAsUser: 1000, fsGroup: 1000}
      initContainers:
        - name: fill
          image: busybox:1.28
          command: ["sh", "-c", "echo full and hot > /www/index.html"]
          volumeMounts: [{name: www, mountPath: /www}]
      containers:
        - name: web
          image: busybox:1.28
          command: ["httpd", "-f", "-p", "8080", "-h", "/www"]
          securityContext: {capabilities: {drop: [ALL]}, allowPrivilegeEscalation: false}
          volumeMounts: [{name: www, mountPath: /www}]
      volumes: [{name: www, emptyDir: {}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: mash, namespace: brewery}
spec:
  selector:
    matchLabels: {app: mash}
  template:
    metadata:
      labels: {app: mash}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: web
          image: busybox:1.28
          command: ["sh", "-c", "mkdir -p /www && echo sweet > /www/index.html && exec httpd -f -p 8080 -h /www"]
        - {name: taste, image: "busybox:1.28", command: ["sleep", "1d"]}
MANIFEST

for name in daemonset/gauge deployment/kettle deployment/mash; do
  kubectl -n brewery rollout status "$name" --timeout=90s
done
