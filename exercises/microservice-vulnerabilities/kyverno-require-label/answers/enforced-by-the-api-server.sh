#!/usr/bin/env bash
# Kyverno makes a ValidatingAdmissionPolicy of it, which leaves nothing out that the policy does not.
set -euo pipefail

kubectl apply -f - <<'MANIFEST'
apiVersion: policies.kyverno.io/v1
kind: ValidatingPolicy
metadata:
  name: team
spec:
  validationActions: [Deny]
  autogen:
    podControllers: {controllers: []}
    validatingAdmissionPolicy: {enabled: true}
  matchConstraints:
    namespaceSelector:
      matchExpressions:
        - key: kubernetes.io/metadata.name
          operator: NotIn
          values: [kyverno, kube-system, kube-public, kube-node-lease]
    resourceRules:
      - {apiGroups: [""], apiVersions: ["*"], operations: ["CREATE", "UPDATE"], resources: ["pods"]}
  variables:
    - name: labels
      expression: "has(object.metadata.labels) ? object.metadata.labels : {}"
  validations:
    - expression: variables.labels.exists(key, key == 'team')
      message: every Pod needs the label team
MANIFEST

timeout 60 bash -c 'until kubectl get validatingadmissionpolicybinding vpol-team-binding; do sleep 1; done'
sleep 3
