#!/usr/bin/env bash
# A file on the control plane, the key before the value, is brought to base; the value by the API, without a newline.
set -euo pipefail

ssh kube-control-plane bash -euo pipefail <<'NODE'
sudo etcdctl \
  --cacert=/etc/kubernetes/pki/etcd/ca.crt \
  --cert=/etc/kubernetes/pki/etcd/peer.crt \
  --key=/etc/kubernetes/pki/etcd/peer.key \
  get /registry/secrets/notary/deed > /tmp/secrets < /dev/null
NODE
ssh -n kube-control-plane 'cat /tmp/secrets; rm /tmp/secrets' > ~/deed.etcd
kubectl -n notary get secret deed --output=jsonpath='{.data.seal}' | base64 --decode > ~/seal.txt
