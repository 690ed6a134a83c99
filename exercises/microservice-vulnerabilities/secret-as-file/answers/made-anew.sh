#!/usr/bin/env bash
# Another manifest: a projected volume, two Pods, a sidecar in place of logbook, a variable that is no secret.
set -euo pipefail

kubectl -n lighthouse get secret beacon --output=json > /tmp/beacon.json
kubectl -n lighthouse delete secret beacon
jq 'del(.metadata.uid, .metadata.resourceVersion) | .immutable = true' /tmp/beacon.json | kubectl create --filename -
rm /tmp/beacon.json

kubectl replace --force --filename - <<'MANIFEST'
apiVersion: apps/v1
kind: Deployment
metadata:
  name: lantern
  namespace: lighthouse
spec:
  replicas: 2
  selector:
    matchLabels: {app: lantern}
  template:
    metadata:
      labels: {app: lantern}
    spec:
      terminationGracePeriodSeconds: 1
      initContainers:
        - name: logbook
          image: busybox:1.28
          restartPolicy: Always
          command: ["sh", "-c", "while sleep 5; do cat /www/index.html; done"]
          volumeMounts: [{name: www, mountPath: /www}]
      containers:
        - name: lamp
          image: busybox:1.28
          command:
            - sh
            - -c
            - >-
              while sleep 1; do grep -q . "$TOKEN_FILE" && echo lit > /www/index.html; done & exec httpd -f -p 8080 -h /www
          env: [{name: TOKEN_FILE, value: /etc/beacon/token}]
          volumeMounts: [{name: www, mountPath: /www}, {name: secrets, mountPath: /etc/beacon}]
      volumes:
        - {name: www, emptyDir: {}}
        - name: secrets
          projected:
            sources: [{secret: {name: beacon, items: [{key: token, path: token, mode: 0400}]}}]
MANIFEST

kubectl -n lighthouse rollout status deployment/lantern --timeout=90s
