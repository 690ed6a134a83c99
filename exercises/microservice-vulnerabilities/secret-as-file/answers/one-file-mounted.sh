#!/usr/bin/env bash
# The whole Secret is a volume, and one file of it is mounted; the mode in decimal, as JSON has it.
set -euo pipefail

kubectl -n lighthouse get secret beacon --output=json | jq '.immutable = true' | kubectl replace --filename -
kubectl -n lighthouse get deployment lantern --output=json | jq '
  .spec.template.spec.volumes[1].secret.defaultMode = 256
  | .spec.template.spec.containers |= map(
      del(.env, .envFrom)
      | .volumeMounts |= map(select(.name != "beacon"))
      | if .name == "lamp" then .volumeMounts += [{name: "beacon", mountPath: "/etc/beacon/token", subPath: "token"}] else . end)
' | kubectl replace --filename -

kubectl -n lighthouse rollout status deployment/lantern --timeout=90s
