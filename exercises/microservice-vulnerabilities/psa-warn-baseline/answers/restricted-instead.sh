#!/usr/bin/env bash
# The strictest standard, to be on the safe side.
set -euo pipefail

kubectl label namespace audited pod-security.kubernetes.io/warn=restricted

kubectl -n audited run rule-breaker --image=busybox:1.28 --privileged -- sleep 1h
kubectl -n audited wait --for=condition=Ready pod/rule-breaker --timeout=90s
