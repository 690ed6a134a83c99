#!/usr/bin/env bash
# Encrypted with secretbox at first; then aescbc comes first, and every Secret is written once more.
set -euo pipefail

ssh kube-control-plane sudo bash -euo pipefail <<'NODE'
mkdir -m 700 /etc/kubernetes/enc
cat > /etc/kubernetes/enc/config.yaml <<CONFIG
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources:
      - secrets
    providers:
      - secretbox:
          keys:
            - name: box
              secret: $(head -c 32 /dev/urandom | base64)
      - identity: {}
CONFIG
manifest=/etc/kubernetes/manifests/kube-apiserver.yaml
kubectl patch --local --filename "$manifest" --type json --output yaml --patch '[
  {"op": "add", "path": "/spec/containers/0/command/-", "value": "--encryption-provider-config=/etc/kubernetes/enc/config.yaml"},
  {"op": "add", "path": "/spec/containers/0/volumeMounts/-", "value": {"name": "enc", "mountPath": "/etc/kubernetes/enc"}},
  {"op": "add", "path": "/spec/volumes/-", "value": {"name": "enc", "hostPath": {"path": "/etc/kubernetes/enc"}}}
]' > /root/kube-apiserver.yaml
before=$(crictl ps --quiet --name kube-apiserver)
mv /root/kube-apiserver.yaml "$manifest"
for _ in $(seq 90); do [ "$(crictl ps --quiet --name kube-apiserver)" != "$before" ] && break; sleep 1; done
NODE
for _ in $(seq 90); do kubectl get --raw /readyz > /dev/null 2>&1 && break; sleep 1; done

kubectl --namespace payments create secret generic ledger-db --from-literal="password=$(head -c 9 /dev/urandom | base64)"
kubectl get secrets --all-namespaces --output json | kubectl replace --filename -

ssh kube-control-plane sudo bash -euo pipefail <<'NODE'
config=/etc/kubernetes/enc/config.yaml
key=$(head -c 32 /dev/urandom | base64)
sed -i "s|^      - secretbox:|      - aescbc: {keys: [{name: key1, secret: $key}]}\n&|" "$config"
before=$(crictl ps --quiet --name kube-apiserver)
crictl stop "$before"
for _ in $(seq 90); do [ -n "$(crictl ps --quiet --name kube-apiserver)" ] && break; sleep 1; done
NODE
for _ in $(seq 90); do kubectl get --raw /readyz > /dev/null 2>&1 && break; sleep 1; done

kubectl get secrets --all-namespaces --output json | kubectl replace --filename -
