#!/usr/bin/env bash
# CEL, which Gatekeeper hands on to the API server itself.
set -euo pipefail

kubectl apply -f /opt/lab/manifests/gatekeeper.yaml
kubectl -n gatekeeper-system wait --for=condition=Available deployment --all --timeout=900s

kubectl apply -f - <<'EOF'
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: replicarange
spec:
  crd:
    spec:
      names:
        kind: ReplicaRange
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
      code:
        - engine: K8sNativeValidation
          source:
            validations:
              - expression: object.spec.replicas >= variables.params.min && object.spec.replicas <= variables.params.max
                message: the number of replicas is out of range
EOF

kubectl wait --for=create crd/replicarange.constraints.gatekeeper.sh --timeout=180s
kubectl wait --for=condition=Established crd/replicarange.constraints.gatekeeper.sh --timeout=180s

kubectl apply -f - <<'EOF'
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: ReplicaRange
metadata:
  name: replica-range
spec:
  match:
    kinds:
      - apiGroups: ["apps"]
        kinds: ["Deployment"]
  parameters:
    min: 3
    max: 10
EOF

timeout 300 bash -c 'until [ "$(kubectl get replicarange/replica-range -o jsonpath="{.status.byPod[*].enforced}")" = "true true true true" ]; do sleep 1; done'

# Half a minute after the template, Gatekeeper makes a policy of it that the API server enforces without the webhook.
kubectl wait --for=create validatingadmissionpolicybinding/gatekeeper-replicarange-replica-range --timeout=300s
