#!/usr/bin/env bash
# The rule looks up the label itself; a second rule is for the templates of Deployments. Forbidden images are searched.
set -euo pipefail

kubectl apply -f - <<'MANIFEST'
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: no-latest
spec:
  matchConstraints:
    resourceRules:
      - {apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: ["pods", "pods/*"]}
  variables:
    - name: production
      expression: namespaceObject.metadata.?labels[?'stage'].orValue('') == 'production'
    - name: all
      expression: >-
        [object.spec.containers, object.spec.?initContainers.orValue([]), object.spec.?ephemeralContainers.orValue([])]
  validations:
    - expression: >-
        !variables.production || !variables.all.exists(containers, containers.exists(c, !c.image.contains('@')
        && (c.image.endsWith(':latest') || !c.image.split('/')[c.image.split('/').size() - 1].contains(':'))))
      message: images need a fixed tag or a digest
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: no-latest-in-templates
spec:
  matchConstraints:
    resourceRules:
      - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments, daemonsets]}
  validations:
    - expression: "object.spec.template.spec.containers.all(c, !c.image.endsWith(':latest'))"
      message: images need a fixed tag or a digest
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: no-latest
spec:
  policyName: no-latest
  validationActions: [Deny]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: no-latest-in-templates
spec:
  policyName: no-latest-in-templates
  validationActions: [Warn]
MANIFEST
