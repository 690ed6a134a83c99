"""From whatever a learner can make of the cluster, `reset` gets back to one that can be graded."""

from __future__ import annotations

import time

import pytest

from lab.catalog.load import load
from tests.live.support import Cli

EXERCISE = "busybox-security-context"
BOUND = 400

WAIT_FOR_API_DOWN = "for i in $(seq 60); do kubectl get --raw /readyz >/dev/null 2>&1 || break; sleep 1; done\n"

API_SERVER_DOWN = (
    "ssh kube-control-plane sudo sed -i 's/--allow-privileged=true/--allow-everything=true/'"
    " /etc/kubernetes/manifests/kube-apiserver.yaml\n" + WAIT_FOR_API_DOWN
)

KUBELET_STOPPED = """
ssh kube-worker-1 sudo systemctl disable --now kubelet
ssh kube-control-plane 'sudo rm /etc/systemd/system/kubelet.service && sudo systemctl mask --now kubelet'
"""

KEY_LOST = """
ssh kube-control-plane sudo bash -eu <<'NODE'
mkdir /etc/kubernetes/enc
encrypt() {
  cat > /etc/kubernetes/enc/config.yaml <<CONFIG
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources: [secrets]
    providers: [{aescbc: {keys: [{name: key, secret: $(head -c 32 /dev/urandom | base64)}]}}, {identity: {}}]
CONFIG
}
encrypt
cd /etc/kubernetes/manifests
sed -e '/- kube-apiserver$/a\\    - --encryption-provider-config=/etc/kubernetes/enc/config.yaml' \\
  -e '/volumeMounts:/a\\    - {name: enc, mountPath: /etc/kubernetes/enc}' \\
  -e '/^  volumes:/a\\  - {name: enc, hostPath: {path: /etc/kubernetes/enc}}' kube-apiserver.yaml > /root/new.yaml
before=$(crictl ps --quiet --name kube-apiserver)
cp /root/new.yaml kube-apiserver.yaml
k="kubectl --kubeconfig /etc/kubernetes/admin.conf"
until [ "$(crictl ps --quiet --name kube-apiserver)" != "$before" ] && $k get --raw /readyz; do sleep 1; done
$k get secrets --all-namespaces --output json | $k replace --filename -
encrypt
crictl stop "$(crictl ps --quiet --name kube-apiserver)"
sleep 2
until $k get --raw /livez; do sleep 1; done
! $k get secrets --all-namespaces
NODE
"""

CLUSTER_OBJECTS_DELETED = """
kubectl create --filename - <<'OBJECT'
{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: sandboxed}, handler: runsc}
OBJECT
kubectl run sandboxed --image busybox:1.28 --overrides '{"spec": {"runtimeClassName": "sandboxed"}}' -- sleep 1h
kubectl wait --for=condition=Ready pod/sandboxed --timeout 60s
kubectl delete runtimeclass --all
kubectl --namespace kube-system delete daemonset,deployment,service,configmap,serviceaccount --all --wait=false
kubectl delete clusterrole,clusterrolebinding,priorityclass --all --wait=false || true
"""

WEBHOOK_REFUSES_EVERYTHING = """
kubectl create --filename - <<'OBJECT'
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: closed}
webhooks:
  - name: closed.example.com
    rules: [{apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*/*"]}]
    clientConfig: {service: {name: nobody, namespace: default}}
    failurePolicy: Fail
    sideEffects: None
    admissionReviewVersions: [v1]
OBJECT
for i in $(seq 30); do kubectl create configmap probe-$i 2>/dev/null || break; done
! kubectl create configmap refused
"""

NAMESPACE_TERMINATING = """
kubectl create namespace audited
kubectl apply --filename - <<'OBJECT'
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.dead.example.com}
spec:
  {group: dead.example.com, version: v1, groupPriorityMinimum: 100, versionPriority: 100, insecureSkipTLSVerify: true,
   service: {name: nobody, namespace: default}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: kept, namespace: audited, finalizers: [dead.example.com/never]}
OBJECT
kubectl delete namespace audited --wait=false
sleep 5
[ "$(kubectl get namespace audited --output 'jsonpath={.status.phase}')" = Terminating ]
"""

CONTAINERD_BROKEN = """
for node in kube-worker-1 kube-control-plane; do
  ssh $node 'echo "[[nonsense" | sudo tee /etc/containerd/config.toml && ! sudo systemctl restart containerd'
done
"""

KUBEADM_RESET = """
for node in kube-worker-1 kube-control-plane; do ssh $node sudo kubeadm reset --force > /dev/null 2>&1; done
! kubectl get nodes
"""

STATES = {
    "API server down": API_SERVER_DOWN,
    "kubelet stopped": KUBELET_STOPPED,
    "encryption key lost": KEY_LOST,
    "RuntimeClass and other objects of the cluster deleted": CLUSTER_OBJECTS_DELETED,
    "a webhook refuses everything": WEBHOOK_REFUSES_EVERYTHING,
    "namespace kept in Terminating": NAMESPACE_TERMINATING,
    "containerd does not start": CONTAINERD_BROKEN,
    "kubeadm reset on both nodes": KUBEADM_RESET,
}


@pytest.mark.parametrize("state", STATES)
def test_reset_gets_back_from(state: str, ckslab: Cli, capsys: pytest.CaptureFixture[str]) -> None:
    ckslab.base(STATES[state])
    began = time.monotonic()
    ckslab.must("reset", timeout=BOUND)
    with capsys.disabled():
        print(f"\n{state}: reset in {time.monotonic() - began:.1f} s ", end="")
    prove_gradable(ckslab)


def test_an_exercise_that_deletes_its_objects_falls_back_where_that_cannot_work(ckslab: Cli) -> None:
    ckslab.base(API_SERVER_DOWN)
    ckslab.must("start", EXERCISE, timeout=BOUND)
    prove_gradable(ckslab)


def test_nothing_of_the_learner_outlives_a_reset_where_exercises_look(ckslab: Cli) -> None:
    ckslab.base(
        """
        ssh kube-control-plane sudo mkdir -p /etc/kubernetes/enc
        ssh kube-worker-1 'sudo mkdir -p /var/lib/kubelet/seccomp && echo "# mine" | sudo tee -a /etc/default/kubelet'
        kubectl run mine --image busybox:1.28 -- sleep 1h
        kubectl wait --for=condition=Ready pod/mine --timeout 60s
        echo mine > notes.txt
        rm ~/.kube/config
        """
    )
    ckslab.must("reset", timeout=BOUND)
    assert "No resources found" in ckslab("kubectl", "--", "get", "pods").stderr
    ckslab.base(
        """
        ssh kube-control-plane '! test -e /etc/kubernetes/enc'
        ssh kube-worker-1 '! test -e /var/lib/kubelet/seccomp && ! grep mine /etc/default/kubelet'
        ssh kube-worker-1 '! sudo crictl ps --all | grep mine'
        grep mine notes.txt
        """
    )


def prove_gradable(ckslab: Cli) -> None:
    """An exercise can be started, done and graded."""
    solution = next(own for own in load().exercises if own.id == EXERCISE)
    script = next(own.script for own in solution.answers if own.name == "solution")
    ckslab.must("start", EXERCISE, timeout=BOUND)
    ckslab.base(script.read_text())
    ckslab.must("grade", EXERCISE)
