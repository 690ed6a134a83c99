"""A mesh made by hand: Deployments with and without proxies, Services, and what their Pods are answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from checkers.api import DryRun, Ran
from tests.unit.support.observations import HandMade, Object, container, pod, status

LONG_AGO = "2026-01-01T00:00:00Z"
JUST_NOW = "2026-01-01T00:59:59Z"

PROXY = "istio-proxy"


def deployment(name: str, *, proxy: bool = True, address: str = "10.0.0.1", **labels: str) -> list[Object]:
    """A Deployment `NAMESPACE/NAME` with its one Pod, which has the label `app: NAME`."""
    space, _, short = name.partition("/")
    owned = {"ownerReferences": [{"uid": f"set-{name}", "controller": True}], "creationTimestamp": LONG_AGO}
    metadata = {"name": short, "namespace": space, "labels": {"app": short, **labels}, **owned}
    sidecars = [container(PROXY, restartPolicy="Always")] if proxy else []
    obj = pod([container()], init=sidecars, metadata=metadata)
    known = f"containerd://{name}"
    obj["status"] |= {
        "podIP": address,
        "containerStatuses": [status(containerID=known)],
        "initContainerStatuses": [status(each["name"], containerID=known) for each in sidecars],
    }
    replicas = {"uid": f"set-{name}", "ownerReferences": [{"uid": f"of-{name}", "controller": True}]}
    return [
        {
            "kind": "Deployment",
            "metadata": {"name": short, "namespace": space, "uid": f"of-{name}", "creationTimestamp": LONG_AGO},
            "spec": {"replicas": 1},
            "status": {"observedGeneration": 1, "updatedReplicas": 1},
        },
        {"kind": "ReplicaSet", "metadata": {"name": short, "namespace": space, **replicas}},
        obj,
    ]


def service(name: str, address: str = "10.96.0.1") -> Object:
    """A Service `NAMESPACE/NAME`, for the Pods with the label `app: NAME`."""
    space, _, short = name.partition("/")
    return {
        "kind": "Service",
        "metadata": {"name": short, "namespace": space},
        "spec": {"clusterIP": address, "selector": {"app": short}},
    }


def policy(kind: str, namespace: str, name: str = "one", *, made: str = LONG_AGO, **spec: Any) -> Object:
    """A policy of the mesh."""
    return {
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, "creationTimestamp": made},
        "spec": spec,
    }


@dataclass(frozen=True)
class Asked:
    """A request: by which Pod, past its proxy or not, and curl's own words."""

    client: str
    past: bool
    method: str
    url: str


@dataclass(eq=False)
class Mesh(HandMade):
    """An observer of a mesh.

    Attributes:
        answers: the status of each request, or `late`.
        listens: whether a Pod listens on its own ports.
        wire: frames, and how many of them were in plain text, while a request was under way.
        decides: what the API server says to a dry run.
        asked: all requests so far.
    """

    answers: Callable[[Asked], str] = lambda _: "200"
    listens: bool = True
    wire: tuple[int, int] = (9, 0)
    decides: Callable[[Mapping[str, Any]], DryRun] = lambda _: DryRun(accepted=True)
    asked: list[Asked] = field(default_factory=list)

    def draw(self, purpose: str) -> str:
        return f"random-{purpose.replace(' ', '-')}"

    def dry_run(self, manifest: Mapping[str, Any], *, user: str = "") -> DryRun:
        return self.decides(manifest)

    def on_node(self, node: str, argv: Sequence[str]) -> Ran:
        if argv[:2] == ["crictl", "inspect"]:
            return Ran(0, json.dumps({"info": {"pid": argv[2]}}), "")
        client = argv[1].removeprefix("--net=/proc/").removesuffix("/ns/net")
        if r"%{urlnum} %{time_connect}\n" in argv:
            return Ran(0, f"0 {0.1 if self.listens else 0:.1f}", "")
        if "perl" in argv:
            frames, clear = self.wire
            return Ran(0, f"{self._answer(client, argv)} {frames} {clear}", "")
        found = []
        for each in " ".join(argv).split(" --next "):
            words = each.split(" ")
            method, url = words[words.index("--request") + 1], words[-1]
            said = self._answer(client, argv, method, url)
            found.append(f"{method} {url} 000 28 0.1" if said == "late" else f"{method} {url} {said} 0 0.1")
        return Ran(0, "\n".join(reversed(found)), "")

    def _answer(self, client: str, argv: Sequence[str], method: str = "GET", url: str = "") -> str:
        asked = Asked(client, "setpriv" in argv, method, url or argv[-1])
        self.asked.append(asked)
        return self.answers(asked)
