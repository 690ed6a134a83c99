#!/usr/bin/env bash
# A policy in CEL. Kyverno adds the rules for what has a template of Pods.
set -euo pipefail

kubectl apply -f - <<'MANIFEST'
apiVersion: policies.kyverno.io/v1
kind: ValidatingPolicy
metadata:
  name: require-team
spec:
  validationActions: [Deny]
  matchConstraints:
    resourceRules:
      - apiGroups: [""]
        apiVersions: [v1]
        operations: [CREATE, UPDATE]
        resources: [pods]
  validations:
    - expression: "'team' in object.metadata.?labels.orValue({})"
      message: every Pod needs the label team
MANIFEST

kubectl wait --for=jsonpath='{.status.conditionStatus.ready}'=true vpol/require-team --timeout=60s
