#!/usr/bin/env bash
# Every node gets the handler, and the class says where to use it; a second container is in the sandbox, too.
set -euo pipefail

for node in kube-control-plane kube-worker-1; do
  ssh "$node" sudo bash -euo pipefail <<'NODE'
sed -i "s|^ *\[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes\]$|&\n        [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.gvisor]\n          runtime_type = 'io.containerd.runsc.v1'\n          [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.gvisor.options]\n            TypeUrl = 'io.containerd.runsc.v1.options'\n            ConfigPath = '/etc/containerd/runsc.toml'|" /etc/containerd/config.toml
systemctl restart containerd
NODE
done
for _ in $(seq 60); do kubectl get --raw /readyz > /dev/null 2>&1 && break; sleep 1; done

kubectl label node kube-worker-1 sandbox=yes
kubectl apply --filename - <<'YAML'
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: {name: gvisor}
handler: gvisor
scheduling:
  nodeSelector: {sandbox: "yes"}
---
apiVersion: v1
kind: Pod
metadata: {name: oracle, namespace: annex}
spec:
  runtimeClassName: gvisor
  containers:
    - {name: web, image: "nginx:1.23.2"}
    - {name: beside, image: "busybox:1.28", command: [sleep, infinity]}
YAML
kubectl --namespace annex wait --for=condition=Ready pod/oracle --timeout=60s
