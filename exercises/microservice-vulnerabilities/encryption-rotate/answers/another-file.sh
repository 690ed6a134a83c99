#!/usr/bin/env bash
# Both keys in a new file beside the old one, the new key alone in a third; the manifest names one after the other.
set -euo pipefail

name='
manifest=/etc/kubernetes/manifests/kube-apiserver.yaml
sed "s|--encryption-provider-config=.*|--encryption-provider-config=/etc/kubernetes/enc/$1|" "$manifest" > /root/kube-apiserver.yaml
mv /root/kube-apiserver.yaml "$manifest"
hash=$(sha256sum < "/etc/kubernetes/enc/$1" | cut -d" " -f1)
for _ in $(seq 120); do
  kubectl --kubeconfig /etc/kubernetes/admin.conf get --raw /metrics 2> /dev/null | grep "sha256:$hash" > /dev/null && break
  sleep 1
done
'

ssh kube-control-plane sudo bash -euo pipefail <<'NODE'
cd /etc/kubernetes/enc
new=$(head -c 32 /dev/urandom | base64)
old=$(sed -n 's/^ *secret: //p' encryption.yaml)
head='{apiVersion: apiserver.config.k8s.io/v1, kind: EncryptionConfiguration, resources: [{resources: [secrets, configmaps], providers:'
echo "$head [{aescbc: {keys: [{name: autumn, secret: $new}, {name: spring, secret: $old}]}}, {identity: {}}]}]}" > both.yaml
echo "$head [{aescbc: {keys: [{name: autumn, secret: $new}]}}, {identity: {}}]}]}" > new.yaml
chmod 600 both.yaml new.yaml
NODE
ssh kube-control-plane sudo bash -eus both.yaml <<< "$name"

for namespace in $(kubectl get namespaces --output 'jsonpath={.items[*].metadata.name}'); do
  for secret in $(kubectl --namespace "$namespace" get secrets --output name); do
    kubectl --namespace "$namespace" get "$secret" --output yaml | kubectl replace --filename -
  done
done

ssh kube-control-plane sudo bash -eus new.yaml <<< "$name"
