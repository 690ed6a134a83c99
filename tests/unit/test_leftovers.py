"""A start removes what any earlier practice left that can spoil it, and nothing that was there before."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from lab.cluster.engine import Capability, Completed
from lab.cluster.machines import inventory
from lab.errors import LabError
from lab.grading.scratch import ANNOTATION
from lab.practice.leftovers import Leftovers
from tests.unit.support.clocks import Hands
from tests.unit.support.engines import HandMadeEngine, HandMadeNode, done

LEVEL = "pod-security.kubernetes.io/enforce"
SERVED = {"resources": [{"name": "validatingwebhookconfigurations"}, {"name": "validatingadmissionpolicies"}]}


def item(kind: str, name: str, namespace: str = "", **more: Any) -> dict[str, Any]:
    described = {key: more.pop(key) for key in ("labels", "annotations") if key in more}
    place = {"namespace": namespace} if namespace else {}
    return {"kind": kind, "metadata": {"name": name, **described, **place}, **more}


FRESH = [
    item("Namespace", "default"),
    item("Namespace", "kube-system", labels={LEVEL: "privileged"}),
    item("Node", "kube-worker-1", spec={"taints": [{"key": "own", "value": "yes", "effect": "NoSchedule"}]}),
    item("ValidatingWebhookConfiguration", "of-the-owner"),
    item("LimitRange", "of-the-owner", "default"),
]


class Base(HandMadeNode):
    """A workstation with files."""

    def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30) -> Completed:
        if argv[0] != "runuser":
            return super().run(argv, stdin=stdin, timeout=timeout)
        content = self.files.get(argv[-1])
        return done(argv, code=int(content is None), stdout=(content or b"").decode())


def cluster(*items: dict[str, Any], groups: tuple[str, ...] = ()) -> dict[str, Completed | Exception]:
    """What its API server answers."""
    return {
        "get --raw=/apis/admissionregistration.k8s.io/v1": done(stdout=json.dumps(SERVED)),
        "get --raw=/apis": done(stdout=json.dumps({"groups": [{"name": name} for name in groups]})),
        "--all-namespaces --output=json": done(stdout=json.dumps({"items": items})),
        "api-resources": done(stdout="constrainttemplates.templates.gatekeeper.sh\n"),
    }


@pytest.fixture
def engine() -> HandMadeEngine:
    """A lab that was just made."""
    made = HandMadeEngine(HandMadeNode(answers=cluster(*FRESH)), workstation=Base("base", "base"))
    made.workstation.files[inventory.KUBECONFIG] = b"current-context: lab\n"
    inventory.save(made)
    return made


def cleaned(
    engine: HandMadeEngine,
    *items: dict[str, Any],
    groups: tuple[str, ...] = (),
    spared: frozenset[str] = frozenset(),
) -> list[str]:
    """What a start changes in a cluster of these objects."""
    engine.node.answers = cluster(*items, groups=groups)
    engine.node.ran.clear()
    Leftovers(engine, Hands().clock).remove(spared)
    asked = [line.removeprefix("kubectl --kubeconfig=/etc/kubernetes/admin.conf ") for line in engine.node.ran]
    return [line for line in asked if not line.startswith(("get ", "create --dry-run", "api-resources"))]


def test_what_was_there_before_stays(engine: HandMadeEngine) -> None:
    assert cleaned(engine, *FRESH) == []


def test_nothing_but_three_looks_and_a_dry_run_is_asked_where_nothing_is_in_the_way(engine: HandMadeEngine) -> None:
    cleaned(engine, *FRESH)
    assert len(engine.node.ran) == 3


@pytest.mark.parametrize(
    "kind", ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy"]
)
def test_what_decides_on_requests_and_was_not_there_goes(engine: HandMadeEngine, kind: str) -> None:
    (line,) = cleaned(engine, *FRESH, item(kind, "closed"))
    assert line == f"delete {kind}/closed --ignore-not-found --wait=false"


def test_the_namespace_of_a_grade_that_was_killed_goes(engine: HandMadeEngine) -> None:
    of_a_grade = item("Namespace", "xqzvbnmkjh", annotations={ANNOTATION: "1@this-computer"})
    (line,) = cleaned(engine, *FRESH, of_a_grade, item("Namespace", "mine"))
    assert line == "delete Namespace/xqzvbnmkjh --ignore-not-found --wait=false"


def test_a_quota_in_a_namespace_that_was_there_goes_and_one_in_the_learners_own_stays(engine: HandMadeEngine) -> None:
    more = [item("ResourceQuota", "tight", "default"), item("Namespace", "mine"), item("ResourceQuota", "q", "mine")]
    assert cleaned(engine, *FRESH, *more) == [
        "delete ResourceQuota/tight --namespace=default --ignore-not-found --wait=false"
    ]


def test_only_a_default_priority_class_is_in_the_way(engine: HandMadeEngine) -> None:
    more = [item("PriorityClass", "mine"), item("PriorityClass", "for-all", globalDefault=True)]
    assert [line.split()[1] for line in cleaned(engine, *FRESH, *more)] == ["PriorityClass/for-all"]


def test_labels_of_pod_security_are_as_they_were(engine: HandMadeEngine) -> None:
    changed = [item("Namespace", "default", labels={LEVEL: "restricted"}), item("Namespace", "kube-system")]
    assert cleaned(engine, *changed, *FRESH[2:]) == [
        f"label namespace default --overwrite {LEVEL}-",
        f"label namespace kube-system --overwrite {LEVEL}=privileged",
    ]


def test_nodes_take_pods_again(engine: HandMadeEngine) -> None:
    taints = [
        *FRESH[2]["spec"]["taints"],
        {"key": "mine", "effect": "NoExecute"},
        {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"},
    ]
    node = item("Node", "kube-worker-1", spec={"taints": taints, "unschedulable": True})
    assert cleaned(engine, *FRESH[:2], node, *FRESH[3:]) == [
        "uncordon kube-worker-1",
        "taint node kube-worker-1 mine:NoExecute-",
    ]


def test_rules_of_a_policy_engine_that_was_not_there_go(engine: HandMadeEngine) -> None:
    assert cleaned(engine, *FRESH, groups=("apps", "templates.gatekeeper.sh")) == [
        "delete constrainttemplates.templates.gatekeeper.sh --all --all-namespaces --wait=false"
    ]


@pytest.mark.parametrize("there", [b"current-context: elsewhere\n", None])
def test_the_learners_kubectl_means_the_lab_again(engine: HandMadeEngine, there: bytes | None) -> None:
    engine.workstation.files.pop(inventory.KUBECONFIG)
    if there is not None:
        engine.workstation.files[inventory.KUBECONFIG] = there
    cleaned(engine, *FRESH)
    assert engine.workstation.files[inventory.KUBECONFIG] == b"current-context: lab\n"
    assert any(line.startswith("chown --recursive candidate:") for line in engine.workstation.ran)


def test_what_an_exercise_under_way_touches_stays_as_long_as_it_refuses_nothing(engine: HandMadeEngine) -> None:
    policy = item("ValidatingAdmissionPolicy", "theirs")
    assert cleaned(engine, *FRESH, policy, spared=frozenset({"admission"})) == []


def test_what_refuses_pods_goes_though_an_exercise_under_way_touches_it(engine: HandMadeEngine) -> None:
    engine.node.answers = cluster(*FRESH, item("ValidatingAdmissionPolicy", "no-pods"))
    engine.node.answers["create --dry-run"] = done(code=1, stderr="denied")

    class Obeying(HandMadeNode):
        """Its API server refuses Pods until the policy is deleted."""

        def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30) -> Completed:
            if "delete" in argv:
                self.answers.pop("create --dry-run", None)
            return super().run(argv, stdin=stdin, timeout=timeout)

    engine.node = Obeying(answers=engine.node.answers)
    assert Leftovers(engine, Hands().clock).remove(frozenset({"admission", "api-server"})) == {"admission"}
    assert any("ValidatingAdmissionPolicy/no-pods" in line for line in engine.node.ran)


def test_in_a_cluster_that_is_not_the_labs_alone_nothing_is_taken_away(engine: HandMadeEngine) -> None:
    engine.lacking = {Capability.BASELINE: "the cluster is yours"}
    assert cleaned(engine, *FRESH, item("ValidatingWebhookConfiguration", "since-then")) == []


def test_whatever_else_refuses_a_pod_is_named_in_its_own_words(engine: HandMadeEngine) -> None:
    engine.node.answers = {
        **cluster(*FRESH),
        "create --dry-run=server": done(code=1, stderr='denied by "nobody-may"'),
    }
    with pytest.raises(LabError) as caught:
        Leftovers(engine, Hands().clock).remove()
    assert (caught.value.key, caught.value.came_back) == ("start.refused", 'denied by "nobody-may"')


def test_a_lab_from_before_there_were_inventories_loses_nothing() -> None:
    engine = HandMadeEngine(HandMadeNode(answers=cluster(*FRESH)))
    assert cleaned(engine, *FRESH, item("ValidatingWebhookConfiguration", "closed")) == []
