"""The pods engine: the machines of a lab are Pods on a Kubernetes cluster, in a Namespace of their own."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, replace
from functools import cached_property, partial
from pathlib import Path

from lab import i18n, paths
from lab.cluster import record
from lab.cluster.engine import Capability, State, Status
from lab.cluster.host import containers
from lab.cluster.host.lock import exclusive
from lab.cluster.host.steps import Step, Steps
from lab.cluster.host.wait import until
from lab.cluster.image import addons
from lab.cluster.image import node_image as image
from lab.cluster.machines import base, baseline, capabilities, connectivity, health, inventory, network
from lab.cluster.machines.assembly import CONFIGURATION, assemble
from lab.cluster.machines.kubeadm import Addressing
from lab.cluster.machines.kubectl import ADMIN, Kubectl
from lab.cluster.machines.kubelet import EXAMINATION, HostFacts
from lab.cluster.pods import condition, forward, hosts, image_import, manifest, ranges, snat
from lab.cluster.pods.hosting import HostCluster, Object, current_context
from lab.cluster.pods.manifest import MACHINES, OWNER, Seat, namespace_of
from lab.cluster.pods.node import PodNode
from lab.cluster.record import Record
from lab.errors import LabError
from lab.progress import OnProgress

_NAMESPACES = "/api/v1/namespaces"
_PODS_SECONDS = 180
_SYSTEMD_SECONDS = 60
_API_SECONDS = 90
_REMOVE_SECONDS = 120
_UNKNOWN = "Unknown"
"""What Kubernetes says of a Pod whose node is silent, once it has noticed."""
_CERTIFICATES = "/kind/kubeadm.conf"
"""Where the entrypoint of kind's image, and the baseline, look for how certificates were made."""


class PodsEngine:
    """One lab of Pods: a seat.

    Nothing of its state is kept here: another run of the program may make or remove it while the app is open.

    Args:
        chosen: for a lab that is yet to be made.
    """

    name = "pods"
    pace = 1.0

    def __init__(self, lab: str, chosen: Record | None = None) -> None:
        self.lab = lab
        self._chosen = chosen or Record(self.name)

    @property
    def kubeconfig(self) -> Path:
        """It leads to the seat as long as this process lives; see `lab.cluster.pods.forward`."""
        if not self._admin.exists():
            return self._admin
        return forward.kubeconfig(self._admin, self.host, self._namespace, self.nodes()[0].name)

    def nodes(self) -> Sequence[PodNode]:
        """The control plane, then the worker."""
        return [self._machine(name) for name, role in MACHINES.items() if role != "base"]

    def base(self) -> PodNode:
        """The learner's workstation."""
        return self._machine("base")

    def shell_argv(self, *command: str, tty: bool = True) -> list[str]:
        """The learner's shell on base, or a command there."""
        return self.base().argv(*base.as_learner(*command), tty=tty)

    def lacks(self) -> Mapping[Capability, str]:
        """As found out when the lab was made."""
        return self._record.lacking()

    def status(self) -> Status:
        """What there is, found out by looking."""
        if record.load(self.lab) is None:
            return Status(self.name, self.lab, State.ABSENT)
        try:
            pods = self._pods()
            dead = hosts.dead(self.host, pods.values())
        except LabError as unreachable:
            return Status(self.name, self.lab, State.UNREACHABLE, detail=f"{unreachable.tried} {unreachable.came_back}")
        if dead:
            detail = i18n.text("pods.dead", node=", ".join(sorted(dead)))
            return Status(self.name, self.lab, State.PARTIAL, nodes=dict.fromkeys(pods, _UNKNOWN), detail=detail)
        machines = {name: condition.of(pod) for name, pod in pods.items()}
        status = Status(self.name, self.lab, self._state(machines), nodes=machines)
        return health.seen(status, self.nodes()[0]) if status.state is State.READY else status

    @exclusive
    def up(self, progress: OnProgress) -> None:
        """Make the lab ready, from whatever state it is in."""
        match self.status().state:
            case State.READY:
                pass
            case State.ABSENT | State.PARTIAL:
                self._create(progress)
            case State.STOPPED:
                with health.advising_reset(self):
                    self._revive(progress)
            case State.UNREACHABLE | State.DEGRADED:
                self._mend(progress)
        addons.build_later(self)

    @exclusive
    def down(self, progress: OnProgress) -> None:
        """Remove the lab's Namespace, with all that is in it, and its files."""
        steps = Steps([Step(i18n.text("pods.step.remove"), 5)], progress)
        steps.next()
        if record.load(self.lab) is not None:
            self._remove()
        shutil.rmtree(paths.lab(self.lab), ignore_errors=True)

    def power_on(self) -> bool:
        """The host's kubelet starts what has stopped; there is nothing to add to it."""
        return False

    def runs(self) -> bool:
        """As the host cluster sees its Pods, unless their host node is dead: it notices that after most of a minute."""
        pods = self._pods()
        all_run = len(pods) == len(MACHINES) and all(condition.runs(pod) for pod in pods.values())
        return all_run and not hosts.dead(self.host, pods.values())

    def addresses(self) -> Mapping[str, str]:
        """As the host cluster gave them out. They stay while the Pods do, but for a restart of the host's node."""
        return {name: str(pod["status"].get("podIP", "")) for name, pod in self._pods().items()}

    def can_rescue(self, failure: LabError) -> bool:
        """Whether starting the machines anew helps: not where one of them, its baseline or a file is missing."""
        return failure.key not in baseline.HOPELESS and len(self._pods()) == len(MACHINES)

    def rescue(self) -> None:
        """Start the nodes anew: nothing outlives that of what was done to their mounts and processes.

        A machine that resets itself ends its container, which the host's kubelet starts again, with the same address.

        Raises:
            LabError: one does not come back (`pods.pod`, `wait`).
        """
        before = {name: condition.starts(pod) for name, pod in self._pods().items()}
        for node in self.nodes():
            with suppress(LabError):  # the command ends with its machine
                node.run(["systemctl", "--force", "--force", "reboot"])

        def are_back(pods: Sequence[Object]) -> bool:
            started = {pod["metadata"]["name"]: condition.starts(pod) for pod in pods if condition.runs(pod)}
            return all(started.get(node.name, 0) > before[node.name] for node in self.nodes())

        if not self.host.await_objects(f"{self._place}/pods", are_back, seconds=_PODS_SECONDS):
            raise LabError("wait", what=i18n.text("pods.restarted"), seconds=_PODS_SECONDS)
        self._await_machines()
        self._name_machines()

    @property
    def _record(self) -> Record:
        return record.load(self.lab) or self._chosen

    @property
    def _admin(self) -> Path:
        """The administrator's kubeconfig, as it is in the seat."""
        return paths.lab(self.lab) / "admin.conf"

    @property
    def _namespace(self) -> str:
        return namespace_of(self.lab)

    @property
    def _place(self) -> str:
        """The path of its Namespace."""
        return f"{_NAMESPACES}/{self._namespace}"

    @cached_property
    def host(self) -> HostCluster:
        """The cluster that the Pods run on: the one that the lab was made on, else the one that was chosen."""
        return host_of(self._record)

    def _machine(self, name: str) -> PodNode:
        return PodNode(self.host, self._namespace, name, MACHINES[name])

    def _kubectl(self) -> Kubectl:
        return Kubectl(self.nodes()[0])

    def _pods(self) -> dict[str, Object]:
        """Name of each machine that there is -> its Pod. One that ended for good, or is of a stranger, is none."""
        if self._own_namespace() is None:
            return {}
        pods = {pod["metadata"]["name"]: pod for pod in self.host.items(f"{self._place}/pods")}
        return {name: pods[name] for name in MACHINES if name in pods and not condition.has_ended(pods[name])}

    def _own_namespace(self) -> Object | None:
        """The lab's Namespace; None where there is none, or it is somebody else's. Before `up` all are."""
        owner = self._record.owner
        found = self.host.get(self._place) if owner else None
        return found if found and _owner(found) == owner else None

    def _refuse_strangers(self) -> None:
        """A Namespace of this name that is not this lab's is somebody else's, and is not touched.

        Raises:
            LabError: there is one (`pods.taken`).
        """
        if self._own_namespace() is None and self.host.get(self._place):
            raise LabError("pods.taken", namespace=self._namespace)

    def _state(self, machines: Mapping[str, str]) -> State:
        if not self._record.ready or len(machines) < len(MACHINES):
            return State.PARTIAL
        return State.READY if set(machines.values()) == {condition.RUNNING} else State.STOPPED

    def _create(self, progress: OnProgress) -> None:
        host, memory = self.host, self._record
        dead = self._remove()
        there = host.items("/api/v1/nodes")
        usable = [node for node in hosts.for_seats(there) if node["metadata"]["name"] not in dead]
        here = containers.find(memory.runtime) if memory.image in ("auto", "pull", "build") else None
        made_from = image.ensure(here, memory.image, progress) if here else memory.image
        outside = self._ranges_of_host(there)
        addressing = ranges.choose(outside)
        memory = replace(
            memory,
            kubeconfig=host.kubeconfig,
            context=host.context,
            owner=secrets.token_hex(8),
            made_from=made_from,
            addressing=asdict(addressing),
            ready=False,
        )
        record.save(self.lab, memory)
        seat = Seat(
            self.lab,
            memory.owner,
            made_from,
            here is None,
            hosts.are_reserved(there),
            (addressing.pods, addressing.services),
            outside,
            sorted(dead),
        )
        host.create(_NAMESPACES, manifest.namespace(seat))
        self._refuse_strangers()  # who else made it meanwhile
        if here:
            image_import.import_image(made_from, here, host, self._namespace, usable, progress)
        steps = Steps([Step(i18n.text(f"pods.step.{name}"), took) for name, took in _STEPS], progress)
        steps.next()
        for each in (*manifest.furnishings(seat), *manifest.pods(seat)):
            host.create(_collection(each), each)
        self._await_machines()
        steps.next()
        self._assemble(addressing, steps)
        self._admin.touch(mode=0o600)
        self._admin.write_bytes(self.nodes()[0].read(ADMIN))
        steps.next()
        with ThreadPoolExecutor() as pool:
            furnished = pool.submit(self._furnish)
            self._connect()
            furnished.result()
        steps.next()
        connectivity.await_made(self)
        baseline.save(self)
        inventory.save(self)
        record.save(self.lab, replace(self._record, lacks=self._find_lacks(), ready=True))

    def _revive(self, progress: OnProgress) -> None:
        """Wait for what is being started; addresses may have changed, so everything is told them again."""
        steps = Steps([Step(i18n.text("pods.step.start"), 20), Step(i18n.text("pods.step.ready"), 15)], progress)
        steps.next()
        self._await_machines()
        began = health.now(self.nodes())
        baseline.follow(self)
        self._name_machines()
        until(self._kubectl().answers, seconds=_API_SECONDS, what=i18n.text("health.api"))
        steps.next()
        self._connect()
        self._furnish()
        health.await_healthy(self.nodes(), began, steps.say, worked_in=True)

    def _mend(self, progress: OnProgress) -> None:
        """Start what does not run on machines that do. Nothing that a learner made is touched."""
        steps = Steps([Step(i18n.text("pods.step.start"), 10)], progress)
        steps.next()
        with suppress(LabError):
            self._name_machines()  # of a container that was started again, the host's kubelet wrote its names anew
        health.start_services(self)

    def _ranges_of_host(self, nodes: Sequence[Object]) -> list[str]:
        services = self.host.items("/apis/networking.k8s.io/v1/servicecidrs")
        api = self.host.get(f"{_NAMESPACES}/default/services/kubernetes") or {}
        slices = "endpointslices?labelSelector=kubernetes.io/service-name%3Dkubernetes"
        endpoints = self.host.items(f"/apis/discovery.k8s.io/v1/namespaces/default/{slices}")
        return ranges.of_host(nodes, services, api, endpoints)

    def _await_machines(self) -> None:
        """Wait until every Pod runs, and its systemd has started what a node is made of.

        Raises:
            LabError: one of them does not, with what the host cluster says of it (`pods.pod`, `wait`).
        """

        def settled(pods: Sequence[Object]) -> bool:
            ran = [pod for pod in pods if condition.runs(pod)]
            return len(ran) == len(MACHINES) or any(condition.of(pod) in condition.HOPELESS for pod in pods)

        in_time = self.host.await_objects(f"{self._place}/pods", settled, seconds=_PODS_SECONDS)
        waiting = {name: pod for name, pod in self._pods().items() if not condition.runs(pod)}
        if waiting or not in_time:
            words = "\n".join(f"{name}: {condition.trouble(pod)}" for name, pod in waiting.items())
            raise LabError("pods.pod", words, namespace=self._namespace, context=self.host.context)
        for node in self.nodes():
            until(partial(_runs_containerd, node), seconds=_SYSTEMD_SECONDS, what=f"containerd on {node.name}")

    def _assemble(self, addressing: Addressing, steps: Steps) -> None:
        """A cluster out of machines that are there."""
        nodes, addresses = self.nodes(), self.addresses()
        control_plane = nodes[0]
        facts = HostFacts.seen(control_plane.run(["sh", "-c", EXAMINATION]).text)
        addressing = replace(addressing, mtu=int(control_plane.read("/sys/class/net/eth0/mtu")))
        record.save(self.lab, replace(self._record, addressing=asdict(addressing)))
        self._name_machines()
        version = image.versions()["kubernetes"]
        known_by = [addresses[node.name] for node in nodes]
        assemble(nodes, known_by, version, steps.say, addressing=addressing, contained=facts)
        control_plane.write(_CERTIFICATES, control_plane.read(CONFIGURATION), mode=0o600)

    def _addressing(self) -> Addressing:
        return Addressing(**self._record.addressing)

    def _name_machines(self) -> None:
        addresses = self.addresses()
        for machine in (*self.nodes(), self.base()):
            base.name_machine(machine, addresses)

    def _connect(self) -> None:
        """Have the Pods in the seat reach each other, and the nodes reach them."""
        network.connect(self.nodes(), self._kubectl(), addressing=self._addressing())
        snat.apply(self.nodes(), self._kubectl(), self._addressing().pods)

    def _furnish(self) -> None:
        """Base and the nodes learn of each other."""
        base.furnish(self.base(), self.nodes(), self.addresses())

    def _find_lacks(self) -> dict[str, str]:
        """Capabilities that this host does not give, found out by trying; and AppArmor, which is the host's own."""
        return capabilities.missing(self.nodes()) | {"apparmor": "capability.shared-kernel"}

    def _remove(self) -> set[str]:
        """The Namespace that is the lab's: by its uid, so that one made in its place meanwhile is not taken for it.

        Returns:
            The host nodes that its Pods were on and that are dead.
        """
        self._refuse_strangers()
        found = self._own_namespace()
        if found is None:
            return set()
        pods = self.host.items(f"{self._place}/pods")
        dead = hosts.dead(self.host, pods)
        only_this = {"preconditions": {"uid": found["metadata"]["uid"]}, "propagationPolicy": "Background"}
        self.host.delete(self._place, only_this)
        for pod in pods:
            if pod["spec"].get("nodeName") in dead:  # no kubelet will ever say that it has ended
                at_once = {"preconditions": {"uid": pod["metadata"]["uid"]}, "gracePeriodSeconds": 0}
                self.host.delete(f"{self._place}/pods/{pod['metadata']['name']}", at_once)
        named = f"{_NAMESPACES}?fieldSelector=metadata.name%3D{self._namespace}"
        if not self.host.await_objects(named, lambda left: not left, seconds=_REMOVE_SECONDS):
            raise LabError("wait", what=i18n.text("pods.removed", namespace=self._namespace), seconds=_REMOVE_SECONDS)
        return dead


def host_of(chosen: Record) -> HostCluster:
    """The host cluster of a lab that is so, or is to be made so; what was not chosen is what kubectl would take."""
    kubeconfig = chosen.kubeconfig or _usual_kubeconfig()
    return HostCluster(kubeconfig, chosen.context or current_context(kubeconfig))


_STEPS = (("pods", 20), ("cluster", 20), ("base", 5), ("ready", 12))
"""Of `up`, with the seconds that each takes."""


def _usual_kubeconfig() -> str:
    """Where kubectl would look: the first file that `KUBECONFIG` names, else the one at home."""
    named = [file for file in os.environ.get("KUBECONFIG", "").split(os.pathsep) if file]
    return str(Path(named[0]).absolute() if named else Path.home() / ".kube" / "config")


def _collection(body: Object) -> str:
    """The path that an object of a namespace is made at."""
    version, kind = body["apiVersion"], body["kind"].lower()
    plural = f"{kind.removesuffix('y')}ies" if kind.endswith("y") else f"{kind}s"
    root = f"/api/{version}" if version == "v1" else f"/apis/{version}"
    return f"{root}/namespaces/{body['metadata']['namespace']}/{plural}"


def _owner(namespace: Object) -> str:
    return str((namespace["metadata"].get("labels") or {}).get(OWNER, ""))


def _runs_containerd(node: PodNode) -> bool:
    return node.run(["systemctl", "is-active", "--quiet", "containerd"]).ok
