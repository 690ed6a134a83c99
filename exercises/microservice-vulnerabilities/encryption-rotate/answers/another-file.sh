#!/usr/bin/env bash
# Both keys in a new file beside the old one, which the manifest names from then on; Secrets are written one by one.
set -euo pipefail

loaded='
hash=$(sha256sum < /etc/kubernetes/enc/keys.yaml | cut -d" " -f1)
for _ in $(seq 120); do
  kubectl --kubeconfig /etc/kubernetes/admin.conf get --raw /metrics 2> /dev/null | grep "sha256:$hash" > /dev/null && break
  sleep 1
done
'

ssh kube-control-plane sudo bash -euo pipefail <<'NODE'
cd /etc/kubernetes/enc
new=$(head -c 32 /dev/urandom | base64)
old=$(sed -n 's/^ *secret: //p' encryption.yaml)
cat > keys.yaml <<KEYS
{kind: EncryptionConfiguration, apiVersion: apiserver.config.k8s.io/v1, resources: [
  {resources: [secrets, configmaps], providers: [
    {aescbc: {keys: [
      {name: autumn, secret: "$new"},
      {name: spring, secret: "$old"},
    ]}},
    {identity: {}}]}]}
KEYS
chmod 600 keys.yaml
sed -i 's|--encryption-provider-config=.*|--encryption-provider-config=/etc/kubernetes/enc/keys.yaml|' /etc/kubernetes/manifests/kube-apiserver.yaml
NODE
ssh kube-control-plane sudo bash -eu <<< "$loaded"

for namespace in $(kubectl get namespaces --output 'jsonpath={.items[*].metadata.name}'); do
  for secret in $(kubectl --namespace "$namespace" get secrets --output name); do
    kubectl --namespace "$namespace" get "$secret" --output yaml | kubectl replace --filename -
  done
done

ssh kube-control-plane sudo bash -euo pipefail <<'NODE'
sed -i '/name: spring/d' /etc/kubernetes/enc/keys.yaml
crictl --timeout 30s stop "$(crictl ps --quiet --name kube-apiserver)"
NODE
ssh kube-control-plane sudo bash -eu <<< "$loaded"
