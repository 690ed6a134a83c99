#!/usr/bin/env bash
# The rule is enforced, everything still runs, so all seems well.
set -euo pipefail

kubectl patch nohostpaths no-host-paths --type=merge --patch='{"spec": {"enforcementAction": "deny"}}'
sleep 5
