#!/usr/bin/env bash
# Every namespace that is there gets a label; the next one has none.
set -euo pipefail

for namespace in $(kubectl get namespaces --output 'jsonpath={.items[*].metadata.name}'); do
  case $namespace in kube-system | telescope) continue ;; esac
  kubectl label --overwrite namespace "$namespace" pod-security.kubernetes.io/enforce=baseline
done
