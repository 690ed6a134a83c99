"""A host cluster made by hand: it keeps objects in memory, starts each Pod at once, and its Pods answer as told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lab.cluster.engine import Completed
from lab.cluster.host import processes
from lab.cluster.host.processes import OnLine
from lab.cluster.pods import hosts
from lab.cluster.pods.hosting import HostCluster
from lab.cluster.pods.node import TELLING_ITS_END
from lab.errors import LabError
from tests.unit.support.engines import done
from tests.unit.support.runtime import ANSWERS

NODE = {
    "metadata": {"name": "host-1", "uid": "host-1", "labels": {}},
    "spec": {"podCIDRs": ["10.244.0.0/24"], "providerID": "kind://podman/classroom/host-1"},
    "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.1"}], "images": []},
}

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"


def running(address: str = "10.244.0.9") -> dict[str, Any]:
    """What a Pod says of itself that runs."""
    return {
        "phase": "Running",
        "podIP": address,
        "containerStatuses": [{"name": "node", "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}],
    }


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    """What a Pod says of itself whose container waits."""
    state = {"waiting": {"reason": reason, "message": message}}
    return {"phase": "Pending", "containerStatuses": [{"name": "node", "state": state}]}


@dataclass
class HandMadeHost:
    """What the host cluster has, and what it was asked.

    Attributes:
        objects: path -> object.
        starts: what each Pod that is made says of itself.
        answers: words of a command in a Pod -> what comes back of it.
        happens: words of a command in a Pod -> what it does to the host cluster.
        stdins: what each command in a Pod was given to read.
        did: `VERB PATH` of each request that changes something, and each command in a Pod after its name.
        silent: it does not answer.
        dead: nodes of it whose kubelets do not answer, and reported last an hour ago. Pods are put on the first node
            that they do not avoid.
    """

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    starts: dict[str, Any] = field(default_factory=running)
    answers: dict[str, Completed | Exception] = field(default_factory=dict)
    happens: dict[str, Callable[[Sequence[str]], None]] = field(default_factory=dict)
    did: list[str] = field(default_factory=list)
    stdins: list[str] = field(default_factory=list)
    bodies: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    silent: bool = False
    dead: set[str] = field(default_factory=set)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> HandMadeHost:
        self.objects["/api/v1/nodes/host-1"] = NODE
        service = {"metadata": {"name": "kubernetes"}, "spec": {"clusterIP": "10.96.0.1"}}
        self.objects["/api/v1/namespaces/default/services/kubernetes"] = service
        self.answers = {
            **ANSWERS,
            "/etc/kubernetes/kubelet.conf": done(code=1),
            "/sys/class/net/eth0/mtu": done(stdout="1450\n"),
            "token create": done(stdout="abcdef.0123456789abcdef\n"),
            "cat -- /etc/hosts": done(stdout="127.0.0.1 localhost\n"),
        }
        monkeypatch.setattr(HostCluster, "_request", lambda _, *asked, **options: self._request(*asked, **options))
        monkeypatch.setattr(HostCluster, "kubelet_answers", lambda _, pod: pod["spec"]["nodeName"] not in self.dead)
        monkeypatch.setattr(HostCluster, "now", lambda _: NOW)
        monkeypatch.setattr(hosts, "_unanswered", {})
        monkeypatch.setattr(HostCluster, "_changes", lambda *_: iter(()))
        monkeypatch.setattr("lab.cluster.pods.engine.current_context", lambda _: "classroom")
        monkeypatch.setattr(processes, "run", self._run)
        monkeypatch.setattr(processes, "watch", self._watch)
        return self

    def made(self) -> list[str]:
        """The kinds of what was made, in order."""
        return [line.rpartition("/")[2] for line in self.did if line.startswith("POST")]

    def _request(
        self, method: str, path: str, body: Mapping[str, Any] | None, accepted: Sequence[int]
    ) -> tuple[int, Mapping[str, Any]]:
        if self.silent:
            raise LabError("pods.host", "no route", context="classroom", kubeconfig="config")
        place = path.partition("?")[0]
        if method != "GET":
            self.did.append(f"{method} {place}")
            self.bodies[place] = body or {}
        match method:
            case "POST":
                assert body is not None
                self._make(place, body)
                return 201, {}
            case "DELETE":
                for found in [found for found in self.objects if found == place or found.startswith(f"{place}/")]:
                    del self.objects[found]
                return 200, {}
        if place == f"{LEASES}/host-1" and "host-1" in self.dead and place not in self.objects:
            return 200, {"spec": {"renewTime": (NOW - timedelta(hours=1)).isoformat()}}
        if place in self.objects:
            return 200, self.objects[place]
        if place.rpartition("/")[2] in ("nodes", "pods", "namespaces"):
            items = [it for found, it in self.objects.items() if found.rpartition("/")[0] == place]
            return 200, {"items": items, "metadata": {"resourceVersion": "1"}}
        assert 404 in accepted, path
        return 404, {}

    def _make(self, collection: str, body: Mapping[str, Any]) -> None:
        place = f"{collection}/{body['metadata']['name']}"
        if place not in self.objects:
            made = {**body, "metadata": {**body["metadata"], "uid": f"uid-of-{place}"}}
            self.objects[place] = self._placed(made) if body["kind"] == "Pod" else made

    def _placed(self, pod: dict[str, Any]) -> dict[str, Any]:
        avoided = str(pod["spec"].get("affinity"))
        node = pod["spec"].get("nodeName") or next(name for name in ("host-1", "host-2") if name not in avoided)
        return {**pod, "spec": {**pod["spec"], "nodeName": node}, "status": self.starts}

    def _run(self, argv: Sequence[str], *, env: Mapping[str, str], stdin: bytes = b"", timeout: float) -> Completed:
        if argv[0] != "kubectl":  # add-ons are built in the background
            return done(argv)
        said = self._answer(argv, stdin)
        return replace(said, stderr=said.stderr + b"\nckslab: exit code %d\n" % said.code)

    def _answer(self, argv: Sequence[str], stdin: bytes) -> Completed:
        line = " ".join(argv[argv.index("--") - 1 :]).replace(" ".join(["--", *TELLING_ITS_END]), "--")
        self.did.append(line)
        self.stdins.append(stdin.decode("utf-8", "backslashreplace"))
        for words, happen in self.happens.items():
            if words in line:
                happen(argv)
        for words, said in self.answers.items():
            if words in line:
                if isinstance(said, Exception):
                    raise said
                return said
        return done(argv)

    def _watch(self, argv: Sequence[str], *, env: Mapping[str, str], on_line: OnLine, stdin: bytes = b"") -> Completed:
        return self._answer(argv, stdin)


def lines(host: HandMadeHost, words: str) -> Iterator[str]:
    """What was done with these words in it."""
    return (line for line in host.did if words in line)
