"""A runtime made by hand: it keeps containers, networks, volumes and images in memory, and answers as told."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml

from lab.cluster.engine import Completed
from lab.cluster.host import processes
from lab.cluster.host.containers import LABEL
from lab.cluster.host.processes import OnLine
from tests.unit.support.engines import done

ADMIN = yaml.safe_dump({"clusters": [{"name": "kind", "cluster": {"server": "https://127.0.0.1:6443"}}]})


def nodes(worker: str = "True", *, reported: str = "2026-01-01T11:59:55Z") -> Completed:
    """What a status asks for at noon, by the cluster's clock.

    Args:
        worker: the worker's Ready condition.
        reported: when its kubelet last did.
    """
    items: list[dict[str, Any]] = []
    kubelets = (("kube-control-plane", "True", "2026-01-01T11:59:55Z"), ("kube-worker-1", worker, reported))
    for name, ready, renewed in kubelets:
        conditions = [
            {"type": "MemoryPressure", "status": "False"},
            {"type": "Ready", "status": ready, "message": "container runtime is down"},
        ]
        status = {"nodeInfo": {"kubeletVersion": "v1.35.4"}, "conditions": conditions}
        items.append({"kind": "Node", "metadata": {"name": name}, "status": status})
        items.append({"kind": "Lease", "metadata": {"name": name}, "spec": {"renewTime": renewed}})
    return done(stdout="2026-01-01T12:00:00Z\n" + json.dumps({"items": items}))


def leases(*names: str, renewed: str) -> Completed:
    """What `get leases` shows."""
    items = [{"metadata": {"name": name}, "spec": {"renewTime": renewed}} for name in names]
    return done(stdout=json.dumps({"items": items}))


ANSWERS = {
    "cat -- /etc/kubernetes/admin.conf": done(stdout=ADMIN),
    "get nodes,leases": nodes(),
    "jsonpath={.spec.podCIDR}": done(stdout="10.244.0.0/24"),
    "date --utc": done(stdout="2026-01-01T12:00:00"),
    "get leases --namespace=kube-system": leases(
        "kube-controller-manager", "kube-scheduler", renewed="2026-01-01T12:00:03"
    ),
    "get leases --namespace=kube-node-lease": leases(
        "kube-control-plane", "kube-worker-1", renewed="2026-01-01T12:00:03"
    ),
    "get pods,services": done(stdout='{"items": []}'),
    "get pods --": done(stdout='{"items": []}'),
    "get --raw=/apis": done(stdout="{}"),
    "get namespaces,": done(stdout='{"items": []}'),
    "crictl ps": done(stdout='{"containers": []}'),
    "crictl images": done(stdout='{"images": []}'),
    "containerd config dump": done(stdout="[plugins.cri.containerd.runtimes.runsc]"),
    "cgroup.controllers": done(stdout="CapEff:\t000001ffffffffff\ncgroup:v2\n"),
}
"""What an ordinary cluster says to those who make it, by words of the question."""


@dataclass
class Container:
    network: str = ""
    state: str = "running"
    labels: Mapping[str, str] = field(default_factory=dict)

    def shown(self, name: str, address: int) -> dict[str, Any]:
        networks = {self.network: {"IPAddress": f"10.89.0.{address}"}} if self.network else {}
        return {"Name": name, "State": {"Status": self.state}, "NetworkSettings": {"Networks": networks}}


@dataclass
class HandMadeContainers:
    """Stands in for `processes.run` and `processes.watch`.

    Attributes:
        answers: words of a command -> what comes back of it, before anything else is looked at.
        ran: every command, in order.
    """

    containers: dict[str, Container] = field(default_factory=dict)
    networks: dict[str, dict[str, str]] = field(default_factory=dict)
    volumes: dict[str, str] = field(default_factory=dict)
    images: set[str] = field(default_factory=set)
    answers: dict[str, Completed | BaseException] = field(default_factory=lambda: {**ANSWERS})
    ran: list[str] = field(default_factory=list)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> HandMadeContainers:
        monkeypatch.setattr(processes, "run", self.run)
        monkeypatch.setattr(processes, "watch", self.watch)
        return self

    def run(self, argv: Sequence[str], *, env: Mapping[str, str], stdin: bytes = b"", timeout: float = 0) -> Completed:
        line = " ".join(argv)
        self.ran.append(line)
        for words, said in self.answers.items():
            if words in line:
                if isinstance(said, BaseException):
                    raise said
                return said
        verbs = {
            "container": self._inspect_containers,
            "network": self._network,
            "volume": self._volume,
            "image": self._image,
            "run": self._run,
            "start": self._start,
            "unpause": self._start,
            "rm": self._rm,
        }
        return verbs.get(argv[1], lambda *_: done(argv))(*argv[2:])

    def watch(self, argv: Sequence[str], *, env: Mapping[str, str], on_line: OnLine, stdin: bytes = b"") -> Completed:
        """`kind create cluster`: the nodes appear on the network that its environment names."""
        line = " ".join(argv)
        self.ran.append(line)
        on_line(" • Writing configuration 📜  ...")
        for words, said in self.answers.items():
            if words in line:
                if isinstance(said, BaseException):
                    raise said
                return said
        if "create cluster" in line:
            network = env["KIND_EXPERIMENTAL_PODMAN_NETWORK"]
            lab = yaml.safe_load(stdin)["name"]
            for name in (f"{lab}-control-plane", f"{lab}-worker"):
                self.containers[name] = Container(network)
                self.volumes[f"volume-of-{name}"] = name
        return done(argv)

    def did(self, *words: str) -> list[str]:
        """Those commands that have one of these words, in order."""
        return [line for line in self.ran if any(word in line for word in words)]

    def make_lab(self, lab: str, state: str = "running") -> None:
        """What a whole `up` leaves."""
        self.networks[f"ckslab-{lab}"] = {LABEL: lab}
        for machine in ("control-plane", "worker", "base"):
            self.containers[f"{lab}-{machine}"] = Container(f"ckslab-{lab}", state)

    def _inspect_containers(self, _: str, *names: str) -> Completed:
        shown = [self.containers[name].shown(name, at) for at, name in enumerate(names, 2) if name in self.containers]
        missing = [name for name in names if name not in self.containers]
        complaint = f"no such container {', '.join(missing)}" if missing else ""
        return done(code=int(bool(missing)), stdout=json.dumps(shown), stderr=complaint)

    def _network(self, verb: str, *options: str) -> Completed:
        name = options[-1]
        if verb == "create":
            self.networks[name] = dict([options[1].split("=")])
        elif name not in self.networks:
            return done(code=1, stdout="[]", stderr=f"no such network {name}")
        elif verb == "rm":
            del self.networks[name]
        else:
            return done(stdout=json.dumps([{"name": name, "labels": self.networks[name]}]))
        return done()

    def _volume(self, verb: str, *options: str) -> Completed:
        if verb == "ls":
            owner = options[-1].removeprefix("label=")
            return done(stdout="\n".join(name for name, label in self.volumes.items() if label == owner))
        self.volumes.pop(options[-1])
        return done()

    def _image(self, _: str, name: str) -> Completed:
        config = [{"Config": {"Labels": {"dev.ckslab.image": "build"}}}]
        return done(stdout=json.dumps(config)) if name in self.images else done(code=1, stderr="no such image")

    def _run(self, *options: str) -> Completed:
        network, name = (options[options.index(option) + 1] for option in ("--network", "--name"))
        self.containers[name] = Container(network)
        return done()

    def _start(self, *names: str) -> Completed:
        for name in names:
            self.containers[name].state = "running"
        return done()

    def _rm(self, *options: str) -> Completed:
        for name in options:
            self.containers.pop(name, None)
        return done()
