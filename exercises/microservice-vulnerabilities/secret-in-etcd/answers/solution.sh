#!/usr/bin/env bash
# etcdctl on the control plane; the value is read out of the bytes.
set -euo pipefail

ssh -n kube-control-plane sudo etcdctl \
  --endpoints=https://127.0.0.1:2379 \
  --cacert=/etc/kubernetes/pki/etcd/ca.crt \
  --cert=/etc/kubernetes/pki/etcd/server.crt \
  --key=/etc/kubernetes/pki/etcd/server.key \
  get /registry/secrets/notary/deed --print-value-only > ~/deed.etcd
grep --text --only-matching --perl-regexp 'seal\x12\x12\K[a-z]{18}' ~/deed.etcd | head -n 1 > ~/seal.txt
