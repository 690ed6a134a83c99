#!/usr/bin/env bash
# The mode that only the audit log knows of.
set -euo pipefail

kubectl label namespace audited pod-security.kubernetes.io/audit=baseline

kubectl -n audited run rule-breaker --image=busybox:1.28 --privileged -- sleep 1h
kubectl -n audited wait --for=condition=Ready pod/rule-breaker --timeout=90s
