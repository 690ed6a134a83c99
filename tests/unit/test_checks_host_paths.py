"""Pods without directories of their node: what a constraint refuses, and what was repaired before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from checkers.api import DryRun, Finding, LabBroken, Ran, Refused, Text, Verdict
from checkers.host_paths import refused, repaired, working
from tests.unit.support.observations import HandMade, Object, container, node, pod

DENIED = 'admission webhook "validation.gatekeeper.sh" denied the request: [no-host-paths] volume x'
HOST_PATH = {"hostPath": {"path": "/run/loom"}}
EMPTY = {"emptyDir": {}}
LOOM = "loom/Deployment/weaver"

Rule = Callable[[Mapping[str, Any], str], bool]
"""Whether it refuses a Pod in a namespace."""


def has_host_path(manifest: Mapping[str, Any], _: str = "") -> bool:
    return any("hostPath" in volume for volume in manifest["spec"].get("volumes") or ())


@dataclass(eq=False)
class Cluster(HandMade):
    """A cluster with Gatekeeper and this rule.

    Attributes:
        no_namespace: why none can be made.
    """

    rule: Rule = has_host_path
    no_namespace: str = ""

    def draw(self, purpose: str) -> str:
        return f"word{purpose}"

    def new_namespace(self, labels: Mapping[str, str] | None = None) -> str:
        if self.no_namespace:
            raise Refused(Text(self.no_namespace, self.no_namespace))
        account = {"kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "fresh"}}
        self.objects = [*self.objects, account]
        return "fresh"

    def dry_run(self, manifest: Mapping[str, Any]) -> DryRun:
        metadata = manifest["metadata"]
        if manifest["kind"] == "ConstraintTemplate":
            is_sound = metadata["name"] == manifest["spec"]["crd"]["spec"]["names"]["kind"].lower()
            return DryRun(accepted=is_sound, message="" if is_sound else DENIED)
        is_refused = self.rule(manifest, metadata["namespace"])
        return DryRun(accepted=not is_refused, message=DENIED if is_refused else "")

    def request(self, pod: str, url: str, namespace: str = "default") -> Ran:
        return Ran(0, "HTTP/1.1 200 OK\r\n", "")


TEMPLATE = {
    "kind": "ConstraintTemplate",
    "metadata": {"name": "nohostpaths"},
    "spec": {"crd": {"spec": {"names": {"kind": "NoHostPaths"}}}},
}


def constraint(**spec: Any) -> Object:
    status = {"byPod": [{"enforced": True, "observedGeneration": 1}]}
    return {
        "kind": "NoHostPaths",
        "metadata": {"name": "no-host-paths", "generation": 1},
        "spec": spec,
        "status": status,
    }


def weaver(volume: Object = EMPTY, *, of_pod: Object | None = None) -> list[Object]:
    """A Deployment, its ReplicaSet and its Pod, which may be of another template."""
    metadata = {"namespace": "loom", "creationTimestamp": "2026-01-01T00:00:00Z", "generation": 1}
    template = {"spec": {"containers": [container()], "volumes": [{"name": "state", **volume}]}}
    whole = {
        "kind": "Deployment",
        "metadata": {"name": "weaver", "uid": "d1", **metadata},
        "spec": {"replicas": 1, "template": template},
        "status": {"observedGeneration": 1, "updatedReplicas": 1},
    }
    owner = {"controller": True}
    owned = {"kind": "ReplicaSet", "metadata": {"name": "w", "uid": "r1", "ownerReferences": [{"uid": "d1", **owner}]}}
    owned["metadata"] |= metadata
    own = pod(
        metadata={"name": "weaver-1", "ownerReferences": [{"uid": "r1", **owner}], **metadata},
        volumes=[{"name": "state", **(of_pod or volume)}],
    )
    own["status"]["podIP"] = "10.0.0.1"
    return [whole, owned, own, node()]


def cluster(*objects: Object, rule: Rule = has_host_path, action: str = "deny", **more: Any) -> Cluster:
    return Cluster([TEMPLATE, constraint(enforcementAction=action), *objects], rule=rule, **more)


def of_rule(lab: Cluster) -> Finding:
    return refused(lab, namespaces=["loom", "default"])


def test_a_rule_that_holds_in_every_namespace_passes() -> None:
    assert of_rule(cluster()).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("lab", "causes"),
    [
        (cluster(rule=lambda *_: False, action="dryrun"), {"dryrun"}),
        (cluster(rule=lambda *_: False, action="warn"), {"warn"}),
        (cluster(rule=lambda *_: False), {"rule-silent"}),
        (cluster(rule=lambda *_: True), {"refused-too-much"}),
        (
            cluster(rule=lambda manifest, namespace: has_host_path(manifest) and namespace != "fresh"),
            {"some-let-through", "later-namespaces"},
        ),
        (cluster(no_namespace="no"), {"refused-too-much"}),
    ],
)
def test_a_rule_that_does_not(lab: Cluster, causes: set[str]) -> None:
    finding = of_rule(lab)
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, causes)


def of_workload(lab: Cluster) -> Finding:
    return repaired(lab, workloads=[LOOM])


def test_a_workload_without_a_directory_of_its_node_passes() -> None:
    assert of_workload(cluster(*weaver())).verdict is Verdict.PASS


def test_a_template_that_is_refused_now_is_told_apart_from_one_that_is_not_yet() -> None:
    still = of_workload(cluster(*weaver(HOST_PATH), rule=lambda *_: False))
    now = of_workload(cluster(*weaver(HOST_PATH)))
    assert still.causes == {"host-path-read-only", "template-violates"}
    assert now.causes == still.causes | {"refused-now"}


def test_a_pod_of_an_older_template_is_not_repaired() -> None:
    assert of_workload(cluster(*weaver(of_pod=HOST_PATH))).causes == {"host-path-read-only"}


def test_a_workload_that_is_gone_is_not_repaired() -> None:
    assert of_workload(cluster()).causes == {"no-workload"}


def test_where_all_answer_the_work_goes_on() -> None:
    assert working(cluster(*weaver()), workloads=[LOOM], port=8080).verdict is Verdict.PASS
    assert working(cluster(), workloads=[LOOM], port=8080).causes == {"no-workload"}


@pytest.mark.parametrize("check", [of_workload, lambda lab: working(lab, workloads=[LOOM], port=8080)])
def test_a_fault_of_the_lab_is_nobody_elses(check: Callable[[Cluster], Finding]) -> None:
    objects = weaver()
    objects[2]["status"]["containerStatuses"][0]["state"] = {"waiting": {"reason": "ContainerCreating"}}
    objects[3] = node(ready="False", message="gone")
    with pytest.raises(LabBroken):
        check(cluster(*objects))
