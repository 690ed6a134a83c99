#!/usr/bin/env bash
# CEL, three rules.
set -euo pipefail

kubectl apply -f - <<'MANIFEST'
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: celregistry
spec:
  crd:
    spec:
      names:
        kind: CelRegistry
  targets:
    - target: admission.k8s.gatekeeper.sh
      code:
        - engine: K8sNativeValidation
          source:
            variables:
              - name: ours
                expression: "'images.guild.example/'"
            validations:
              - expression: object.spec.containers.all(c, c.image.startsWith(variables.ours))
                message: an image of another registry
              - expression: "!has(object.spec.initContainers) || object.spec.initContainers.all(c, c.image.startsWith(variables.ours))"
                message: an image of another registry in an init container
              - expression: "!has(object.spec.ephemeralContainers) || object.spec.ephemeralContainers.all(c, c.image.startsWith(variables.ours))"
                message: an image of another registry in an ephemeral container
MANIFEST

kubectl wait --for=create crd/celregistry.constraints.gatekeeper.sh --timeout=180s
kubectl wait --for=condition=Established crd/celregistry.constraints.gatekeeper.sh --timeout=180s

kubectl apply -f - <<'MANIFEST'
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: CelRegistry
metadata:
  name: ours
spec:
  match:
    kinds:
      - apiGroups: ["*"]
        kinds: ["Pod"]
MANIFEST

timeout 300 bash -c 'until [ "$(kubectl get celregistry/ours -o jsonpath="{.status.byPod[*].enforced}")" = "true true true true" ]; do sleep 1; done'
