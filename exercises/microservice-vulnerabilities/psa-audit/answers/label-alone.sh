#!/usr/bin/env bash
# A label, and no audit log.
set -euo pipefail

kubectl label namespace quarry pod-security.kubernetes.io/audit=baseline
