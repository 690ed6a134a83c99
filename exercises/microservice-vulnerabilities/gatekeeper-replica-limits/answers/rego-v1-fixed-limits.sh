#!/usr/bin/env bash
# Rego v1 with the limits in the template; the system's namespaces are left out.
set -euo pipefail

kubectl apply -f /opt/lab/manifests/gatekeeper.yaml
kubectl -n gatekeeper-system wait --for=condition=Available deployment --all --timeout=900s

kubectl apply -f - <<'EOF'
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: deploymentreplicas
spec:
  crd:
    spec:
      names:
        kind: DeploymentReplicas
  targets:
    - target: admission.k8s.gatekeeper.sh
      code:
        - engine: Rego
          source:
            version: v1
            rego: |
              package deploymentreplicas

              allowed := numbers.range(3, 10)

              violation contains {"msg": msg} if {
                not input.review.object.spec.replicas in allowed
                msg := sprintf("%s must have three to ten replicas", [input.review.object.metadata.name])
              }
EOF

kubectl wait --for=create crd/deploymentreplicas.constraints.gatekeeper.sh --timeout=180s
kubectl wait --for=condition=Established crd/deploymentreplicas.constraints.gatekeeper.sh --timeout=180s

kubectl apply -f - <<'EOF'
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: DeploymentReplicas
metadata:
  name: three-to-ten
spec:
  match:
    excludedNamespaces: ["kube-*", "gatekeeper-system"]
    kinds:
      - apiGroups: ["apps"]
        kinds: ["Deployment"]
EOF

timeout 300 bash -c 'until [ "$(kubectl get deploymentreplicas/three-to-ten -o jsonpath="{.status.byPod[*].enforced}")" = "true true true true" ]; do sleep 1; done'
