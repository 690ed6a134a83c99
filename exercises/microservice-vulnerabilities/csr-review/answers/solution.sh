#!/usr/bin/env bash
# Each request is decoded and held against the rules.
set -euo pipefail

granted=()
for name in $(kubectl get csr -o jsonpath='{.items[?(@.spec.signerName=="kubernetes.io/kube-apiserver-client")].metadata.name}'); do
  subject=$(kubectl get csr "$name" -o jsonpath='{.spec.request}' | base64 -d | openssl req -noout -subject -nameopt RFC2253)
  seconds=$(kubectl get csr "$name" -o jsonpath='{.spec.expirationSeconds}')
  verdict=approve
  [[ $subject =~ ^subject=CN=dev-[a-z]+,O=tenant-devs$ ]] || verdict=deny
  [ "$seconds" -le 86400 ] || verdict=deny
  kubectl certificate "$verdict" "$name"
  [ "$verdict" = deny ] || granted+=("$name")
done

for name in "${granted[@]}"; do
  kubectl wait --for=jsonpath='{.status.certificate}' "csr/$name" --timeout=60s
done
