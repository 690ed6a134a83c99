#!/usr/bin/env bash
# All namespaces that there are by name; one that is made afterwards is free.
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

kubectl apply -f - <<'EOF'
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sReplicaLimits
metadata:
  name: replicas-3-to-10
spec:
  match:
    namespaces: ["default", "shop", "media"]
    kinds:
      - apiGroups: ["apps"]
        kinds: ["Deployment"]
  parameters:
    min: 3
    max: 10
EOF

timeout 300 bash -c 'until [ "$(kubectl get k8sreplicalimits/replicas-3-to-10 -o jsonpath="{.status.byPod[*].enforced}")" = "true true true true" ]; do sleep 1; done'
