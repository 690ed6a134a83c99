#!/usr/bin/env bash
# A section at the end of the configuration, a restart; then a RuntimeClass and a Pod.
set -euo pipefail

ssh kube-worker-1 sudo bash -euo pipefail <<'NODE'
cat >> /etc/containerd/config.toml <<'CONFIG'

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runsc]
  runtime_type = "io.containerd.runsc.v1"
  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runsc.options]
    TypeUrl = "io.containerd.runsc.v1.options"
    ConfigPath = "/etc/containerd/runsc.toml"
CONFIG
systemctl restart containerd
NODE

kubectl apply --filename - <<'YAML'
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata:
  name: gvisor
handler: runsc
---
apiVersion: v1
kind: Pod
metadata:
  name: oracle
  namespace: annex
spec:
  runtimeClassName: gvisor
  containers:
    - name: main
      image: nginx:1.23.2
YAML
kubectl --namespace annex wait --for=condition=Ready pod/oracle --timeout=60s
