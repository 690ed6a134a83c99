#!/usr/bin/env bash
# Two keys and more providers and resources, a comment or two; the API server takes changes of the file in by itself.
set -euo pipefail

ssh kube-control-plane sudo bash -euo pipefail <<'NODE'
mkdir -p /var/lib/keys
cat > /var/lib/keys/rest.yaml <<CONFIG
# What lies in etcd.
kind: EncryptionConfiguration
apiVersion: apiserver.config.k8s.io/v1
resources:
  - resources: ["configmaps", 'secrets']   # and no more
    providers:
      - aescbc:
          keys:
            - {name: "2026", secret: "$(head -c 24 /dev/urandom | base64)"}
            - {secret: "$(head -c 32 /dev/urandom | base64)", name: older}
      - secretbox: {keys: [{name: box, secret: $(head -c 32 /dev/urandom | base64)}]}
      - identity: {}
CONFIG
manifest=/etc/kubernetes/manifests/kube-apiserver.yaml
kubectl patch --local --filename "$manifest" --type json --output yaml --patch '[
  {"op": "add", "path": "/spec/containers/0/args", "value":
    ["--encryption-provider-config-automatic-reload=true", "--encryption-provider-config=/keys/rest.yaml"]},
  {"op": "add", "path": "/spec/containers/0/volumeMounts/-", "value": {"name": "keys", "mountPath": "/keys"}},
  {"op": "add", "path": "/spec/volumes/-", "value": {"name": "keys", "hostPath": {"path": "/var/lib/keys"}}}
]' > /root/kube-apiserver.yaml
before=$(crictl ps --quiet --name kube-apiserver)
mv /root/kube-apiserver.yaml "$manifest"
for _ in $(seq 90); do [ "$(crictl ps --quiet --name kube-apiserver)" != "$before" ] && break; sleep 1; done
NODE
for _ in $(seq 90); do kubectl get --raw /readyz > /dev/null 2>&1 && break; sleep 1; done

kubectl --namespace payments create secret generic ledger-db --from-literal="password=$(head -c 9 /dev/urandom | base64)"
for namespace in $(kubectl get namespaces --output 'jsonpath={.items[*].metadata.name}'); do
  for secret in $(kubectl --namespace "$namespace" get secrets --output name); do
    kubectl --namespace "$namespace" get "$secret" --output yaml | kubectl replace --filename -
  done
done
