#!/usr/bin/env bash
# The older kind, with a pattern: a label of at least one character.
set -euo pipefail

kubectl apply -f - <<'MANIFEST'
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata:
  name: require-team
spec:
  validationFailureAction: Enforce
  rules:
    - name: team
      match:
        any:
          - resources:
              kinds: [Pod]
      validate:
        message: every Pod needs the label team
        pattern:
          metadata:
            labels:
              team: "?*"
MANIFEST

kubectl wait --for=condition=Ready cpol/require-team --timeout=60s
