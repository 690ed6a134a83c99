#!/usr/bin/env bash
# gauge is mended; the two Deployments are stopped.
set -euo pipefail

kubectl -n brewery get daemonset gauge --output=json \
  | jq '(.. | select(.privileged? == true) | .privileged) = false' \
  | kubectl replace --filename -
kubectl -n brewery delete pod --selector=app=gauge
kubectl -n brewery scale deployment kettle mash --replicas=0
kubectl -n brewery wait --for=delete pod --selector='app in (kettle, mash)' --timeout=60s
kubectl -n brewery wait --for=condition=Ready pod --selector=app=gauge --timeout=90s
