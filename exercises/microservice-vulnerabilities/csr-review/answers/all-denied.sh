#!/usr/bin/env bash
# When in doubt, no.
set -euo pipefail

kubectl get csr --field-selector=spec.signerName=kubernetes.io/kube-apiserver-client -o name | cut -d/ -f2 | xargs kubectl certificate deny
