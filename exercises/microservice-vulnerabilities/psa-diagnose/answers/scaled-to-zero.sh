#!/usr/bin/env bash
# None are wanted, none are there, all is well.
set -euo pipefail

kubectl -n harbour scale deployment crane --replicas=0
kubectl -n harbour rollout status deployment/crane --timeout=30s
