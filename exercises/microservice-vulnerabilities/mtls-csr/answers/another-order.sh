#!/usr/bin/env bash
# An elliptic key with a group beside the name, for an hour; the server is made anew, plain requests are sent to the other port.
set -euo pipefail
cd "$(mktemp -d)"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=depot -keyout depot.key -out depot.crt
kubectl -n courier create secret generic depot-tls --from-file=tls.crt=depot.crt --from-file=tls.key=depot.key \
  --from-literal=note=self-signed

kubectl -n courier get configmap depot -o json | jq '.data["nginx.conf"] |= sub("listen 8080;";
  "listen 8443 ssl; ssl_certificate /etc/depot-tls/tls.crt; ssl_certificate_key /etc/depot-tls/tls.key;"
  + " ssl_client_certificate /etc/cluster/ca.crt; ssl_verify_client optional; if ($ssl_client_verify != SUCCESS) { return 403; }")' |
  kubectl apply -f -
kubectl -n courier scale deployment depot --replicas=0
kubectl -n courier scale deployment depot --replicas=2

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out clerk.key
openssl req -new -key clerk.key -subj /O=couriers/CN=clerk -out clerk.csr
kubectl create -f - <<EOF
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata:
  generateName: courier-
  labels: {for: clerk}
spec:
  signerName: kubernetes.io/kube-apiserver-client
  expirationSeconds: 3600
  usages: ["digital signature", "client auth"]
  request: $(base64 <clerk.csr | tr -d '\n')
EOF
kubectl get csr -l for=clerk -o name | xargs kubectl certificate approve
kubectl wait --for=jsonpath='{.status.certificate}' csr -l for=clerk --timeout=60s
kubectl get csr -l for=clerk -o jsonpath='{.items[0].status.certificate}' | base64 -d >clerk.crt

# Under names of its own: only the files in the container have to be called so.
kubectl -n courier create secret generic papers --from-file=cert=clerk.crt --from-file=key=clerk.key
kubectl -n courier patch deployment clerk --type=json --patch-file=/dev/stdin <<'PATCH'
- op: add
  path: /spec/template/spec/volumes/-
  value: {name: papers, secret: {secretName: papers, items: [{key: cert, path: tls.crt}, {key: key, path: tls.key}]}}
- op: add
  path: /spec/template/spec/containers/0/volumeMounts/-
  value: {name: papers, mountPath: /etc/clerk}
- op: add
  path: /spec/template/spec/containers/0
  value: {name: helper, image: "busybox:1.28", command: [sleep, 1d]}
PATCH

kubectl -n courier rollout status deployment/depot --timeout=90s
kubectl -n courier rollout status deployment/clerk --timeout=90s
