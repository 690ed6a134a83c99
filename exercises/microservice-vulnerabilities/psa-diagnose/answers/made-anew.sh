#!/usr/bin/env bash
# Another manifest, which keeps to restricted as well; three Pods, one more container, and a volume in memory further up.
set -euo pipefail

kubectl replace --force --filename - <<'MANIFEST'
apiVersion: apps/v1
kind: Deployment
metadata:
  name: crane
  namespace: harbour
spec:
  replicas: 3
  selector:
    matchLabels: {app: crane}
  template:
    metadata:
      labels: {app: crane, tier: quay}
    spec:
      terminationGracePeriodSeconds: 1
      securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
      initContainers:
        - name: prepare
          image: busybox:1.28
          command: ["mkdir", "/state/tally"]
          securityContext: &tight {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
          volumeMounts: [{name: state, mountPath: /state}]
      containers:
        - name: tally
          image: busybox:1.28
          command: ["sh", "-c", "while date >> /var/tally/moves.log; do sleep 2; done"]
          securityContext: *tight
          volumeMounts: [{name: state, mountPath: /var}]
        - name: helper
          image: busybox:1.28
          command: ["sleep", "1d"]
          securityContext: *tight
        - name: web
          image: busybox:1.28
          command: ["sh", "-c", "echo at work > /tmp/index.html && exec httpd -f -p 8080 -h /tmp"]
          ports: [{containerPort: 8080}]
          securityContext: *tight
      volumes:
        - {name: state, emptyDir: {medium: Memory}}
MANIFEST

kubectl -n harbour rollout status deployment/crane --timeout=90s
