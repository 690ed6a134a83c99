#!/usr/bin/env bash
# A volume of the Pod's own beside the old one, which goes; warnings for the next time; then restarted.
set -euo pipefail

kubectl label namespace harbour pod-security.kubernetes.io/warn=restricted
kubectl -n harbour patch deployment crane --patch-file=/dev/stdin <<'PATCH'
spec:
  template:
    spec:
      containers:
        - name: web
          securityContext: {capabilities: {add: [NET_BIND_SERVICE], drop: [ALL]}}
          ports: [{$patch: replace}, {containerPort: 8080, name: http}]
        - name: tally
          volumeMounts: [{mountPath: /var/tally, name: log}]
      volumes: [{name: tally, $patch: delete}, {name: log, emptyDir: {sizeLimit: 8Mi}}]
PATCH
kubectl -n harbour rollout restart deployment crane

kubectl -n harbour rollout status deployment/crane --timeout=90s
