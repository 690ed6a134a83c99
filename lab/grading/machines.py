"""The machines of the lab, as grading uses them: commands that only read, etcd, and the network of a Pod."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from checkers.api import LabBroken, NotSeen, Ran
from lab.cluster.engine import Engine, Node
from lab.errors import LabError
from lab.grading.server import slow
from lab.grading.words import error_text, of_error

_PKI = "/etc/kubernetes/pki/etcd"
_ETCDCTL = (
    "etcdctl",
    "--endpoints=https://127.0.0.1:2379",
    f"--cacert={_PKI}/ca.crt",
    f"--cert={_PKI}/server.crt",
    f"--key={_PKI}/server.key",
    "--write-out=json",
)


class Machines:
    """Runs commands on the nodes, without the API server: they work when it is down."""

    def __init__(self, engine: Engine, bound: float) -> None:
        self._engine = engine
        self._bound = bound

    @property
    def control_plane(self) -> str:
        """The name of the node where the API server and etcd run."""
        return next(iter(self._nodes()))

    def run(self, node: str, argv: Sequence[str]) -> Ran:
        """Run a command as root on the node of this name, or on base."""
        machine = self._nodes().get(node) or self._base(node)
        if machine is None:
            raise LabBroken(error_text("observe.no_node", node=node, lab=self._engine.lab))
        try:
            done = machine.run(argv, timeout=self._bound)
        except LabError as error:
            if error.key == "node.timeout":
                raise slow(f"{node}: {' '.join(argv)}", self._bound) from error
            raise LabBroken(of_error(error)) from error
        return Ran(done.code, done.text, done.error)

    def _nodes(self) -> dict[str, Node]:
        """By name, the control plane first."""
        try:
            return {node.name: node for node in self._engine.nodes()}
        except LabError as error:
            raise LabBroken(of_error(error)) from error

    def _base(self, name: str) -> Node | None:
        """The workstation, if that is what the name says; where it is one of the nodes, too."""
        return self._engine.base() if name == "base" else None

    def etcd(self, *get: str) -> Sequence[tuple[str, bytes]]:
        """The keys with their values that `etcdctl get` finds, straight from etcd and as they are on its disk."""
        bound = f"--command-timeout={self._bound / 2:.1f}s"
        ran = self.run(self.control_plane, [*_ETCDCTL, bound, "get", *get])
        if ran.code != 0:
            raise LabBroken(error_text("observe.no_etcd", said=ran.stderr))
        pairs = json.loads(ran.stdout).get("kvs", ())
        # etcd's JSON holds bytes as base64, so nothing is lost on the way.
        return [(base64.b64decode(pair["key"]).decode(), base64.b64decode(pair.get("value", ""))) for pair in pairs]

    def request(self, pod: Mapping[str, Any], url: str) -> Ran:
        """Send a request from the network namespace of a Pod, which its sandbox holds, with the node's own curl."""
        node, name = pod["spec"].get("nodeName", ""), pod["metadata"]["name"]
        label = f"io.kubernetes.pod.uid={pod['metadata']['uid']}"
        sandbox = self.run(node, ["crictl", "pods", "--state=ready", "--quiet", f"--label={label}"]) if node else None
        if sandbox is None or not sandbox.stdout.split():
            raise NotSeen(error_text("observe.no_network", pod=name))
        inspected = self.run(node, ["crictl", "inspectp", sandbox.stdout.split()[0]])
        if inspected.code != 0:
            raise NotSeen(error_text("observe.no_network", pod=name))
        enter = ["nsenter", f"--net=/proc/{json.loads(inspected.stdout)['info']['pid']}/ns/net"]
        curl = ["curl", "--silent", "--show-error", "--include", "--noproxy", "*", "--max-time", f"{self._bound / 2}"]
        return self.run(node, [*enter, *curl, "--", url])
