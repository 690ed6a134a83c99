#!/usr/bin/env bash
# JSON with a short key, mounted as a single file at another place; the Secret by a manifest, rewritten by annotating.
set -euo pipefail

ssh kube-control-plane sudo bash -euo pipefail <<'NODE'
cat > /etc/kubernetes/at-rest.json <<CONFIG
{"kind": "EncryptionConfiguration", "apiVersion": "apiserver.config.k8s.io/v1", "resources": [
  {"resources": ["secrets"], "providers": [
    {"aescbc": {"keys": [{"name": "sixteen", "secret": "$(head -c 16 /dev/urandom | base64)"}]}}, {"identity": {}}]}]}
CONFIG
chmod 600 /etc/kubernetes/at-rest.json
manifest=/etc/kubernetes/manifests/kube-apiserver.yaml
kubectl patch --local --filename "$manifest" --type json --output yaml --patch '[
  {"op": "add", "path": "/spec/containers/0/command/1", "value": "--encryption-provider-config"},
  {"op": "add", "path": "/spec/containers/0/command/2", "value": "/encryption/providers"},
  {"op": "add", "path": "/spec/containers/0/volumeMounts/0", "value":
    {"name": "at-rest", "mountPath": "/encryption/providers", "readOnly": true}},
  {"op": "add", "path": "/spec/volumes/0", "value":
    {"name": "at-rest", "hostPath": {"path": "/etc/kubernetes/at-rest.json", "type": "File"}}}
]' > /root/kube-apiserver.yaml
before=$(crictl ps --quiet --name kube-apiserver)
mv /root/kube-apiserver.yaml "$manifest"
for _ in $(seq 90); do [ "$(crictl ps --quiet --name kube-apiserver)" != "$before" ] && break; sleep 1; done
NODE
for _ in $(seq 90); do kubectl get --raw /readyz > /dev/null 2>&1 && break; sleep 1; done

kubectl apply --filename - <<'SECRET'
apiVersion: v1
kind: Secret
metadata:
  name: ledger-db
  namespace: payments
  labels: {app: ledger}
stringData:
  username: ledger
  "password": "open sesame"
SECRET
kubectl annotate secrets --all --all-namespaces rewritten=yes
