#!/usr/bin/env bash
# A key and a request for clerk, signed by the cluster; a certificate for depot, which demands one of its clients.
set -euo pipefail
cd "$(mktemp -d)"

openssl req -new -newkey rsa:2048 -nodes -subj /CN=clerk -keyout clerk.key -out clerk.csr
kubectl apply -f - <<EOF
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata:
  name: clerk
spec:
  signerName: kubernetes.io/kube-apiserver-client
  usages: ["client auth"]
  request: $(base64 -w0 clerk.csr)
EOF
kubectl certificate approve clerk
kubectl wait --for=jsonpath='{.status.certificate}' csr/clerk --timeout=60s
kubectl get csr clerk -o jsonpath='{.status.certificate}' | base64 -d >clerk.crt
kubectl -n courier create secret tls clerk-tls --cert=clerk.crt --key=clerk.key

openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=depot.courier.svc \
  -addext subjectAltName=DNS:depot.courier.svc -keyout depot.key -out depot.crt
kubectl -n courier create secret tls depot-tls --cert=depot.crt --key=depot.key

cat >nginx.conf <<'EOF'
user www-data;
pid /tmp/nginx.pid;
error_log /dev/stderr notice;
events {}
http {
  access_log /dev/stdout;
  client_body_temp_path /tmp/a; proxy_temp_path /tmp/b; fastcgi_temp_path /tmp/c; uwsgi_temp_path /tmp/d; scgi_temp_path /tmp/e;
  server {
    listen 8443 ssl;
    ssl_certificate /etc/depot-tls/tls.crt;
    ssl_certificate_key /etc/depot-tls/tls.key;
    ssl_client_certificate /etc/cluster/ca.crt;
    ssl_verify_client on;
    location / { default_type text/plain; return 200 "depot knows you as: $ssl_client_s_dn\n"; }
  }
}
EOF
kubectl -n courier create configmap depot --from-file=nginx.conf --dry-run=client -o yaml | kubectl apply -f -
kubectl -n courier rollout restart deployment/depot

kubectl -n courier patch deployment clerk --patch-file=/dev/stdin <<'PATCH'
spec:
  template:
    spec:
      containers:
        - name: nginx
          volumeMounts:
            - {name: tls, mountPath: /etc/clerk, readOnly: true}
      volumes:
        - name: tls
          secret: {secretName: clerk-tls}
PATCH

kubectl -n courier rollout status deployment/depot --timeout=90s
kubectl -n courier rollout status deployment/clerk --timeout=90s
