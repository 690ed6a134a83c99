#!/usr/bin/env bash
# The API server is restarted once, to take in changes of the file by itself from then on; each Secret is annotated.
set -euo pipefail

loaded='
hash=$(sha256sum < /etc/kubernetes/enc/encryption.yaml | cut -d" " -f1)
for _ in $(seq 100); do
  kubectl --kubeconfig /etc/kubernetes/admin.conf get --raw /metrics 2> /dev/null | grep "sha256:$hash" > /dev/null && break
  sleep 2
done
'

ssh kube-control-plane sudo bash -euo pipefail <<'NODE'
key=$(head -c 32 /dev/urandom | base64)
sed -i "s|^          keys:$|&\n            - {name: autumn, secret: $key}|" /etc/kubernetes/enc/encryption.yaml
sed -i 's|^    - --encryption-provider-config=.*|&\n    - --encryption-provider-config-automatic-reload=true|' /etc/kubernetes/manifests/kube-apiserver.yaml
NODE
ssh kube-control-plane sudo bash -eu <<< "$loaded"

kubectl annotate secrets --all --all-namespaces rotated=2026

ssh -n kube-control-plane sudo sed -i '/name:.spring/,+1d' /etc/kubernetes/enc/encryption.yaml
ssh kube-control-plane sudo bash -eu <<< "$loaded"
