#!/usr/bin/env bash
# The Pod in a namespace that the learner made for it.
set -euo pipefail

kubectl apply -f - <<'EOF'
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata:
  name: container-runtime-sandbox
handler: runsc
EOF

kubectl create namespace sandboxed
# No Pod is taken before the namespace has its account.
kubectl --namespace=sandboxed wait --for=create serviceaccount/default --timeout=30s

kubectl apply -f - <<'EOF'
apiVersion: v1
kind: Pod
metadata:
  name: nginx
  namespace: sandboxed
spec:
  runtimeClassName: container-runtime-sandbox
  containers:
    - name: nginx
      image: nginx:1.23.2
EOF

kubectl --namespace=sandboxed wait --for=condition=Ready pod/nginx --timeout=90s
