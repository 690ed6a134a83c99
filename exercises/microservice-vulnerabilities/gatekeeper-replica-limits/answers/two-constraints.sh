#!/usr/bin/env bash
# One template, a constraint for each limit; the match says nothing of a group, which means any.
set -euo pipefail

kubectl apply -f /opt/lab/manifests/gatekeeper.yaml
kubectl -n gatekeeper-system wait --for=condition=Available deployment --all --timeout=900s

kubectl apply -f - <<'EOF'
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: replicabounds
spec:
  crd:
    spec:
      names:
        kind: ReplicaBounds
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
        package replicabounds

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

kubectl wait --for=create crd/replicabounds.constraints.gatekeeper.sh --timeout=180s
kubectl wait --for=condition=Established crd/replicabounds.constraints.gatekeeper.sh --timeout=180s

kubectl apply -f - <<'EOF'
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: ReplicaBounds
metadata:
  name: at-least-three
spec:
  match:
    kinds:
      - apiGroups: ["*"]
        kinds: ["Deployment"]
  parameters:
    min: 3
EOF

timeout 300 bash -c 'until [ "$(kubectl get replicabounds/at-least-three -o jsonpath="{.status.byPod[*].enforced}")" = "true true true true" ]; do sleep 1; done'

kubectl apply -f - <<'EOF'
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: ReplicaBounds
metadata:
  name: at-most-ten
spec:
  match:
    kinds:
      - apiGroups: ["apps"]
        kinds: ["Deployment"]
  parameters:
    max: 10
EOF

timeout 300 bash -c 'until [ "$(kubectl get replicabounds/at-most-ten -o jsonpath="{.status.byPod[*].enforced}")" = "true true true true" ]; do sleep 1; done'
