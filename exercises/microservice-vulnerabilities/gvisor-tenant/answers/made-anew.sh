#!/usr/bin/env bash
# All three are deleted and created again, with more containers than before.
set -euo pipefail

class=$(kubectl get runtimeclass -o json | jq -r '.items[] | select(.handler == "runsc").metadata.name')

kubectl -n bazaar get deployment/stall statefulset/till daemonset/lamp -o json |
  jq --arg class "$class" '.items[].spec.template.spec |=
       (.runtimeClassName = $class
        | .initContainers = [{name: "sweep", image: "busybox:1.28", command: ["true"]}]
        | .containers = [{name: "bell", image: "busybox:1.28", command: ["sleep", "1d"]}] + .containers)' >/tmp/alder.json

kubectl -n bazaar delete deployment/stall statefulset/till daemonset/lamp --wait
kubectl -n bazaar wait --for=delete pod -l tenant=alder --timeout=60s
jq 'del(.items[].metadata["resourceVersion", "uid"])' /tmp/alder.json | kubectl create -f -

kubectl -n bazaar wait --for=create pod/till-0 --timeout=60s
kubectl -n bazaar wait --for=condition=Ready pod/till-0 --timeout=90s
kubectl -n bazaar rollout status deployment/stall --timeout=90s
kubectl -n bazaar rollout status daemonset/lamp --timeout=90s
