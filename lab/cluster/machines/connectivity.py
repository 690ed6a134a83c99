"""Trying whether a cluster's network works, from a Pod on each node, and whether its learner gets to every machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from lab import i18n
from lab.clock import SYSTEM, Clock, wait_until
from lab.cluster.engine import Engine, Node, Powered
from lab.cluster.machines import health
from lab.cluster.machines.base import as_learner
from lab.cluster.machines.health import SYSTEM_NAMESPACE
from lab.cluster.machines.kubectl import Kubectl
from lab.errors import LabError

_SCRIPT = Path(__file__).with_suffix(".sh")
_NAME = "ckslab-probe"
_SECONDS = 30
_MADE_SECONDS = 120
"""For a fresh cluster, on a machine that may be making others."""
_LOGIN = """
kubectl --request-timeout=5s get --raw /readyz > /dev/null 2>&1 || echo kubectl
sudo --non-interactive true 2> /dev/null || echo sudo
for node; do
  ssh -n -o BatchMode=yes -o ConnectTimeout=5 "$node" sudo --non-interactive true 2> /dev/null || echo "ssh $node"
done
"""
"""What a learner on base begins with. Its output is what fails."""

Try = Callable[[], list[str]]
"""Tries something; returns what fails, in the user's language."""


def await_made(engine: Engine, clock: Clock = SYSTEM) -> None:
    """Wait until a cluster that was just made can be worked in and its network works, on every node and between them.

    A node gets its interfaces with its first Pod, and its routes from the others' routers; what is saved as the
    baseline before lacks them.

    Raises:
        LabError: something of it is not ready in time (`kubectl`), or not connected (`connectivity`).
    """
    account = ["serviceaccount/default", f"--namespace={SYSTEM_NAMESPACE}"]
    Kubectl(engine.nodes()[0]).do(
        "wait", "--for=create", *account, f"--timeout={_MADE_SECONDS}s", timeout=_MADE_SECONDS + 5
    )
    with probes(engine) as tries:
        health.await_ready(engine.nodes())
        tries.succeed(clock, seconds=_MADE_SECONDS)


@contextmanager
def probes(engine: Engine) -> Iterator[Trial]:
    """Make Pods to try the network from, one on each node, and remove them in the end. They need not run yet.

    Raises:
        LabError: the API server refuses them (`kubectl`).
    """
    kubectl = Kubectl(engine.nodes()[0])
    image = _pause(engine.nodes()[0])
    kubectl.do("create", "--validate=false", "--filename=-", stdin=_pods(engine.nodes(), image))
    try:
        yield Trial(engine, kubectl)
    finally:
        with suppress(LabError):  # what the trial has shown matters more
            there = ["pods", f"--namespace={SYSTEM_NAMESPACE}", f"--selector=app={_NAME}"]
            kubectl.ask("delete", *there, "--force", "--grace-period=0", "--wait=false")


@dataclass(frozen=True)
class Trial:
    """Whether a cluster whose probes run is connected."""

    engine: Engine
    kubectl: Kubectl

    def succeed(self, clock: Clock, *, seconds: float) -> None:
        """Try everything, and what fails again, until nothing does.

        Raises:
            LabError: something still fails when the time is up (`connectivity`).
        """
        failing: list[str] = []

        def works() -> bool:
            failing[:] = self._failing()
            return not failing

        if not wait_until(works, clock, bound=seconds):
            raise LabError("connectivity", "\n".join(failing), lab=self.engine.lab)

    def _failing(self) -> list[str]:
        addresses = self._addresses()
        tries: list[Try] = [self._as_learner] if isinstance(self.engine, Powered) else []
        for node in self.engine.nodes():
            tries += [partial(self._from_pod, node, addresses), partial(self._to_kubelet, node)]
        with ThreadPoolExecutor(len(tries)) as pool:
            return [words for failing in pool.map(lambda attempt: attempt(), tries) for words in failing]

    def _addresses(self) -> Mapping[str, str]:
        """Of the probes and of Services, by name."""
        listed = self.kubectl.poll("get", "pods,services", "--all-namespaces", "--output=json")
        items: list[dict[str, Any]] = json.loads(listed.stdout)["items"] if listed.ok else []
        return {
            item["metadata"].get("name", ""): item["spec"].get("clusterIP") or item.get("status", {}).get("podIP", "")
            for item in items
            if item["metadata"].get("namespace") in (SYSTEM_NAMESPACE, "default")
        }

    def _from_pod(self, node: Node, addresses: Mapping[str, str]) -> list[str]:
        others = {
            addresses.get(_pod(other), ""): other.name for other in self.engine.nodes() if other.name != node.name
        }
        services = [addresses.get("kube-dns", ""), addresses.get("kubernetes", "")]
        argv = ["bash", "-s", _pod(node), *services, *others]
        tried = node.run(argv, stdin=_SCRIPT.read_bytes(), timeout=_SECONDS)
        if not tried.ok:
            return [f"{node.name}: {tried.error}"]
        return [
            i18n.text("connectivity.pod", node=node.name, other=others[what])
            if what in others
            else i18n.text(f"connectivity.{what}", node=node.name)
            for what in tried.text.split()
        ]

    def _to_kubelet(self, node: Node) -> list[str]:
        asked = self.kubectl.poll("get", f"--raw=/api/v1/nodes/{node.name}/proxy/healthz")
        return [] if asked.ok else [i18n.text("connectivity.kubelet", node=node.name)]

    def _as_learner(self) -> list[str]:
        base = self.engine.base()
        nodes = [node.name for node in self.engine.nodes()]
        tried = base.run(as_learner("bash", "-c", _LOGIN, "login", *nodes), timeout=_SECONDS)
        if not tried.ok:
            return [f"{base.name}: {tried.error}"]
        return [
            i18n.text("connectivity.learner", base=base.name, command=command) for command in tried.text.splitlines()
        ]


def _pod(node: Node) -> str:
    return f"{_NAME}-{node.name}"


def _pods(nodes: Sequence[Node], image: str) -> bytes:
    items = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": _pod(node), "namespace": SYSTEM_NAMESPACE, "labels": {"app": _NAME}},
            "spec": {
                "nodeName": node.name,
                "containers": [{"name": "probe", "image": image, "imagePullPolicy": "IfNotPresent"}],
                "tolerations": [{"operator": "Exists"}],
                "terminationGracePeriodSeconds": 0,
                "automountServiceAccountToken": False,
            },
        }
        for node in nodes
    ]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items}).encode()


def _pause(node: Node) -> str:
    """The image that every node has, since each Pod begins with it: it does nothing, for ever."""
    listed = node.run(["crictl", "images", "--output=json"])
    images: list[dict[str, Any]] = json.loads(listed.stdout).get("images", []) if listed.ok else []
    names = [name for image in images for name in image.get("repoTags", ())]
    return next((name for name in names if "/pause:" in name), "registry.k8s.io/pause:3.10.1")
