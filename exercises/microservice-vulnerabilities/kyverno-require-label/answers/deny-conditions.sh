#!/usr/bin/env bash
# The older kind with conditions, for Pods alone; each rule has its own action.
set -euo pipefail

kubectl apply -f - <<'MANIFEST'
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata:
  name: pods-of-teams
  annotations: {pod-policies.kyverno.io/autogen-controllers: none}
spec:
  background: false
  rules:
    - name: has-team
      match:
        any:
          - resources:
              kinds: [v1/Pod]
              operations: [CREATE, UPDATE]
      exclude:
        any:
          - resources:
              namespaces: [kyverno, kube-system, kube-public, kube-node-lease]
      validate:
        failureAction: Enforce
        message: "every Pod needs the label team: whose is {{ request.object.metadata.name || 'it' }}?"
        deny:
          conditions:
            any:
              - key: "{{ request.object.metadata.labels.team || '' }}"
                operator: Equals
                value: ""
MANIFEST

kubectl wait --for=condition=Ready cpol/pods-of-teams --timeout=60s
