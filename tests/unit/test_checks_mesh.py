"""Pods of a mesh, by observations made by hand: who speaks plain text to whom, and what is on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from checkers.api import DryRun, Finding, NotSeen, Ran, Verdict
from checkers.mesh import answers_plain_text, encrypts, holds_new_pods, refuses_plain_text
from tests.unit.support.meshes import JUST_NOW, Asked, Mesh, deployment, policy, service
from tests.unit.support.observations import Object, node

STRICT: Mapping[str, Any] = {"mtls": {"mode": "STRICT"}}
PERMISSIVE = {"mode": "PERMISSIVE"}
OLD = {"matchLabels": {"app": "old"}}
PORT_OUT = {"selector": {"matchLabels": {"app": "web"}}, "portLevelMtls": {"80": {"mode": "DISABLE"}}}


def peers(namespace: str = "shop", name: str = "one", **spec: Any) -> Object:
    return policy("PeerAuthentication", namespace, name, **spec)


def mesh(*objects: Object, proxy: bool = True, injected: bool = True, labels: Any = None, **more: Any) -> Mesh:
    """`shop/web` is asked by `street/guest`, which has no proxy, and by `shop/app`, which has one."""
    metadata = {"name": "shop", "labels": {"istio-injection": "enabled"} if injected else {}}
    known = [
        *deployment("shop/web", proxy=proxy, address="10.0.0.7", **(labels or {})),
        *deployment("shop/app"),
        *deployment("street/guest", proxy=False),
        service("shop/web"),
        {"kind": "Namespace", "metadata": metadata},
        node(),
    ]
    return Mesh([*known, *objects], **more)


def refused(cluster: Mesh) -> Finding:
    return refuses_plain_text(cluster, clients=["street/guest"], servers={"shop/web": [80]})


def answered(cluster: Mesh) -> Finding:
    return answers_plain_text(cluster, clients=["street/guest"], servers={"shop/web": [80]})


def encrypted(cluster: Mesh) -> Finding:
    return encrypts(cluster, connections={"shop/app": ["shop/web:80"]})


def silent(_: Asked) -> str:
    return "000"


# Plain text


def test_a_pod_that_answers_no_plain_text_but_listens_refuses_it() -> None:
    cluster = mesh(peers(**STRICT), answers=silent)
    assert refused(cluster).verdict is Verdict.PASS
    assert {each.url for each in cluster.asked} == {"http://10.0.0.7:80/"}


def test_it_is_asked_past_the_proxy_of_whoever_asks() -> None:
    cluster = mesh(peers(**STRICT), answers=silent)
    refuses_plain_text(cluster, clients=["shop/app"], servers={"shop/web": [80]})
    assert all(each.past for each in cluster.asked)


def test_a_port_on_which_nothing_listens_is_not_taken_for_refused() -> None:
    finding = refused(mesh(peers(**STRICT), answers=silent, listens=False))
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {"no-answer"})
    assert finding.found.en == "nothing listens at shop/web:80"


def test_an_answer_that_is_late_is_not_taken_for_refused() -> None:
    with pytest.raises(NotSeen, match="did not answer within"):
        refused(mesh(peers(**STRICT), answers=lambda _: "late"))


@pytest.mark.parametrize("status", ["200", "403", "503"])
def test_an_error_in_plain_text_is_an_answer_in_plain_text(status: str) -> None:
    finding = refused(mesh(answers=lambda _: status))
    assert finding.verdict is Verdict.FAIL
    assert finding.found.en == f"1 of 1 were answered: street/guest -> shop/web:80: HTTP {status}"


@pytest.mark.parametrize(
    ("objects", "more", "causes"),
    [
        ([], {}, {"no-policy"}),
        ([peers(**STRICT)], {"proxy": False, "injected": False}, {"not-injected"}),
        ([peers(**STRICT)], {"proxy": False}, {"not-restarted"}),
        ([peers(**STRICT)], {"proxy": False, "labels": {"sidecar.istio.io/inject": "false"}}, {"not-injected"}),
        ([peers(mtls={"mode": "PERMISSIVE"})], {}, {"permissive"}),
        ([peers(mtls={"mode": "DISABLE"})], {}, {"disabled"}),
        ([peers(**STRICT), peers(name="two", **PORT_OUT)], {}, {"port-level"}),
        ([peers("street", **STRICT)], {}, {"no-policy", "policy-elsewhere"}),
        ([peers(selector={"matchLabels": {"app": "other"}}, **STRICT)], {}, {"no-policy", "by-label"}),
    ],
)
def test_why_plain_text_is_answered(objects: list[Object], more: dict[str, Any], causes: set[str]) -> None:
    assert refused(mesh(*objects, **more)).causes == causes


def test_a_rule_for_clients_is_no_policy_for_servers() -> None:
    rule = policy("DestinationRule", "shop", trafficPolicy={"tls": {"mode": "ISTIO_MUTUAL"}})
    assert refused(mesh(rule)).causes == {"no-policy", "destination-rule"}


def test_a_policy_that_was_just_made_has_a_few_seconds() -> None:
    said = iter(["200", "200"])
    made = mesh(peers(made=JUST_NOW, **STRICT), answers=lambda _: next(said, "000"))
    assert refused(made).verdict is Verdict.PASS
    said = iter(["200"] * 4)
    old = mesh(peers(**STRICT), answers=lambda _: next(said, "000"))
    assert refused(old).verdict is Verdict.FAIL


def test_a_policy_that_was_just_changed_has_a_few_seconds() -> None:
    said = iter(["200"] * 4)
    changed = peers(**STRICT)
    changed["metadata"]["managedFields"] = [{"manager": "kubectl", "time": JUST_NOW}]
    assert refused(mesh(changed, answers=lambda _: next(said, "000"))).verdict is Verdict.PASS


def test_where_requests_take_long_fewer_are_sent() -> None:
    def slow(_: Asked) -> str:
        cluster.wait(9)
        return "200"

    cluster = mesh(peers(made=JUST_NOW, **STRICT), answers=slow)
    assert refused(cluster).verdict is Verdict.FAIL
    assert len(cluster.asked) == 3


def test_what_still_has_to_answer_in_plain_text_does_so() -> None:
    assert answered(mesh()).verdict is Verdict.PASS
    finding = answered(mesh(peers("istio-system", **STRICT), answers=silent))
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {"strict"})
    assert answered(mesh(answers=lambda _: "503")).causes == set()


def test_a_deployment_that_is_gone_neither_refuses_nor_answers() -> None:
    cluster = mesh(answers=silent)
    cluster.objects = [obj for obj in cluster.objects if obj["metadata"]["name"] != "web"]
    assert (refused(cluster).causes, answered(cluster).causes) == ({"no-workload"}, {"no-workload"})
    assert encrypted(cluster).causes == {"no-service"}


# The wire


def test_an_answer_of_which_nothing_is_to_be_read_on_the_wire_is_encrypted() -> None:
    cluster = mesh()
    assert encrypted(cluster).verdict is Verdict.PASS
    assert [(each.past, each.url) for each in cluster.asked] == [(False, "http://10.96.0.1:80/")]


def test_an_answer_that_is_to_be_read_on_the_wire_is_not() -> None:
    finding = encrypted(mesh(wire=(9, 2)))
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {"plain-text"})
    assert "HTTP 200, in plain text in 2 of 9 packets" in finding.found.en


def test_a_client_without_a_proxy_sends_plain_text() -> None:
    cluster = mesh(wire=(9, 2))
    finding = encrypts(cluster, connections={"street/guest": ["shop/web:80"]})
    assert finding.causes == {"plain-text", "not-injected"}


def test_what_is_not_answered_is_not_encrypted_either() -> None:
    assert encrypted(mesh(answers=silent)).causes == {"not-answered"}


def test_a_wire_on_which_nothing_passes_was_not_watched() -> None:
    assert encrypted(mesh(wire=(0, 0))).verdict is Verdict.FAIL


def test_where_packets_cannot_be_read_nothing_is_judged() -> None:
    cluster = mesh()
    cluster.on_node = lambda node, argv: Ran(1, '{"info": {"pid": 1}}' if argv[0] == "crictl" else "200", "no perl")  # type: ignore[method-assign]
    with pytest.raises(NotSeen):
        encrypted(cluster)


# Pods that come later


def injecting(manifest: Mapping[str, Any]) -> DryRun:
    if manifest["metadata"]["annotations"]:
        return DryRun(
            accepted=False, message='admission webhook "namespace.sidecar-injector.istio.io" denied the request'
        )
    return DryRun(accepted=True)


def later(*objects: Object, **more: Any) -> Finding:
    return holds_new_pods(mesh(*objects, **more), namespace="shop")


def test_a_new_pod_gets_a_proxy_that_demands_mutual_tls() -> None:
    assert later(peers(**STRICT), decides=injecting).verdict is Verdict.PASS
    assert later(peers("istio-system", **STRICT), decides=injecting).verdict is Verdict.PASS


def test_a_policy_for_some_labels_that_says_the_same_is_no_exception() -> None:
    inherited = peers(name="two", selector=OLD, portLevelMtls={"80": {"mode": "UNSET"}})
    stricter = peers(name="three", selector={"matchLabels": {"app": "new"}}, **STRICT)
    elsewhere = peers("street", selector=OLD, mtls=PERMISSIVE)
    assert later(peers(**STRICT), inherited, stricter, elsewhere, decides=injecting).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("objects", "more", "causes"),
    [
        ([], {}, {"not-injected", "no-policy"}),
        ([peers(**STRICT)], {}, {"not-injected", "policy-alone"}),
        ([], {"decides": injecting}, {"no-policy"}),
        (
            [peers(selector={"matchLabels": {"app": "web"}}, **STRICT)],
            {"decides": injecting},
            {"no-policy", "by-label"},
        ),
        ([peers(mtls={"mode": "PERMISSIVE"})], {"decides": injecting}, {"permissive"}),
        ([peers(**STRICT), peers(name="two", **PORT_OUT)], {"decides": injecting}, {"port-level"}),
        ([peers(**STRICT), peers(name="two", selector=OLD, mtls=PERMISSIVE)], {"decides": injecting}, {"permissive"}),
        ([], {"decides": lambda _: DryRun(accepted=False, message="quota")}, {"no-pod"}),
    ],
)
def test_why_a_new_pod_is_not_held(objects: list[Object], more: dict[str, Any], causes: set[str]) -> None:
    assert later(*objects, **more).causes == causes
