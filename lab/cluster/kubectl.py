"""kubectl on the control plane, as the cluster's administrator: how an engine looks after its own cluster."""

from __future__ import annotations

from dataclasses import dataclass

from lab.cluster.containers import refused
from lab.cluster.engine import Completed, Node

_REQUEST_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Kubectl:
    """kubectl on a control-plane node."""

    node: Node

    def call(self, *argv: str, stdin: bytes = b"", timeout: float = 30) -> Completed:
        """Run kubectl; whether it succeeded is for the caller to see."""
        bounds = ["--kubeconfig", "/etc/kubernetes/admin.conf", f"--request-timeout={_REQUEST_SECONDS}s"]
        return self.node.run(["kubectl", *bounds, *argv], stdin=stdin, timeout=timeout)

    def must(self, *argv: str, stdin: bytes = b"", timeout: float = 30) -> Completed:
        """The same, and it must succeed.

        Raises:
            LabError: it did not (`engine.refused`).
        """
        completed = self.call(*argv, stdin=stdin, timeout=timeout)
        if not completed.ok:
            raise refused(f"kubectl {argv[0]}", completed)
        return completed
