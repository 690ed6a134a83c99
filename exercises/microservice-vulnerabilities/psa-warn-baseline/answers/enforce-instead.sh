#!/usr/bin/env bash
# The mode that refuses.
set -euo pipefail

kubectl label namespace audited pod-security.kubernetes.io/enforce=baseline

# Refused, and the learner goes on to the next task.
kubectl -n audited run rule-breaker --image=busybox:1.28 --privileged -- sleep 1h || true
