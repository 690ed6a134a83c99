#!/usr/bin/env bash
# The Pod without -n.
set -euo pipefail

kubectl label namespace audited pod-security.kubernetes.io/warn=baseline

kubectl run rule-breaker --image=busybox:1.28 --privileged -- sleep 1h
kubectl wait --for=condition=Ready pod/rule-breaker --timeout=90s
