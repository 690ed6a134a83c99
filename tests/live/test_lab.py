"""A learner's cluster, as its learner meets it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from lab.clock import SYSTEM, wait_until
from tests.live.support import Cli

NAMESPACE = "live-tests"
SETTLES = 30.0
"""Seconds until a rule must have reached every node."""

SCENE = f"""
apiVersion: v1
kind: Pod
metadata: {{name: server, namespace: {NAMESPACE}, labels: {{app: server}}}}
spec: {{nodeName: kube-worker-1, containers: [{{name: web, image: "nginx:1.23.2"}}]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: friend, namespace: {NAMESPACE}, labels: {{may: enter}}}}
spec:
  nodeName: kube-control-plane
  containers: [{{name: box, image: "busybox:1.28", command: [sh, -c, "echo here I am; sleep 1h"]}}]
---
apiVersion: v1
kind: Pod
metadata: {{name: stranger, namespace: {NAMESPACE}}}
spec: {{nodeName: kube-control-plane, containers: [{{name: box, image: "busybox:1.28", command: [sleep, 1h]}}]}}
---
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: {{name: {NAMESPACE}}}
handler: runsc
---
apiVersion: v1
kind: Pod
metadata: {{name: sandboxed, namespace: {NAMESPACE}}}
spec: {{runtimeClassName: {NAMESPACE}, containers: [{{name: box, image: "busybox:1.28", command: [sleep, 1h]}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: server, namespace: {NAMESPACE}}}
spec: {{type: NodePort, selector: {{app: server}}, ports: [{{port: 80, nodePort: 30080}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: nobody, namespace: {NAMESPACE}}}
spec: {{selector: {{app: nobody}}, ports: [{{port: 80}}]}}
"""
DENY_ALL = f"""
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: deny-all, namespace: {NAMESPACE}}}
spec: {{podSelector: {{}}, policyTypes: [Ingress]}}
"""
ALLOW_FRIEND = f"""
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: allow-friend, namespace: {NAMESPACE}}}
spec:
  podSelector: {{matchLabels: {{app: server}}}}
  ingress: [{{from: [{{podSelector: {{matchLabels: {{may: enter}}}}}}], ports: [{{port: 80}}]}}]
"""
COMPLETE = """
k get nodes --output name
COMP_WORDS=(k get runtimec) COMP_CWORD=2 COMP_LINE="k get runtimec" COMP_POINT=14
$(complete -p k | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
echo "${COMPREPLY[@]}"
"""
EGRESS = f"""
nc -lvnN 9000 <<<hello 2>/tmp/connection & listener=$!
kubectl exec -n {NAMESPACE} friend -- timeout 10 nc "$(hostname -I | cut -d' ' -f1)" 9000
wait $listener
cat /tmp/connection
"""
PORT_FORWARD = f"""
kubectl port-forward -n {NAMESPACE} pod/server 8080:80 >/dev/null & forwarding=$!
curl --silent --fail --retry 20 --retry-connrefused --retry-delay 1 http://127.0.0.1:8080
kill $forwarding
"""


@pytest.fixture(scope="module")
def scene(ckslab: Cli) -> Iterator[Cli]:
    """A server on the worker, two clients on the control plane, a Pod in a sandbox, two Services."""
    ckslab.kubectl("create", "namespace", NAMESPACE)
    # Pods are refused until a controller has given the namespace its account.
    ckslab.kubectl("wait", "-n", NAMESPACE, "--for=create", "serviceaccount/default", "--timeout=30s")
    ckslab.kubectl("apply", "-f", "-", stdin=SCENE)
    ckslab.kubectl("wait", "-n", NAMESPACE, "--for=condition=Ready", "pods", "--all", "--timeout=90s")
    yield ckslab
    ckslab.kubectl("delete", "-f", "-", "--grace-period=1", stdin=SCENE)
    ckslab.kubectl("delete", "namespace", NAMESPACE)


def in_pod(ckslab: Cli, pod: str, *command: str) -> tuple[int, str]:
    """Exit code and output of a command in a Pod; one that waits forever is ended with 143."""
    ended = ckslab("kubectl", "--", "exec", "-n", NAMESPACE, pod, "--", "timeout", "5", *command)
    return ended.returncode, ended.stdout + ended.stderr


def reaches(ckslab: Cli, pod: str, address: str) -> bool:
    return "Welcome to nginx" in in_pod(ckslab, pod, "wget", "-qO-", f"http://{address}")[1]


# The workstation


def test_the_lab_says_it_is_ready(ckslab: Cli) -> None:
    status = json.loads(ckslab.must("status", "--json"))
    assert status["state"] == "ready"
    assert status["nodes"] == {"kube-control-plane": "Ready", "kube-worker-1": "Ready", "base": "running"}


@pytest.mark.parametrize("node", ["kube-control-plane", "kube-worker-1"])
def test_base_reaches_a_node_by_name_as_candidate_who_may_become_root(ckslab: Cli, node: str) -> None:
    script = "hostname; id -un; sudo -n id -un"
    expected = f"{node}\ncandidate\nroot\n"
    assert ckslab.base(f"ssh {node} '{script}' </dev/null") == expected
    assert ckslab.must("ssh", node, "--", "sh", "-c", script) == expected


def test_an_interactive_shell_has_the_alias_and_completes_it(ckslab: Cli) -> None:
    printed = ckslab.must("shell", "--", "bash", "-i", stdin=COMPLETE).splitlines()
    assert printed == ["node/kube-control-plane", "node/kube-worker-1", "runtimeclasses.node.k8s.io"]


def test_exit_codes_and_words_come_back_as_they_are(ckslab: Cli) -> None:
    ended = ckslab("shell", "--", "sh", "-c", 'echo "$1"; exit 7', "sh", "two  words; $(reboot)")
    assert (ended.returncode, ended.stdout) == (7, "two  words; $(reboot)\n")


# The cluster


def test_a_pod_finds_a_service_by_name_and_reaches_it_on_another_node(scene: Cli) -> None:
    name = f"server.{NAMESPACE}.svc.cluster.local"
    address = scene.kubectl("get", "service", "-n", NAMESPACE, "server", "--output", "jsonpath={.spec.clusterIP}")
    assert address in in_pod(scene, "friend", "nslookup", name)[1]
    assert reaches(scene, "friend", "server")


def test_base_reaches_a_node_port_on_every_node(scene: Cli) -> None:
    for node in ("kube-control-plane", "kube-worker-1"):
        assert "Welcome to nginx" in scene.base(f"curl --silent --max-time 5 http://{node}:30080")


def test_a_service_without_endpoints_is_refused_at_once(scene: Cli) -> None:
    code, words = in_pod(scene, "friend", "wget", "-qO-", "http://nobody")
    assert code == 1
    assert "can't connect to remote host" in words


def test_logs_exec_and_port_forward_work_on_every_node(scene: Cli) -> None:
    assert scene.kubectl("logs", "-n", NAMESPACE, "friend") == "here I am\n"
    assert scene.kubectl("exec", "-n", NAMESPACE, "server", "--", "cat", "/proc/1/comm") == "nginx\n"
    assert "Welcome to nginx" in scene.base(PORT_FORWARD)


def test_what_leaves_the_cluster_bears_the_address_of_its_node(scene: Cli) -> None:
    heard = scene.base(EGRESS)
    node = scene.kubectl(
        "get", "node", "kube-control-plane", "--output", "jsonpath={.status.addresses[?(@.type=='InternalIP')].address}"
    )
    assert heard.startswith("hello\n")
    assert f"Connection received on {node} " in heard


def test_a_pod_in_gvisor_has_gvisors_kernel(scene: Cli) -> None:
    assert "Starting gVisor" in scene.kubectl("exec", "-n", NAMESPACE, "sandboxed", "--", "dmesg")
    assert "Starting gVisor" not in in_pod(scene, "friend", "dmesg")[1]


def test_policies_stop_what_they_forbid_and_nothing_else(scene: Cli) -> None:
    assert reaches(scene, "friend", "server")
    scene.kubectl("apply", "-f", "-", stdin=DENY_ALL)
    assert wait_until(lambda: not reaches(scene, "friend", "server"), SYSTEM, bound=SETTLES)
    scene.kubectl("apply", "-f", "-", stdin=ALLOW_FRIEND)
    assert wait_until(lambda: reaches(scene, "friend", "server"), SYSTEM, bound=SETTLES)
    assert not reaches(scene, "stranger", "server")
    scene.kubectl("delete", "networkpolicy", "-n", NAMESPACE, "--all")
    assert wait_until(lambda: reaches(scene, "stranger", "server"), SYSTEM, bound=SETTLES)
