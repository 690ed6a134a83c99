#!/usr/bin/env bash
# Roles and bindings are made anew from one manifest: the old Role becomes picker's, packer gets another one.
set -euo pipefail

kubectl delete clusterrole,clusterrolebinding orchard-secret-lister orchard-picker --ignore-not-found
kubectl -n orchard delete rolebinding --all
kubectl apply --filename - <<'MANIFEST'
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: secret-reader, namespace: orchard}
rules:
  - {apiGroups: [""], resources: [secrets], resourceNames: [ladder], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: all-secrets, namespace: orchard}
rules:
  - {apiGroups: [""], resources: [secrets], verbs: [get, list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: picker, namespace: orchard}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: secret-reader}
subjects: [{kind: ServiceAccount, name: picker, namespace: orchard}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: packer, namespace: orchard}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: all-secrets}
subjects: [{kind: ServiceAccount, name: packer, namespace: orchard}]
MANIFEST
