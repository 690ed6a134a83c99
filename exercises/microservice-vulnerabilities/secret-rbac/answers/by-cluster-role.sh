#!/usr/bin/env bash
# The ClusterRole is narrowed and bound in orchard alone; picker is named as the user that the API server sees.
set -euo pipefail

kubectl delete clusterrolebinding orchard-picker
kubectl patch clusterrole orchard-secret-lister --type=merge \
  --patch='{"rules": [{"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["ladder"], "verbs": ["get"]}]}'
kubectl -n orchard create rolebinding picker --clusterrole=orchard-secret-lister \
  --user=system:serviceaccount:orchard:picker
kubectl -n orchard get rolebinding secret-readers --output=json \
  | jq '.subjects |= map(select(.name != "picker"))' | kubectl replace --filename -
