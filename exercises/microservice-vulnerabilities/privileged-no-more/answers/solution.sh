#!/usr/bin/env bash
# Every `privileged: true` in the namespace becomes false, in whatever kind of container; then gauge's Pods are deleted.
set -euo pipefail

kubectl -n brewery get daemonsets,deployments --output=json \
  | jq '(.. | select(.privileged? == true) | .privileged) = false' \
  | kubectl replace --filename -

kubectl -n brewery delete pod --selector=app=gauge
kubectl -n brewery rollout status deployment/kettle --timeout=90s
kubectl -n brewery rollout status deployment/mash --timeout=90s
kubectl -n brewery wait --for=condition=Ready pod --selector=app=gauge --timeout=90s
