#!/usr/bin/env bash
# Two single files, mounted elsewhere; the flags are arguments, each in two words. The namespace is applied.
set -euo pipefail

ssh kube-control-plane sudo bash -euo pipefail <<'NODE'
mkdir -p /var/log/kubernetes/audit
cat > /etc/kubernetes/pods.json <<POLICY
{"kind": "Policy", "apiVersion": "audit.k8s.io/v1", "rules": [
  {"level": "None", "users": ["system:kube-scheduler"]},
  {"level": "Request", "verbs": ["create", "update", "patch"], "resources": [{"group": "", "resources": ["pods"]}]}]}
POLICY
manifest=/etc/kubernetes/manifests/kube-apiserver.yaml
kubectl patch --local --filename "$manifest" --type json --output yaml --patch '[
  {"op": "add", "path": "/spec/containers/0/args", "value":
    ["--audit-policy-file", "/audit/pods.json", "--audit-log-path", "/audit/log/audit.log", "--audit-log-maxsize", "100"]},
  {"op": "add", "path": "/spec/containers/0/volumeMounts/-", "value": {"name": "policy", "mountPath": "/audit/pods.json", "readOnly": true}},
  {"op": "add", "path": "/spec/containers/0/volumeMounts/-", "value": {"name": "audit", "mountPath": "/audit/log"}},
  {"op": "add", "path": "/spec/volumes/-", "value": {"name": "policy", "hostPath": {"path": "/etc/kubernetes/pods.json", "type": "File"}}},
  {"op": "add", "path": "/spec/volumes/-", "value": {"name": "audit", "hostPath": {"path": "/var/log/kubernetes/audit", "type": "DirectoryOrCreate"}}}
]' > /root/kube-apiserver.yaml
before=$(crictl ps --quiet --name kube-apiserver)
mv /root/kube-apiserver.yaml "$manifest"
for _ in $(seq 90); do [ "$(crictl ps --quiet --name kube-apiserver)" != "$before" ] && break; sleep 1; done
NODE
for _ in $(seq 90); do kubectl get --raw /readyz > /dev/null 2>&1 && break; sleep 1; done

kubectl apply --filename - <<'YAML'
apiVersion: v1
kind: Namespace
metadata:
  name: quarry
  labels: {pod-security.kubernetes.io/audit: baseline, team: stone}
YAML
