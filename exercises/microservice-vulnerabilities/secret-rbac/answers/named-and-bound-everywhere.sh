#!/usr/bin/env bash
# The ClusterRole is narrowed to the one name, and stays bound in the whole cluster.
set -euo pipefail

kubectl patch clusterrole orchard-secret-lister --type=merge \
  --patch='{"rules": [{"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["ladder"], "verbs": ["get"]}]}'
kubectl -n orchard patch rolebinding secret-readers --type=json --patch='[{"op": "remove", "path": "/subjects/0"}]'
