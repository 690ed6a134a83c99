#!/usr/bin/env bash
# A single file in JSON, mounted elsewhere, given as an argument; what is refused is told and logged as well.
set -euo pipefail

ssh kube-control-plane sudo bash -euo pipefail <<'NODE'
cat > /var/lib/pod-security.json <<CONFIG
{"kind": "AdmissionConfiguration", "apiVersion": "apiserver.config.k8s.io/v1", "plugins": [{
  "name": "PodSecurity", "configuration": {
    "kind": "PodSecurityConfiguration", "apiVersion": "pod-security.admission.config.k8s.io/v1",
    "defaults": {"enforce": "baseline", "warn": "baseline", "audit": "restricted"},
    "exemptions": {"namespaces": ["telescope", "kube-system", "kube-public"]}}}]}
CONFIG
manifest=/etc/kubernetes/manifests/kube-apiserver.yaml
kubectl patch --local --filename "$manifest" --type json --output yaml --patch '[
  {"op": "add", "path": "/spec/containers/0/args", "value": ["--admission-control-config-file", "/etc/admission.json"]},
  {"op": "add", "path": "/spec/containers/0/volumeMounts/-", "value": {"name": "defaults", "mountPath": "/etc/admission.json", "readOnly": true}},
  {"op": "add", "path": "/spec/volumes/-", "value": {"name": "defaults", "hostPath": {"path": "/var/lib/pod-security.json", "type": "File"}}}
]' > /root/kube-apiserver.yaml
before=$(crictl ps --quiet --name kube-apiserver)
mv /root/kube-apiserver.yaml "$manifest"
for _ in $(seq 90); do [ "$(crictl ps --quiet --name kube-apiserver)" != "$before" ] && break; sleep 1; done
NODE
for _ in $(seq 90); do kubectl get --raw /readyz > /dev/null 2>&1 && break; sleep 1; done
