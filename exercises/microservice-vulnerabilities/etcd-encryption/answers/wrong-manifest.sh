#!/usr/bin/env bash
# The flag is given to the controller manager.
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
manifest=/etc/kubernetes/manifests/kube-controller-manager.yaml
kubectl patch --local --filename "$manifest" --type json --output yaml --patch '[
  {"op": "add", "path": "/spec/containers/0/command/-", "value": "--encryption-provider-config=/etc/kubernetes/enc/config.yaml"},
  {"op": "add", "path": "/spec/containers/0/volumeMounts/-", "value": {"name": "enc", "mountPath": "/etc/kubernetes/enc"}},
  {"op": "add", "path": "/spec/volumes/-", "value": {"name": "enc", "hostPath": {"path": "/etc/kubernetes/enc"}}}
]' > /root/kube-controller-manager.yaml
before=$(crictl ps --quiet --name kube-controller-manager)
mv /root/kube-controller-manager.yaml "$manifest"
for _ in $(seq 90); do [ "$(crictl ps --quiet --name kube-controller-manager)" != "$before" ] && break; sleep 1; done
NODE
for _ in $(seq 90); do kubectl get --raw /readyz > /dev/null 2>&1 && break; sleep 1; done

kubectl --namespace payments create secret generic ledger-db --from-literal="password=$(head -c 9 /dev/urandom | base64)"
kubectl get secrets --all-namespaces --output json | kubectl replace --filename -
