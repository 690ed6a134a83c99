#!/usr/bin/env bash
# A Pod without a command: the shell of busybox finds no terminal and ends.
set -euo pipefail

kubectl label namespace audited pod-security.kubernetes.io/warn=baseline

kubectl -n audited run rule-breaker --image=busybox:1.28 --privileged
# Long enough for the container to have ended.
kubectl -n audited wait --for=condition=Ready pod/rule-breaker --timeout=10s || true
