#!/usr/bin/env bash
# Loaded, in the belief that this is enough.
set -euo pipefail

ssh -n kube-worker-1 sudo apparmor_parser --replace /etc/apparmor.d/outpost-courier
