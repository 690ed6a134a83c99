#!/usr/bin/env bash
# A Role for the one Secret, bound to picker, who is taken out of both bindings that give more.
set -euo pipefail

kubectl -n orchard create role ladder-reader --verb=get --resource=secrets --resource-name=ladder
kubectl -n orchard create rolebinding ladder-reader --role=ladder-reader --serviceaccount=orchard:picker
kubectl -n orchard patch rolebinding secret-readers --type=json --patch='[{"op": "remove", "path": "/subjects/0"}]'
kubectl delete clusterrolebinding orchard-picker
