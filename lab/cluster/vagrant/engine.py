"""The vagrant engine: nodes are machines of VirtualBox or libvirt, and base is the learner's user on the first."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from lab import i18n, paths
from lab.clock import SYSTEM, Clock
from lab.cluster import record
from lab.cluster.engine import Capability, State, Status
from lab.cluster.host.lock import exclusive
from lab.cluster.host.steps import Step, Steps
from lab.cluster.host.wait import bounded, until
from lab.cluster.image import node_image as image
from lab.cluster.machines import base, baseline, capabilities, health, inventory, network
from lab.cluster.machines.assembly import assemble
from lab.cluster.machines.kubectl import ADMIN, Kubectl
from lab.cluster.machines.ssh import Ssh, SshNode
from lab.cluster.record import Provider, Record
from lab.cluster.vagrant import box, hypervisor, table, virtual
from lab.cluster.vagrant.box import Box
from lab.cluster.vagrant.hypervisor import Facts
from lab.cluster.vagrant.program import Vagrant
from lab.errors import LabError
from lab.progress import OnProgress

_EMULATED = 6.0
"""How many times longer a machine takes whose processor is emulated."""
_MACHINES_SECONDS = 1200
_API_SECONDS = 120
_SNAPSHOT = "baseline"
_LOST = "inaccessible"
"""Vagrant's word for a machine that it does not reach, and can do nothing with but remove it."""
_STEPS = (("machines", 30), ("cluster", 25), ("base", 4), ("ready", 12), ("keep", 5))
"""Of `up`, with the seconds that each takes on a processor that is not emulated."""


class VagrantEngine:
    """One lab of virtual machines.

    Nothing of its state is kept here: another run of the program may make or remove it while the app is open.

    Args:
        chosen: for a lab that is yet to be made.
    """

    name = "vagrant"

    def __init__(self, lab: str, chosen: Record | None = None) -> None:
        self.lab = lab
        self._chosen = chosen or Record(self.name)

    @property
    def kubeconfig(self) -> Path:
        """Written by `up`."""
        return self._folder / "kubeconfig"

    def nodes(self) -> Sequence[SshNode]:
        """The control plane, then the worker if there is one."""
        ssh = Ssh(self._folder / "ssh_config", self._folder / "ssh", self.pace)
        return [SshNode(ssh, machine.name, machine.role) for machine in self._table]

    def base(self) -> SshNode:
        """The control plane: a machine more would cost a boot and its memory to hold a shell, ssh and kubectl."""
        return self.nodes()[0]

    def shell_argv(self, *command: str, tty: bool = True) -> list[str]:
        """The learner's shell on base, or a command there."""
        control_plane = self.base()
        return control_plane.ssh.argv(control_plane.name, base.as_learner(*command), tty=tty)

    @property
    def pace(self) -> float:
        """QEMU emulates a processor where there is no other way, and takes its time."""
        return self._record.pace

    def lacks(self) -> Mapping[Capability, str]:
        """As measured when the lab was made."""
        return self._record.lacking()

    def status(self) -> Status:
        """What there is, found out by looking."""
        memory = record.load(self.lab)
        if memory is None:
            return Status(self.name, self.lab, State.ABSENT)
        machines = self._vagrant().states()
        status = Status(self.name, self.lab, self._state(machines), nodes=machines)
        return health.seen(status, self.base(), self.pace) if status.state is State.READY else status

    @exclusive
    def up(self, progress: OnProgress) -> None:
        """Make the lab ready, from whatever state it is in."""
        match self.status().state:
            case State.READY:
                # Machines sleep with the computer, and do not know for how long. One that is not reached has no
                # part in whether the lab answers.
                with suppress(LabError):
                    self._set_clocks()
            case State.ABSENT | State.PARTIAL:
                self._create(progress)
            case State.STOPPED:
                with health.advising_reset(self):
                    self._revive(progress)
            case State.UNREACHABLE | State.DEGRADED:
                steps = Steps([Step(i18n.text("vagrant.step.start"), 10 * self.pace)], progress)
                steps.next()
                with suppress(LabError):
                    self._set_clocks()
                health.start_services(self, self._clock)

    @exclusive
    def down(self, progress: OnProgress) -> None:
        """Remove the lab's machines with their disks, its network and its files."""
        steps = Steps([Step(i18n.text("vagrant.step.remove"), 15)], progress)
        steps.next()
        provider = self._record.provider
        if provider and (self._folder / "vagrant").is_dir():
            for node in self.nodes():
                node.ssh.close(node.name)
            self._vagrant().remove()
            self._sweep(provider)
        shutil.rmtree(self._folder, ignore_errors=True)

    def power_on(self) -> bool:
        """Start machines that are not reached."""
        if all(map(_is_reached, self.nodes())):
            return False
        # One that is paused or stopped is started; of one that runs and does not answer, nothing comes.
        self._vagrant().start(lambda _: None)
        self._learn_ways()
        return True

    def runs(self) -> bool:
        """Whether each is reached by ssh."""
        return all(map(_is_reached, self.nodes()))

    def addresses(self) -> Mapping[str, str]:
        """As the table of machines has them; they stay."""
        return {machine.name: machine.address for machine in self._table}

    def can_rescue(self, failure: LabError) -> bool:
        """Whether there are snapshots that have more than the machines: an older baseline is in them, too."""
        vagrant = self._vagrant()
        return failure.key != "baseline.older" and all(
            vagrant.has_kept(machine.name, _SNAPSHOT) for machine in self._table
        )

    def rescue(self) -> None:
        """Go back to the snapshots of the machines."""
        vagrant = self._vagrant()
        for node in self.nodes():
            node.ssh.close(node.name)
            vagrant.go_back(node.name, _SNAPSHOT)
        self._set_clocks()

    @property
    def _clock(self) -> Clock:
        """For waits on the machines."""
        return SYSTEM.slower(self.pace)

    @property
    def _folder(self) -> Path:
        return paths.lab(self.lab)

    @property
    def _record(self) -> Record:
        return record.load(self.lab) or self._chosen

    @property
    def _table(self) -> tuple[table.Machine, ...]:
        """The machines of this lab."""
        return table.machines()[: self._record.machines]

    def _vagrant(self, memory: Record | None = None) -> Vagrant:
        memory = memory or self._record
        settings = {
            "CKSLAB_LAB": self.lab,
            "CKSLAB_MACHINES": str(memory.machines),
            "CKSLAB_BOX": memory.made_from or box.PLAIN,
            "VAGRANT_DEFAULT_PROVIDER": memory.provider or "",
            **({"CKSLAB_BOOT": memory.boot} if memory.boot else {}),
            **({"CKSLAB_EMULATE": "1"} if memory.is_emulated else {}),
        }
        return Vagrant(settings, self._folder / "vagrant")

    def _state(self, machines: Mapping[str, str]) -> State:
        if not self._record.ready or len(machines) < len(self._table):
            return State.PARTIAL
        return State.READY if set(machines.values()) == {Vagrant.RUNNING} else State.STOPPED

    def _names(self) -> dict[str, str]:
        """Name of each machine -> the hypervisor's name for it."""
        return {machine.name: f"ckslab-{self.lab}-{machine.name}" for machine in table.machines()}

    def _refuse_others(self, provider: Provider) -> None:
        """Machines of these names that Vagrant did not make for this lab are somebody else's, and are not touched.

        Raises:
            LabError: there are some (`vagrant.taken`), or another lab has the addresses (`vagrant.addresses`).
        """
        there = virtual.machines(provider)
        strangers = [
            name for machine, name in self._names().items() if name in there and self._id(machine) != there[name]
        ]
        if strangers:
            raise LabError("vagrant.taken", machines=", ".join(strangers), lab=self.lab)
        others = (lab for lab in record.labs() if lab != self.lab)
        if rival := next((lab for lab in others if _has_machines(lab)), None):
            raise LabError("vagrant.addresses", lab=rival)

    def _id(self, machine: str) -> str:
        """The hypervisor's id of a machine that Vagrant made for this lab; empty where it has made none."""
        kept = (self._folder / "vagrant" / "machines" / machine).glob("*/id")
        return next((file.read_text().strip() for file in kept), "")

    def _sweep(self, provider: Provider) -> None:
        virtual.sweep(provider, f"ckslab-{self.lab}", self._names().values())

    def _create(self, progress: OnProgress) -> None:
        facts = hypervisor.facts()
        provider = _provider(self._record.provider, facts)
        memory = replace(self._record, provider=provider, pace=_pace(provider, facts), ready=False)
        self._refuse_others(provider)
        found = box.ensure(self._vagrant(memory), memory.image, provider, progress)
        memory = replace(memory, made_from=found.name, boot=self._take_kernel(found))
        record.save(self.lab, memory)
        steps = Steps([Step(i18n.text(f"vagrant.step.{name}"), took * memory.pace) for name, took in _STEPS], progress)
        steps.next()
        self._sweep(provider)
        bound = bounded(steps.say, seconds=_MACHINES_SECONDS * memory.pace, what=i18n.text("vagrant.machines"))
        self._mend()
        self._vagrant().bring_up(provider, bound)
        self._learn_ways()
        self._assemble(steps)
        record.save(self.lab, replace(memory, lacks=capabilities.missing(self.nodes()), ready=True))

    def _take_kernel(self, found: Box) -> str:
        """A machine without a boot loader needs its kernel at each start; the cache forgets older boxes."""
        if not found.boot:
            return ""
        folder = paths.private(self._folder) / "boot"
        shutil.copytree(found.boot, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.box"))
        return str(folder)

    def _mend(self) -> None:
        """Remove machines that an interrupted `up` left in a state that Vagrant cannot get them out of."""
        vagrant = self._vagrant()
        for name, state in vagrant.states().items():
            if state == _LOST:
                vagrant.remove(name)

    def _assemble(self, steps: Steps) -> None:
        """A cluster out of machines that are there, with its workstation, and kept as it then is."""
        nodes, kubectl = self.nodes(), Kubectl(self.base())
        steps.next()
        addresses = [machine.address for machine in self._table]
        emulated = self._record.is_emulated
        assemble(nodes, addresses, image.versions()["kubernetes"], steps.say, emulated=emulated)
        self._write_kubeconfig()
        steps.next()
        network.connect(nodes, kubectl, self._clock)
        base.furnish(self.base(), nodes, self.addresses())
        steps.next()
        health.await_ready(nodes, self.pace)
        steps.next()
        baseline.save(self)
        inventory.save(self)
        for node in nodes:
            self._vagrant().save(node.name, _SNAPSHOT)
        self._set_clocks()
        # A machine stands still while it is saved, so its kubelet is missed when the clock is set.
        health.await_healthy(nodes, health.now(nodes), steps.say, self._clock)
        health.await_ready(nodes, self.pace)

    def _revive(self, progress: OnProgress) -> None:
        """Start what stopped. Addresses stay, but for those that the host reaches the machines by."""
        names = ("start", "ready")
        steps = Steps([Step(i18n.text(f"vagrant.step.{name}"), 40 * self.pace) for name in names], progress)
        steps.next()
        bound = bounded(steps.say, seconds=_MACHINES_SECONDS * self.pace, what=i18n.text("vagrant.machines"))
        self._vagrant().start(bound)
        self._learn_ways()
        nodes, kubectl = self.nodes(), Kubectl(self.base())
        began = health.now(nodes)
        until(kubectl.answers, seconds=_API_SECONDS, what=i18n.text("health.api"), clock=self._clock)
        steps.next()
        network.connect(nodes, kubectl, self._clock)
        health.await_healthy(nodes, began, steps.say, self._clock, worked_in=True)

    def _learn_ways(self) -> None:
        """How ssh reaches the machines now; connections from before are given up, and clocks are set."""
        for node in self.nodes():
            node.ssh.close(node.name)
        (self._folder / "ssh_config").write_text(self._vagrant().ways())
        self._set_clocks()

    def _set_clocks(self) -> None:
        """A machine that slept, or went back, goes on with the time that it had."""
        for node in self.nodes():
            node.run(["date", "--utc", "--set", f"@{time.time():.1f}"])

    def _write_kubeconfig(self) -> None:
        self.kubeconfig.touch(mode=0o600)
        self.kubeconfig.write_bytes(self.base().read(ADMIN))


def _provider(chosen: Provider | None, facts: Facts) -> Provider:
    """What Vagrant is to run machines by here: what was chosen, else what it can.

    Raises:
        LabError: there is none (`vagrant.provider`), it does not answer (`vagrant.libvirt`), or there is no Vagrant
            (`vagrant.missing`).
    """
    if not facts.has_vagrant:
        raise LabError("vagrant.missing")
    provider = chosen or facts.provider
    if provider is None:
        raise LabError("vagrant.provider")
    if provider == "libvirt" and facts.libvirt_said:
        raise LabError("vagrant.libvirt", facts.libvirt_said)
    return provider


def _pace(provider: Provider, facts: Facts) -> float:
    """QEMU emulates a processor where there is no other way; VirtualBox does not."""
    return _EMULATED if provider == "libvirt" and not facts.accelerates else 1


def _is_reached(node: SshNode) -> bool:
    try:
        return node.run(["true"], timeout=10).ok
    except LabError:
        return False


def _has_machines(lab: str) -> bool:
    memory = record.load(lab)
    return memory is not None and memory.engine == VagrantEngine.name
