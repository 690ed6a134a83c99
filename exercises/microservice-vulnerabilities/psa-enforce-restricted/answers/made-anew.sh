#!/usr/bin/env bash
# By manifests: all of it in each container, other users, a sidecar more, three Pods; the other modes beside enforce.
set -euo pipefail

kubectl apply -f - <<'MANIFEST'
apiVersion: v1
kind: Namespace
metadata:
  name: clinic
  labels:
    team: records
    pod-security.kubernetes.io/enforce: restricted
    pod-security.kubernetes.io/enforce-version: latest
    pod-security.kubernetes.io/warn: restricted
    pod-security.kubernetes.io/audit: baseline
MANIFEST

kubectl replace --force --filename - <<'MANIFEST'
apiVersion: apps/v1
kind: Deployment
metadata:
  name: records
  namespace: clinic
spec:
  replicas: 3
  selector:
    matchLabels: {app: records}
  template:
    metadata:
      labels: {app: records, tier: front}
    spec:
      terminationGracePeriodSeconds: 1
      initContainers:
        - name: prepare
          image: busybox:1.28
          command: ["sh", "-c", "echo no records yet > /www/index.html; chmod a+rw /www/index.html"]
          securityContext: &tight
            runAsNonRoot: true
            runAsUser: 2000
            allowPrivilegeEscalation: false
            capabilities: {drop: [ALL]}
            seccompProfile: {type: RuntimeDefault}
          volumeMounts: [{name: www, mountPath: /www}]
        - name: watch
          image: busybox:1.28
          restartPolicy: Always
          command: ["sleep", "1d"]
          securityContext: *tight
      containers:
        - name: web
          image: busybox:1.28
          command: ["httpd", "-f", "-p", "8080", "-h", "/www"]
          securityContext:
            runAsNonRoot: true
            runAsUser: 3000
            allowPrivilegeEscalation: false
            capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}
            seccompProfile: {type: RuntimeDefault}
          volumeMounts: [{name: www, mountPath: /www}]
        - name: clerk
          image: busybox:1.28
          command: ["sh", "-c", "while date > /www/index.html; do sleep 5; done"]
          securityContext: *tight
          volumeMounts: [{name: www, mountPath: /www}]
      volumes:
        - name: www
          emptyDir: {}
MANIFEST

kubectl -n clinic rollout status deployment/records --timeout=90s
