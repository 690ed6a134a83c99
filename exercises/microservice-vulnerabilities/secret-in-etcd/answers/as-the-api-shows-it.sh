#!/usr/bin/env bash
# kubectl in place of etcdctl.
set -euo pipefail

kubectl -n notary get secret deed --output=yaml > ~/deed.etcd
kubectl -n notary get secret deed --output=jsonpath='{.data.seal}' | base64 --decode > ~/seal.txt
