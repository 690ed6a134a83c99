#!/usr/bin/env bash
# The right label on all namespaces.
set -euo pipefail

kubectl label namespace --all pod-security.kubernetes.io/warn=baseline

kubectl -n audited run rule-breaker --image=busybox:1.28 --privileged -- sleep 1h
kubectl -n audited wait --for=condition=Ready pod/rule-breaker --timeout=90s
