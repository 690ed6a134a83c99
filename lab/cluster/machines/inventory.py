"""The inventory: what a cluster had when `up` had made it. What it has beyond that now can be removed by name.

An admission policy that an earlier practice left refuses the Pods of the next; so do a webhook that fails closed,
labels of Pod Security on a namespace that was there, a quota, a taint. The baseline undoes them as well, but takes
longer; the inventory tells what to remove in a second.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from lab import paths
from lab.cluster.engine import Engine, Node
from lab.cluster.kinds import OF_CLUSTER
from lab.cluster.machines.base import HOME, LEARNER
from lab.cluster.machines.kubectl import Kubectl

KUBECONFIG = f"{HOME}/.kube/config"
"""On base: which cluster, context and namespace the learner's kubectl means."""
POD_SECURITY = "pod-security.kubernetes.io/"
"""What the labels begin with that have a namespace refuse Pods."""

_OF_GRADES = "ckslab.io/made-for-a-grade"
"""The annotation of a namespace that a grade made (`lab.grading.scratch`)."""

_FILE = "inventory.json"
_ADMISSION = (
    "validatingwebhookconfigurations",
    "mutatingwebhookconfigurations",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
    "mutatingadmissionpolicies",
    "mutatingadmissionpolicybindings",
)
"""Kinds that decide on requests. Which of them are served depends on the version."""
_OTHERS = ("namespaces", "nodes", "priorityclasses", "limitranges", "resourcequotas", "networkpolicies")
POLICY_GROUPS = (
    "templates.gatekeeper.sh",
    "config.gatekeeper.sh",
    "mutations.gatekeeper.sh",
    "kyverno.io",
    "policies.kyverno.io",
)
"""API groups whose objects are rules of policy engines."""


@dataclass(frozen=True, slots=True, order=True)
class Thing:
    """An object by its name. No namespace: it has none."""

    kind: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """What there is, or was.

    Attributes:
        kinds: what was asked for, as kubectl takes it.
        groups: those of `POLICY_GROUPS` that are served.
        things: objects that can spoil a start.
        namespaces: each one's labels of Pod Security.
        nodes: each one's taints, and `unschedulable` where it is cordoned.
        kubeconfig: the learner's on base; empty where there is none.
        of_cluster: names of all objects of the kinds of `lab.cluster.kinds`, as `kubectl get --output=name` writes
            them; None where an earlier version made the inventory.
        of_grades: namespaces that grades made for themselves.
    """

    kinds: Sequence[str]
    groups: Sequence[str] = ()
    things: Sequence[Thing] = ()
    namespaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    nodes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    kubeconfig: str = ""
    of_cluster: Sequence[str] | None = None
    of_grades: Sequence[str] = ()


def save(engine: Engine) -> None:
    """Remember what a lab has that was just made, or, where it is a cluster of the user's own, was just found.

    Raises:
        LabError: the API server refused (`kubectl`).
    """
    kubectl = Kubectl(engine.nodes()[0])
    served = kubectl.do("get", "--raw=/apis/admissionregistration.k8s.io/v1").stdout
    names = {resource["name"] for resource in json.loads(served).get("resources", ())}
    found = take(engine, [*(kind for kind in _ADMISSION if kind in names), *_OTHERS])
    found = replace(found, of_cluster=kubectl.do("get", ",".join(OF_CLUSTER), "--output=name").text.split())
    file = paths.private(paths.lab(engine.lab)) / _FILE
    file.touch(mode=0o600)
    file.write_text(json.dumps(asdict(found), indent=1), encoding="utf-8")


def load(lab: str) -> Inventory | None:
    """What a lab had; None for one that was made before there were inventories."""
    try:
        saved = json.loads((paths.lab(lab) / _FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Inventory(**{**saved, "things": [Thing(**thing) for thing in saved["things"]]})


def take(engine: Engine, kinds: Sequence[str]) -> Inventory:
    """What a lab has now, found by three commands at once.

    Raises:
        LabError: the API server refused (`kubectl`).
    """
    kubectl = Kubectl(engine.nodes()[0])
    with ThreadPoolExecutor() as pool:
        groups = pool.submit(kubectl.do, "get", "--raw=/apis")
        listed = pool.submit(kubectl.do, "get", ",".join(kinds), "--all-namespaces", "--output=json")
        kubeconfig = pool.submit(_read, engine.base())
        served = {group["name"] for group in json.loads(groups.result().stdout).get("groups", ())}
        items = json.loads(listed.result().stdout)["items"]
        return Inventory(
            kinds,
            [group for group in POLICY_GROUPS if group in served],
            sorted(_things(items)),
            {item["metadata"]["name"]: _pod_security(item) for item in items if item["kind"] == "Namespace"},
            {item["metadata"]["name"]: _marks(item) for item in items if item["kind"] == "Node"},
            kubeconfig.result(),
            of_grades=[item["metadata"]["name"] for item in items if _is_of_a_grade(item)],
        )


def _things(items: Sequence[Mapping[str, Any]]) -> Iterator[Thing]:
    for item in items:
        is_harmless = item["kind"] == "PriorityClass" and not item.get("globalDefault")
        if item["kind"] not in ("Namespace", "Node") and not is_harmless:
            yield Thing(item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"])


def _is_of_a_grade(item: Mapping[str, Any]) -> bool:
    return item["kind"] == "Namespace" and _OF_GRADES in (item["metadata"].get("annotations") or {})


def _pod_security(namespace: Mapping[str, Any]) -> dict[str, str]:
    labels: Mapping[str, str] = namespace["metadata"].get("labels") or {}
    return {name: value for name, value in labels.items() if name.startswith(POD_SECURITY)}


def _marks(node: Mapping[str, Any]) -> list[str]:
    """A node's taints, but for those that controllers set and take away, as `kubectl taint` takes them."""
    spec = node.get("spec") or {}
    taints = [
        f"{taint['key']}={taint.get('value', '')}:{taint['effect']}"
        for taint in spec.get("taints") or ()
        if not taint["key"].startswith("node.kubernetes.io/")
    ]
    return [*sorted(taints), *(["unschedulable"] if spec.get("unschedulable") else [])]


def _read(base: Node) -> str:
    """As the learner reads it: a file that they may not open is none."""
    done = base.run(["runuser", "--user", LEARNER, "--", "cat", "--", KUBECONFIG])
    return done.text if done.ok else ""
