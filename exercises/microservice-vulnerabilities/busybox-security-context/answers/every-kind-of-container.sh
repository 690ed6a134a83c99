#!/usr/bin/env bash
# An init container, a native sidecar and a debugger, all held as tight; and what else a Pod may say.
set -euo pipefail

kubectl apply -f - <<'EOF'
apiVersion: v1
kind: Pod
metadata:
  name: busybox-security-context
spec:
  shareProcessNamespace: true
  restartPolicy: OnFailure
  securityContext:
    runAsUser: 1000
    runAsGroup: 3000
    runAsNonRoot: true
    fsGroup: 2000
    fsGroupChangePolicy: OnRootMismatch
    supplementalGroups: [4000]
    seccompProfile:
      type: RuntimeDefault
  initContainers:
    - name: prepare
      image: busybox:1.28
      command: ["sh", "-c", "touch /data/test/prepared"]
      securityContext:
        allowPrivilegeEscalation: false
      volumeMounts:
        - name: scratch
          mountPath: /data/test
    - name: proxy
      image: docker.io/library/busybox:1.28
      restartPolicy: Always
      command: ["sleep", "1h"]
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
  containers:
    - name: done
      image: busybox:1.28
      command: ["true"]
      securityContext:
        allowPrivilegeEscalation: false
    - name: busybox
      image: busybox:1.28
      imagePullPolicy: IfNotPresent
      command: ["/bin/sh", "-c", "sleep 1h"]
      securityContext:
        allowPrivilegeEscalation: false
        capabilities:
          drop: ["ALL"]
      volumeMounts:
        - name: scratch
          mountPath: /data/test/
  volumes:
    - name: scratch
      emptyDir:
        medium: Memory
        sizeLimit: 1Mi
EOF

# One container has done its work and ended, so the Pod as a whole is never Ready.
kubectl wait --for=jsonpath='{.status.containerStatuses[?(@.name=="busybox")].started}'=true pod/busybox-security-context --timeout=90s

kubectl exec busybox-security-context -c busybox -- sh -c 'echo hello > /data/test/hello.txt'
