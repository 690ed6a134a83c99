#!/usr/bin/env bash
# A template and a constraint for each limit: the minimum in Rego, the maximum in CEL.
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
  parameters:
    min: 3
EOF

timeout 300 bash -c 'until [ "$(kubectl get k8sreplicalimits/replicas-3-to-10 -o jsonpath="{.status.byPod[*].enforced}")" = "true true true true" ]; do sleep 1; done'

kubectl apply -f - <<'EOF'
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: atmostten
spec:
  crd:
    spec:
      names:
        kind: AtMostTen
  targets:
    - target: admission.k8s.gatekeeper.sh
      code:
        - engine: K8sNativeValidation
          source:
            validations:
              - expression: object.spec.replicas <= 10
                message: more than ten replicas
EOF

kubectl wait --for=create crd/atmostten.constraints.gatekeeper.sh --timeout=180s
kubectl wait --for=condition=Established crd/atmostten.constraints.gatekeeper.sh --timeout=180s

kubectl apply -f - <<'EOF'
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: AtMostTen
metadata:
  name: at-most-ten
spec:
  match:
    kinds:
      - apiGroups: ["apps"]
        kinds: ["Deployment"]
EOF

timeout 300 bash -c 'until [ "$(kubectl get atmostten/at-most-ten -o jsonpath="{.status.byPod[*].enforced}")" = "true true true true" ]; do sleep 1; done'

# Half a minute after the template, Gatekeeper makes a policy of it that the API server enforces without the webhook.
kubectl wait --for=create validatingadmissionpolicybinding/gatekeeper-atmostten-at-most-ten --timeout=300s
