#!/usr/bin/env bash
# The new key first and a restart, every Secret written again, then the old key away and another restart.
set -euo pipefail

restart='
hash=$(sha256sum < /etc/kubernetes/enc/encryption.yaml | cut -d" " -f1)
crictl --timeout 30s stop "$(crictl ps --quiet --name kube-apiserver)"
for _ in $(seq 120); do
  kubectl --kubeconfig /etc/kubernetes/admin.conf get --raw /metrics 2> /dev/null | grep "sha256:$hash" > /dev/null && break
  sleep 1
done
'

ssh kube-control-plane sudo bash -euo pipefail <<'NODE'
config=/etc/kubernetes/enc/encryption.yaml
key=$(head -c 32 /dev/urandom | base64)
sed -i "s|^          keys:$|&\n            - name: autumn\n              secret: $key|" "$config"
NODE
ssh kube-control-plane sudo bash -eu <<< "$restart"

kubectl get secrets --all-namespaces --output json | kubectl replace --filename -

ssh -n kube-control-plane sudo sed -i '/name:.spring/,+1d' /etc/kubernetes/enc/encryption.yaml
ssh kube-control-plane sudo bash -eu <<< "$restart"
