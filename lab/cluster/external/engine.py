"""The external engine: a cluster of the user's own, made by kubeadm. It is used and examined, never made or removed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lab import i18n, paths
from lab.cluster import record
from lab.cluster.engine import Capability, Completed, Node, Role, State, Status
from lab.cluster.host import processes
from lab.cluster.host.lock import exclusive
from lab.cluster.host.steps import Step, Steps
from lab.cluster.machines import base, baseline, capabilities, health, inventory
from lab.cluster.machines.ssh import Ssh, SshNode
from lab.cluster.record import Record
from lab.errors import LabError, UsageError
from lab.progress import OnProgress

_CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
_API_SECONDS = 15
_LOGIN_SECONDS = 20


class ExternalEngine:
    """One lab on machines that are there anyway.

    The ssh configuration names each node as the cluster does. The learner works on the machine that was named for it,
    else on the control plane, as `candidate` if there is such a user, else as whoever ssh logs in.

    Args:
        chosen: for a lab that is yet to be made.
    """

    name = "external"
    pace = 1.0

    def __init__(self, lab: str, chosen: Record | None = None) -> None:
        self.lab = lab
        self._chosen = chosen or Record(self.name)

    @property
    def kubeconfig(self) -> Path:
        """The user's; it is read, and never written."""
        return Path(self._record.kubeconfig)

    def nodes(self) -> Sequence[SshNode]:
        """As the cluster had them at `up`, control plane first."""
        return [SshNode(self._ssh, name, role) for name, role in self._record.nodes.items()]

    def base(self) -> Node:
        """The machine named for the learner, or the control plane."""
        nodes = self.nodes()
        named = self._record.base
        return next(
            (node for node in nodes if node.name == named), SshNode(self._ssh, named, "base") if named else nodes[0]
        )

    def shell_argv(self, *command: str, tty: bool = True) -> list[str]:
        """The learner's shell on base, or a command there."""
        argv = base.as_learner(*command) if self._record.has_learner else command
        return self._ssh.argv(self.base().name, argv, tty=tty)

    def lacks(self) -> Mapping[Capability, str]:
        """As measured at `up`."""
        return self._record.lacking()

    def status(self) -> Status:
        """What the cluster says of itself."""
        memory = record.load(self.lab)
        if memory is None:
            return Status(self.name, self.lab, State.ABSENT)
        if not memory.ready:
            return Status(self.name, self.lab, State.PARTIAL)
        status = Status(self.name, self.lab, State.READY)
        try:
            return health.seen(status, self.nodes()[0])
        except LabError as gone:
            return replace(status, state=State.UNREACHABLE, detail=gone.tried)

    @exclusive
    def up(self, progress: OnProgress) -> None:
        """Look at the cluster, and remember what it has. Changes nothing but, with consent, keeps its baseline.

        Raises:
            UsageError: it was not said where the cluster is (`external.where`).
            LabError: a node is not reached (`node.gone`), or the API server does not answer this machine
                (`external.cluster`) or the learner on base (`external.kubectl`).
        """
        if self.status().state is State.READY:
            return
        memory = replace(self._record, ready=False)
        if not (memory.kubeconfig and memory.ssh_config):
            raise UsageError("external.where")
        steps = Steps([Step(i18n.text("external.step.look"), 5), Step(i18n.text("external.step.keep"), 5)], progress)
        steps.next()
        memory = replace(memory, nodes=_nodes_of(memory.kubeconfig))
        record.save(self.lab, memory)
        for node in self.nodes():
            steps.say(node.name)
            node.run(["true"])  # so that one that is not reached is named
        steps.next()
        if memory.baseline:
            baseline.save(self)
            inventory.save(self)
        memory = replace(memory, has_learner=self.base().run(["id", base.LEARNER]).ok)
        record.save(self.lab, memory)
        self._check_kubectl()
        record.save(self.lab, replace(memory, lacks=self._missing(), ready=True))

    @exclusive
    def down(self, progress: OnProgress) -> None:
        """Forget the cluster. Nothing on its machines is touched."""
        Steps([Step(i18n.text("external.step.forget"), 1)], progress).next()
        shutil.rmtree(paths.lab(self.lab), ignore_errors=True)

    @property
    def _record(self) -> Record:
        return record.load(self.lab) or self._chosen

    @property
    def _ssh(self) -> Ssh:
        return Ssh(Path(self._record.ssh_config), paths.lab(self.lab) / "ssh")

    def _missing(self) -> dict[str, str]:
        lacks = capabilities.missing(self.nodes())
        if not all(self._reaches(node.name) for node in self.nodes()):
            lacks["node-shell"] = "capability.no-node-shell"
        if not self._record.baseline:
            lacks["baseline"] = "capability.no-baseline"
        return lacks

    def _check_kubectl(self) -> None:
        """What it reads is the learner's and is not written for them: elsewhere they may have another cluster."""
        tried = self._as_learner("kubectl", "--request-timeout=10s", "get", "nodes")
        if not tried.ok:
            raise LabError("external.kubectl", tried.error, base=self.base().name, lab=self.lab)

    def _reaches(self, node: str) -> bool:
        """Whether the learner gets from base to a node by its name."""
        return self._as_learner("ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", node, "true").ok

    def _as_learner(self, *command: str) -> Completed:
        argv = self.shell_argv(*command, tty=False)
        try:
            return processes.run(argv, env={}, timeout=_LOGIN_SECONDS)
        except subprocess.TimeoutExpired as late:
            return Completed(argv, 1, b"", str(late).encode())


def _nodes_of(kubeconfig: str) -> dict[str, Role]:
    """Name of each node of a cluster -> its role, control plane first.

    Raises:
        LabError: its API server does not answer, or it has no control plane of its own (`external.cluster`).
    """
    from kubernetes import client, config

    try:
        api = client.CoreV1Api(config.new_client_from_config(kubeconfig))
        found = api.list_node(_request_timeout=_API_SECONDS).to_dict()["items"]
    except Exception as error:  # of the client, of urllib3, of the YAML: whatever it is, there is no cluster
        raise LabError("external.cluster", str(error), kubeconfig=kubeconfig) from error
    roles: dict[str, Role] = {
        node["metadata"]["name"]: "control-plane" if _CONTROL_PLANE in node["metadata"]["labels"] else "worker"
        for node in found
    }
    if "control-plane" not in roles.values():
        raise LabError("external.cluster", ", ".join(roles), kubeconfig=kubeconfig)
    return dict(sorted(roles.items(), key=lambda item: (item[1] != "control-plane", item[0])))
