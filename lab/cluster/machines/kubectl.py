"""kubectl as the lab's administrator, on the control plane, where the learner's own configuration does not matter."""

from __future__ import annotations

from lab.cluster.engine import Completed, Node
from lab.errors import LabError

ADMIN = "/etc/kubernetes/admin.conf"
"""What kubeadm leaves on every control plane."""
BOUND = 60.0
"""Seconds for one command."""
_POLL_SECONDS = 10
_READY = "/readyz?exclude=poststarthook/rbac/bootstrap-roles"
"""A cluster that comes back has the roles of the system in etcd. That each of them is looked through once more takes a
minute where a processor is emulated, and nothing waits for it."""


class Kubectl:
    """Runs kubectl, argument by argument: no name from a file ever becomes part of a shell line."""

    def __init__(self, control_plane: Node) -> None:
        self._node = control_plane

    def ask(self, *args: str, stdin: bytes = b"", timeout: float = BOUND) -> Completed:
        """Run it, whatever comes of it."""
        return self._node.run(["kubectl", f"--kubeconfig={ADMIN}", *args], stdin=stdin, timeout=timeout)

    def poll(self, *args: str) -> Completed:
        """Run a command that will be repeated: one that gets no answer ends soon, whatever comes of it.

        A connection that was made while the network of the node was made anew may never be answered.
        """
        return self.ask(f"--request-timeout={_POLL_SECONDS}s", *args, timeout=_POLL_SECONDS + 5)

    def answers(self) -> bool:
        """Whether the API server says that it is ready."""
        return self.poll("get", f"--raw={_READY}").ok

    def do(self, *args: str, stdin: bytes = b"", timeout: float = BOUND) -> Completed:
        """Run it.

        Raises:
            LabError: it failed (`kubectl`).
        """
        done = self.ask(*args, stdin=stdin, timeout=timeout)
        if not done.ok:
            raise LabError("kubectl", done.error, command=" ".join(args), node=self._node.name)
        return done
