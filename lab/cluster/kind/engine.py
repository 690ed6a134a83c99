"""The kind engine: nodes are containers of docker, podman or nerdctl, and so is base."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from lab import i18n, paths
from lab.cluster import record
from lab.cluster.engine import Capability, State, Status
from lab.cluster.host import facts as host
from lab.cluster.host.containers import LABEL, ContainerNode, Containers, find
from lab.cluster.host.lock import exclusive, hold
from lab.cluster.host.processes import OnLine
from lab.cluster.host.steps import Step, Steps
from lab.cluster.host.wait import bounded, until
from lab.cluster.image import addons
from lab.cluster.image import node_image as image
from lab.cluster.kind.config import CONTROL_PLANE, WORKER, kind_config
from lab.cluster.machines import base, baseline, capabilities, connectivity, health, inventory, network
from lab.cluster.machines.kubectl import Kubectl
from lab.cluster.machines.kubelet import EXAMINATION, HostFacts
from lab.cluster.machines.machine import refused
from lab.cluster.record import Record
from lab.errors import LabError
from lab.progress import OnProgress

_CREATE_SECONDS = 600
_API_SECONDS = 90
_STOP_SECONDS = 30
_JOINING = "Joining worker"
"""Of the step that kind begins once the API server answers. Where it has another name, the network waits for kind."""


class KindEngine:
    """One lab made by kind. Everything of it is on a network of its own, which carries the lab's label.

    Nothing of the lab's state is kept here: another run of the program may make or remove it while the app is open.

    Args:
        chosen: for a lab that is yet to be made.
    """

    name = "kind"
    pace = 1.0

    def __init__(self, lab: str, chosen: Record | None = None) -> None:
        self.lab = lab
        self._chosen = chosen or Record()

    @property
    def kubeconfig(self) -> Path:
        """Written by `up`."""
        return paths.lab(self.lab) / "kubeconfig"

    def nodes(self) -> Sequence[ContainerNode]:
        """The control plane, then the worker."""
        return (
            ContainerNode(self._containers, f"{self.lab}-control-plane", CONTROL_PLANE, "control-plane"),
            ContainerNode(self._containers, f"{self.lab}-worker", WORKER, "worker"),
        )

    def base(self) -> ContainerNode:
        """The learner's workstation."""
        return ContainerNode(self._containers, f"{self.lab}-base", "base", "base")

    def shell_argv(self, *command: str, tty: bool = True) -> list[str]:
        """The learner's shell on base, or a command there."""
        options = ["--interactive", *(["--tty"] if tty else []), "--user", base.LEARNER, "--workdir", base.HOME]
        variables = ["--env", f"HOME={base.HOME}", "--env", "TERM=xterm-256color", "--env", "LANG=C.UTF-8"]
        return self._containers.argv(
            "exec", *options, *variables, self.base().container, *(command or ("bash", "--login"))
        )

    def lacks(self) -> Mapping[Capability, str]:
        """As found out when the lab was made."""
        return self._record.lacking()

    def status(self) -> Status:
        """What there is, found out by looking."""
        machines = self._machines()
        status = Status(self.name, self.lab, self._state(machines), nodes=machines)
        return health.seen(status, self.nodes()[0]) if status.state is State.READY else status

    @exclusive
    def up(self, progress: OnProgress) -> None:
        """Make the lab ready, from whatever state it is in."""
        status = self.status()
        match status.state:
            case State.READY:
                pass
            case State.ABSENT | State.PARTIAL:
                self._refuse_strangers()
                self._create(progress)
            case State.STOPPED:
                with health.advising_reset(self):
                    self._revive(progress)
            case State.UNREACHABLE | State.DEGRADED:
                self._mend(progress)
        addons.build_later(self)

    @exclusive
    def down(self, progress: OnProgress) -> None:
        """Remove the lab's containers with their volumes, its network and its files."""
        self._refuse_strangers()
        steps = Steps([Step(i18n.text("kind.step.remove"), 3)], progress)
        steps.next()
        self._remove()
        shutil.rmtree(paths.lab(self.lab), ignore_errors=True)

    def power_on(self) -> bool:
        """Start machines that do not run; those that were paused go on."""
        states = {machine.container: found["State"]["Status"] for machine, found in self._ours()}
        paused = [container for container, state in states.items() if state == "paused"]
        stopped = [container for container, state in states.items() if state not in ("paused", "running")]
        if paused:
            self._containers.must("unpause", *paused)
        if stopped:
            self._containers.must("start", *stopped)
        return bool(paused or stopped)

    def power_off(self) -> None:
        """Stop every machine that runs. A systemd gets a while to end what it began: etcd writes until then."""
        with hold(self.lab):
            running = [machine.container for machine, found in self._ours() if found["State"]["Status"] == "running"]
            if running:
                self._containers.must("stop", f"--time={_STOP_SECONDS}", *running, timeout=_STOP_SECONDS * 4)

    def runs(self) -> bool:
        """As the runtime sees its machines."""
        found = self._containers.inspect(*(machine.container for machine in self._all()))
        return [container["State"]["Status"] for container in found] == ["running"] * len(self._all())

    def join(self, other: str) -> None:
        """Connect base to the network of another lab, by the runtime."""
        network = _network_of(other)
        (there,) = self._containers.inspect(self.base().container)
        if network not in there["NetworkSettings"]["Networks"]:
            self._containers.must("network", "connect", network, self.base().container)

    def leave(self, other: str) -> None:
        """Disconnect it."""
        self._containers.call("network", "disconnect", "--force", _network_of(other), self.base().container)

    def addresses(self) -> Mapping[str, str]:
        """As the runtime gave them out; a container may have another one once it was stopped."""
        return {
            machine.name: found["NetworkSettings"]["Networks"][self._network]["IPAddress"]
            for machine, found in self._ours()
        }

    def can_rescue(self, failure: LabError) -> bool:
        """Whether starting the machines anew helps: not where one of them, its baseline or a file is missing."""
        return failure.key not in baseline.HOPELESS and len(self._ours()) == len(self._all())

    def rescue(self) -> None:
        """Start the machines anew: nothing outlives that of what was done to their networks, mounts and processes."""
        machines = [machine.container for machine in self._all()]
        # Killed, since a systemd that does not answer takes its time to stop.
        self._containers.call("kill", *machines)
        self._containers.must("start", *machines)

    @cached_property
    def _containers(self) -> Containers:
        return find(self._record.runtime)

    @property
    def _record(self) -> Record:
        return record.load(self.lab) or self._chosen

    @property
    def _network(self) -> str:
        return _network_of(self.lab)

    def _kubectl(self) -> Kubectl:
        return Kubectl(self.nodes()[0])

    def _all(self) -> tuple[ContainerNode, ...]:
        return (*self.nodes(), self.base())

    def _machines(self) -> dict[str, str]:
        """Name of each machine that exists -> the state of its container. Strangers of the same name do not count."""
        return {machine.name: found["State"]["Status"] for machine, found in self._ours()}

    def _found(self) -> list[tuple[ContainerNode, dict[str, Any]]]:
        """Machines of which there is a container of that name, whoever's it is, with what the runtime knows of it."""
        machines = {machine.container: machine for machine in self._all()}
        found = self._containers.inspect(*machines)
        return [(machines[container["Name"].removeprefix("/")], container) for container in found]

    def _ours(self) -> list[tuple[ContainerNode, dict[str, Any]]]:
        """Those of them that are on the lab's network."""
        found = [one for one in self._found() if self._network in one[1]["NetworkSettings"]["Networks"]]
        return found if found and self._owns_network() else []

    def _owns_network(self) -> bool:
        """Whether the network of the lab's name is the lab's, and not merely called so."""
        found = self._containers.network(self._network) or {}
        labels = found.get("Labels") or found.get("labels") or {}
        return labels.get(LABEL) == self.lab

    def _state(self, machines: Mapping[str, str]) -> State:
        if not machines:
            return State.PARTIAL if self._record.made_from or self._owns_network() else State.ABSENT
        if not self._record.ready or len(machines) < len(self._all()):
            return State.PARTIAL
        return State.READY if set(machines.values()) == {"running"} else State.STOPPED

    def _refuse_strangers(self) -> None:
        """Containers of these names that are not this lab's are somebody else's, and are not touched.

        Raises:
            LabError: there are some (`kind.taken`), or a network (`kind.network-taken`).
        """
        if not self._owns_network() and self._containers.network(self._network):
            raise LabError("kind.network-taken", network=self._network)
        ours = [machine.name for machine, _ in self._ours()]
        strangers = [machine.container for machine, _ in self._found() if machine.name not in ours]
        if strangers:
            raise LabError("kind.taken", containers=", ".join(strangers), lab=self.lab)

    def _create(self, progress: OnProgress) -> None:
        made_from = image.ensure(self._containers, self._record.image, progress)
        steps = Steps(
            [
                Step(i18n.text("kind.step.nodes"), 24),
                Step(i18n.text("kind.step.base"), 5),
                Step(i18n.text("kind.step.ready"), 6),
            ],
            progress,
        )
        steps.next()
        self._remove()
        _require_inotify()
        memory = Record(self.name, self._containers.runtime, self._record.image, made_from)
        record.save(self.lab, memory)
        facts = self._examine(made_from)
        self._make_network()
        control_plane, worker = self.nodes()
        with ThreadPoolExecutor() as pool:
            # What waits for something else goes on side by side: a lab is up a third sooner.
            base_made = pool.submit(self._make_base, made_from)
            begun: list[Future[None]] = []

            def begin() -> None:
                base_made.result()
                begun.append(pool.submit(network.connect, [control_plane], self._kubectl()))
                begun.append(pool.submit(self._furnish))

            def hear(step: str | None) -> None:
                steps.say(step)
                if _JOINING in (step or "") and not begun:
                    begin()

            self._make_nodes(made_from, facts, hear)
            steps.next()
            if not begun:
                begin()
            for done in begun:
                done.result()
            network.connect_nodes([worker], self._kubectl())
            steps.next()
            connectivity.await_made(self)
            saved = pool.submit(inventory.save, self)
            baseline.save(self)
            saved.result()
        record.save(self.lab, replace(memory, lacks=self._find_lacks(facts), ready=True))

    def _revive(self, progress: OnProgress) -> None:
        """Start what stopped; addresses may have changed, so everything is told them again."""
        steps = Steps([Step(i18n.text("kind.step.start"), 15), Step(i18n.text("kind.step.ready"), 15)], progress)
        steps.next()
        self.power_on()
        began = health.now(self.nodes())
        until(self._kubectl().answers, seconds=_API_SECONDS, what=i18n.text("health.api"))
        steps.next()
        baseline.follow(self)
        network.connect(self.nodes(), self._kubectl())
        self._furnish()
        health.await_healthy(self.nodes(), began, steps.say, worked_in=True)

    def _mend(self, progress: OnProgress) -> None:
        """Start what does not run on machines that do. Nothing that a learner made is touched."""
        steps = Steps([Step(i18n.text("kind.step.start"), 10)], progress)
        steps.next()
        health.start_services(self)

    def _examine(self, made_from: str) -> HostFacts:
        """What a privileged container finds, which is what the nodes will find; the runtime's host may not be ours."""
        argv = ["run", "--rm", "--privileged", "--network", "none", "--entrypoint", "sh", made_from, "-c", EXAMINATION]
        return HostFacts.seen(self._containers.call(*argv).text)

    def _make_network(self) -> None:
        self._containers.must("network", "create", "--label", f"{LABEL}={self.lab}", self._network)

    def _make_nodes(self, made_from: str, facts: HostFacts, hear: OnLine) -> None:
        # kind mounts it into every node, and docker makes what is missing, but podman does not.
        if host.is_root():
            Path("/lib/modules").mkdir(parents=True, exist_ok=True)
        options = ["--image", made_from, "--kubeconfig", str(self.kubeconfig), "--config", "-"]
        argv = [str(image.kind_program()), "create", "cluster", *options]
        in_time = bounded(_steps_only(hear), seconds=_CREATE_SECONDS, what=i18n.text("kind.nodes"))
        made = self._containers.watch(argv, in_time, kind_config(self.lab, facts).encode(), self._kind_settings())
        if not made.ok:
            problem = refused("kind create cluster", made)
            raise problem if problem.key == "disk.full" else LabError("kind.create", made.text)
        self.kubeconfig.chmod(0o600)

    def _kind_settings(self) -> dict[str, str]:
        runtime = self._containers.runtime
        # For nerdctl, kind reads the name of the network from docker's variable.
        variable = "PODMAN" if runtime == "podman" else "DOCKER"
        return {"KIND_EXPERIMENTAL_PROVIDER": runtime, f"KIND_EXPERIMENTAL_{variable}_NETWORK": self._network}

    def _make_base(self, made_from: str) -> None:
        options = ["--detach", "--network", self._network, "--hostname", "base", "--label", f"{LABEL}={self.lab}"]
        entry = ["--name", self.base().container, "--entrypoint", "/usr/local/bin/ckslab-base"]
        self._containers.must("run", *options, *entry, made_from)

    def _furnish(self) -> None:
        """Base and the nodes learn of each other."""
        base.furnish(self.base(), self.nodes(), self.addresses())

    def _find_lacks(self, facts: HostFacts) -> dict[str, str]:
        """Capabilities that this host does not give, found out by trying; and AppArmor, which is the host's own."""
        worker, lacks = self.nodes()[1], {"apparmor": "capability.shared-kernel"}
        if not capabilities.has_internet(worker):
            lacks["internet"] = "capability.no-internet"
        if image.origin(self._containers, self._record.made_from) == "pull" and not facts.may_raise_limits:
            lacks["gvisor"] = "capability.no-gvisor"
        return lacks

    def _remove(self) -> None:
        """Everything that carries the lab's name and is the lab's; what is not there is no fault."""
        containers = self._containers
        present = [machine.container for machine, _ in self._ours()]
        if present:
            # Killed first: systemd in a node takes its time to stop, and nothing of it is kept.
            containers.call("kill", *present)
            containers.must("rm", "--force", "--volumes", *present)
        self._remove_volumes()
        if self._owns_network():
            self._disconnect_guests()
            containers.must("network", "rm", self._network)

    def _disconnect_guests(self) -> None:
        """The bases of other labs that joined this one's network: an exam that was cut off leaves them there."""
        listed = self._containers.call("ps", "--all", "--filter", f"network={self._network}", "--format", "{{.Names}}")
        for guest in listed.text.split():
            self._containers.must("network", "disconnect", "--force", self._network, guest)

    def _remove_volumes(self) -> None:
        """Volumes that kind made for podman nodes; they carry the node's name as a label."""
        for node in self.nodes():
            listed = self._containers.call("volume", "ls", "--quiet", "--filter", f"label={node.container}")
            for volume in listed.text.split():
                self._containers.call("volume", "rm", "--force", volume)


def _network_of(lab: str) -> str:
    return f"ckslab-{lab}"


def _steps_only(hear: OnLine) -> OnLine:
    """Of what kind prints, the steps that it begins, without its bullets and pictures. Errors come with its result."""

    def hear_line(line: str | None) -> None:
        is_step = line is not None and "•" in line
        hear("".join(filter(str.isascii, line)).strip(" .") if line is not None and is_step else None)

    return hear_line


def _require_inotify() -> None:
    """Nodes that get no inotify instance hang without a word.

    Raises:
        LabError: this machine gives too few (`host.inotify`).
    """
    left = host.inotify_left()
    if left < host.INOTIFY_WANTED:
        raise LabError("host.inotify", left=left, wanted=host.INOTIFY_WANTED)
