#!/usr/bin/env bash
# Rego v1 that takes the image apart; workloads are judged as well, and the system's namespaces are left out.
set -euo pipefail

kubectl apply -f - <<'MANIFEST'
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: househost
spec:
  crd:
    spec:
      names:
        kind: HouseHost
  targets:
    - target: admission.k8s.gatekeeper.sh
      code:
        - engine: Rego
          source:
            version: v1
            rego: |
              package househost

              spec := input.review.object.spec if input.review.kind.kind == "Pod"

              spec := input.review.object.spec.template.spec if input.review.kind.kind != "Pod"

              violation contains {"msg": msg} if {
                some list in ["containers", "initContainers", "ephemeralContainers"]
                some container in spec[list]
                parts := split(container.image, "/")
                not is_ours(parts)
                msg := sprintf("%v of %v", [container.image, container.name])
              }

              is_ours(parts) if {
                count(parts) > 1
                parts[0] == "images.guild.example"
              }
MANIFEST

kubectl wait --for=create crd/househost.constraints.gatekeeper.sh --timeout=180s
kubectl wait --for=condition=Established crd/househost.constraints.gatekeeper.sh --timeout=180s

kubectl apply -f - <<'MANIFEST'
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: HouseHost
metadata:
  name: everything
spec:
  match:
    excludedNamespaces: ["kube-*", "gatekeeper-system"]
    kinds:
      - apiGroups: [""]
        kinds: ["Pod"]
      - apiGroups: ["apps"]
        kinds: ["Deployment", "DaemonSet", "StatefulSet"]
MANIFEST

timeout 300 bash -c 'until [ "$(kubectl get househost/everything -o jsonpath="{.status.byPod[*].enforced}")" = "true true true true" ]; do sleep 1; done'
