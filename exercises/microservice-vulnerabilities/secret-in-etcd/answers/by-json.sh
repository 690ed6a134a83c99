#!/usr/bin/env bash
# Environment variables for etcdctl, the client certificate of the API server; JSON, whose base64 is undone.
set -euo pipefail

ssh kube-control-plane sudo bash -euo pipefail <<'NODE' | jq --raw-output '.kvs[0].value' | base64 --decode > ~/deed.etcd
export ETCDCTL_CACERT=/etc/kubernetes/pki/etcd/ca.crt
export ETCDCTL_CERT=/etc/kubernetes/pki/apiserver-etcd-client.crt
export ETCDCTL_KEY=/etc/kubernetes/pki/apiserver-etcd-client.key
etcdctl get /registry/secrets/notary/deed --write-out=json
NODE
kubectl -n notary get secret deed --output=json | jq --raw-output '.data.seal | @base64d' > ~/seal.txt
