#!/usr/bin/env bash
# Rego; the registry is a parameter of the constraint.
set -euo pipefail

kubectl apply -f - <<'MANIFEST'
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: k8sallowedregistry
spec:
  crd:
    spec:
      names:
        kind: K8sAllowedRegistry
      validation:
        openAPIV3Schema:
          type: object
          properties:
            prefix:
              type: string
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package k8sallowedregistry

        images[image] { image := input.review.object.spec.containers[_].image }
        images[image] { image := input.review.object.spec.initContainers[_].image }
        images[image] { image := input.review.object.spec.ephemeralContainers[_].image }

        violation[{"msg": msg}] {
          image := images[_]
          not startswith(image, input.parameters.prefix)
          msg := sprintf("%v is not an image of %v", [image, input.parameters.prefix])
        }
MANIFEST

kubectl wait --for=create crd/k8sallowedregistry.constraints.gatekeeper.sh --timeout=180s
kubectl wait --for=condition=Established crd/k8sallowedregistry.constraints.gatekeeper.sh --timeout=180s

kubectl apply -f - <<'MANIFEST'
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sAllowedRegistry
metadata:
  name: images-of-the-house
spec:
  match:
    kinds:
      - apiGroups: [""]
        kinds: ["Pod"]
  parameters:
    prefix: images.guild.example/
MANIFEST

timeout 300 bash -c 'until [ "$(kubectl get k8sallowedregistry/images-of-the-house -o jsonpath="{.status.byPod[*].enforced}")" = "true true true true" ]; do sleep 1; done'
