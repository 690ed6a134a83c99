#!/usr/bin/env bash
# etcdctl in etcd's own Pod, which prints the key before the value; the value comes by the API, without a newline.
set -euo pipefail

kubectl -n kube-system exec etcd-kube-control-plane -- etcdctl \
  --cacert=/etc/kubernetes/pki/etcd/ca.crt \
  --cert=/etc/kubernetes/pki/etcd/server.crt \
  --key=/etc/kubernetes/pki/etcd/server.key \
  get /registry/secrets/notary/deed > ~/deed.etcd
kubectl -n notary get secret deed --output=jsonpath='{.data.seal}' | base64 --decode > ~/seal.txt
