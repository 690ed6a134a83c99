#!/usr/bin/env bash
# The class by its handler, into each template of the tenant; the StatefulSet's Pod has to be deleted.
set -euo pipefail

class=$(kubectl get runtimeclass -o jsonpath='{.items[?(@.handler=="runsc")].metadata.name}')

kubectl -n bazaar patch deployment stall --patch "{\"spec\": {\"template\": {\"spec\": {\"runtimeClassName\": \"$class\"}}}}"
kubectl -n bazaar patch statefulset till --patch "{\"spec\": {\"template\": {\"spec\": {\"runtimeClassName\": \"$class\"}}}}"
kubectl -n bazaar patch daemonset lamp --patch "{\"spec\": {\"template\": {\"spec\": {\"runtimeClassName\": \"$class\"}}}}"
kubectl -n bazaar delete pod till-0

kubectl -n bazaar wait --for=condition=Ready pod/till-0 --timeout=90s
kubectl -n bazaar rollout status deployment/stall --timeout=90s
kubectl -n bazaar rollout status daemonset/lamp --timeout=90s
