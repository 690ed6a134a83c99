#!/usr/bin/env bash
# A policy for the Pods of quarry, two flags and two mounts; then the label.
set -euo pipefail

ssh kube-control-plane sudo bash -euo pipefail <<'NODE'
mkdir -p /etc/kubernetes/audit /var/log/kubernetes/audit
cat > /etc/kubernetes/audit/policy.yaml <<POLICY
apiVersion: audit.k8s.io/v1
kind: Policy
rules:
  - level: Metadata
    verbs: [create]
    namespaces: [quarry]
    resources:
      - group: ""
        resources: [pods]
POLICY
manifest=/etc/kubernetes/manifests/kube-apiserver.yaml
kubectl patch --local --filename "$manifest" --type json --output yaml --patch '[
  {"op": "add", "path": "/spec/containers/0/command/-", "value": "--audit-policy-file=/etc/kubernetes/audit/policy.yaml"},
  {"op": "add", "path": "/spec/containers/0/command/-", "value": "--audit-log-path=/var/log/kubernetes/audit/audit.log"},
  {"op": "add", "path": "/spec/containers/0/volumeMounts/-", "value": {"name": "policy", "mountPath": "/etc/kubernetes/audit"}},
  {"op": "add", "path": "/spec/containers/0/volumeMounts/-", "value": {"name": "audit", "mountPath": "/var/log/kubernetes/audit"}},
  {"op": "add", "path": "/spec/volumes/-", "value": {"name": "policy", "hostPath": {"path": "/etc/kubernetes/audit"}}},
  {"op": "add", "path": "/spec/volumes/-", "value": {"name": "audit", "hostPath": {"path": "/var/log/kubernetes/audit"}}}
]' > /root/kube-apiserver.yaml
before=$(crictl ps --quiet --name kube-apiserver)
mv /root/kube-apiserver.yaml "$manifest"
for _ in $(seq 90); do [ "$(crictl ps --quiet --name kube-apiserver)" != "$before" ] && break; sleep 1; done
NODE
for _ in $(seq 90); do kubectl get --raw /readyz > /dev/null 2>&1 && break; sleep 1; done

kubectl label namespace quarry pod-security.kubernetes.io/audit=baseline
