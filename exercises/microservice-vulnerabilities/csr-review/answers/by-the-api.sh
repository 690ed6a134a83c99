#!/usr/bin/env bash
# The decision is written to the subresource `approval`, with a reason, as a program would.
set -euo pipefail

decide() { # NAME TYPE REASON
  kubectl patch csr "$1" --subresource=approval --type=merge --patch-file=/dev/stdin <<PATCH
{"status": {"conditions": [{"type": "$2", "status": "True", "reason": "$3", "message": "reviewed by hand"}]}}
PATCH
}

for name in $(kubectl get csr --field-selector=spec.signerName=kubernetes.io/kube-apiserver-client -o name); do
  name=${name#*/}
  text=$(kubectl get csr "$name" -o jsonpath='{.spec.request}' | base64 -d | openssl req -noout -text | grep Subject:)
  seconds=$(kubectl get csr "$name" -o jsonpath='{.spec.expirationSeconds}')
  groups=$(grep -o 'O = [a-z-]*' <<<"$text")
  user=$(grep -o 'CN = .*' <<<"$text")
  if [ "$groups" = 'O = tenant-devs' ] && [[ $user == 'CN = dev-'* ]] && [ "$seconds" -le 86400 ]; then
    decide "$name" Approved KeepsToTheRules
    kubectl wait --for=jsonpath='{.status.certificate}' "csr/$name" --timeout=60s
  else
    decide "$name" Denied AsksForTooMuch
  fi
done
