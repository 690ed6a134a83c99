#!/usr/bin/env bash
# A template alone refuses nothing.
set -euo pipefail

kubectl apply -f /opt/lab/manifests/gatekeeper.yaml
kubectl -n gatekeeper-system wait --for=condition=Available deployment --all --timeout=900s

kubectl apply -f - <<'EOF'
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: k8sreplicalimits
spec:
  crd:
    spec:
      names:
        kind: K8sReplicaLimits
      validation:
        openAPIV3Schema:
          type: object
          properties:
            min:
              type: integer
            max:
              type: integer
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package k8sreplicalimits

        violation[{"msg": msg}] {
          replicas := input.review.object.spec.replicas
          replicas < input.parameters.min
          msg := sprintf("%v replicas are fewer than %v", [replicas, input.parameters.min])
        }

        violation[{"msg": msg}] {
          replicas := input.review.object.spec.replicas
          replicas > input.parameters.max
          msg := sprintf("%v replicas are more than %v", [replicas, input.parameters.max])
        }
EOF

kubectl wait --for=create crd/k8sreplicalimits.constraints.gatekeeper.sh --timeout=180s
kubectl wait --for=condition=Established crd/k8sreplicalimits.constraints.gatekeeper.sh --timeout=180s
