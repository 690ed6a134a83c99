"""From whatever a learner can make of the cluster, `reset` gets back to one that can be graded."""

from __future__ import annotations

import contextlib
import subprocess
import time

import pytest

from lab.catalog.load import load
from lab.cluster.engine import Engine
from tests.live.support import CLOSED_WEBHOOK, Cli, belongings, engine_of

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

WEBHOOK_REFUSES_EVERYTHING = f"""
kubectl create --filename - <<'OBJECT'{CLOSED_WEBHOOK}OBJECT
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

# On each node. Independent of one another, so that one reset has to bring all of them back.
NETWORK_CUT_OFF = """
for node in kube-worker-1 kube-control-plane; do
ssh $node sudo bash -u <<'NODE'
mount -t tmpfs none /opt/cni/bin
echo '{' > /etc/cni/net.d/10-ckslab.conflist
echo 'broken' > /etc/containerd/config.toml && chattr +i /etc/containerd/config.toml
echo 'nameserver 192.0.2.1' > /etc/resolv.conf
echo '192.0.2.9 kube-control-plane' > /etc/hosts
hostname elsewhere
ip link set kube-bridge down
ip rule add pref 10 to 10.96.0.0/12 blackhole
ip route add blackhole 10.244.0.0/17
echo 0 > /proc/sys/net/ipv4/ip_forward
iptables -P FORWARD DROP
iptables-nft -F && iptables-nft -P FORWARD DROP
iptables -I INPUT -p tcp --dport 10250 -j DROP
iptables -I INPUT ! -i lo -p tcp --dport 6443 -j DROP
nft add table inet shut
nft 'add chain inet shut everything { type filter hook forward priority 0; policy drop; }'
systemctl disable --now kubelet
NODE
done
"""

WAYS_IN_LOST = """
ssh kube-worker-1 sudo bash -u <<'NODE'
systemctl disable --now ssh.service
rm -rf /etc/sudoers.d ~candidate/.ssh
NODE
ssh kube-control-plane 'sudo rm -f /usr/bin/kubelet /etc/ssh/sshd_config'
echo 'PATH=/nowhere' > ~/.bashrc
sudo bash -c 'rm -rf ~candidate/.kube /etc/sudoers.d; : > /etc/hosts'
"""

ETCD_FULL = """
ssh kube-control-plane sudo bash -u <<'NODE'
systemctl stop kubelet
crictl stop "$(crictl ps --quiet --name etcd)" > /dev/null
mv /var/lib/etcd/member /run/member
mount -t tmpfs -o size=150M none /var/lib/etcd
mv /run/member /var/lib/etcd/member
head --bytes 150M /dev/zero > /var/lib/etcd/junk
systemctl start kubelet
NODE
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
    "firewalls, routes, settings, names and mounts changed on both nodes": NETWORK_CUT_OFF,
    "the ways in lost": WAYS_IN_LOST,
    "the file system of etcd full": ETCD_FULL,
}


@pytest.mark.parametrize("state", STATES)
def test_reset_gets_back_from(state: str, ckslab: Cli, capsys: pytest.CaptureFixture[str]) -> None:
    ckslab.base(STATES[state])
    began = time.monotonic()
    ckslab.must("reset", timeout=BOUND)
    with capsys.disabled():
        print(f"\n{state}: reset in {time.monotonic() - began:.1f} s ", end="")
    prove_gradable(ckslab)


def test_reset_starts_machines_that_do_not_run(lab: Engine, ckslab: Cli) -> None:
    engine = engine_of(lab.lab)
    _, worker, base = belongings(lab.lab).containers
    engine.must("kill", worker)
    engine.must("pause", base)
    ckslab.must("reset", timeout=BOUND)
    prove_gradable(ckslab)


def test_a_reset_that_was_cut_off_anywhere_can_be_repeated(ckslab: Cli) -> None:
    for seconds in (1, 3, 6):
        cut_off = subprocess.Popen(ckslab.argv("reset"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            cut_off.wait(seconds)
        cut_off.kill()
        cut_off.wait()
    ckslab.must("reset", timeout=BOUND)
    prove_gradable(ckslab)


def test_a_stopped_kubelet_is_no_ready_lab_and_up_starts_it(ckslab: Cli) -> None:
    ckslab.base("ssh kube-worker-1 sudo systemctl stop kubelet")
    deadline = time.monotonic() + 60
    while (status := ckslab("status")).returncode == 0 and time.monotonic() < deadline:
        time.sleep(2)
    assert status.returncode == 3
    assert "kube-worker-1" in status.stdout
    assert "kubelet on kube-worker-1" in ckslab("doctor").stdout
    ckslab.must("up", timeout=BOUND)
    assert ckslab("status").returncode == 0


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
    answers = load().exercise(EXERCISE).answers
    solution = next(answer for answer in answers if answer.name == "solution")
    ckslab.must("start", EXERCISE, timeout=BOUND)
    ckslab.base(solution.script_text)
    ckslab.must("grade", EXERCISE)
