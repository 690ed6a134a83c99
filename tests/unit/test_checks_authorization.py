"""Who may do what, by requests made by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from checkers.api import Finding, NotSeen, Verdict
from checkers.authorization import allows, denies
from tests.unit.support.meshes import Asked, Mesh, deployment, policy, service
from tests.unit.support.observations import Object, node

WEB = {"matchLabels": {"app": "web"}}
REQUESTS = {"shop/app": ["POST /orders/*"]}
TO = [{"operation": {"methods": ["GET"]}}]


def rules(namespace: str = "shop", **spec: Any) -> Object:
    return policy("AuthorizationPolicy", namespace, **spec)


def by(to: object = TO, **source: Any) -> Object:
    """One that allows what comes from such a source."""
    return rules(selector=WEB, rules=[{"from": [{"source": source}], **({"to": to} if to else {})}])


def to_paths(*paths: str) -> object:
    return [{"operation": {"paths": [*paths]}}]


def mesh(*policies: Object, answers: Callable[[Asked], str]) -> Mesh:
    return Mesh([*deployment("shop/app"), service("shop/web"), node(), *policies], answers=answers)


def denied(cluster: Mesh, **more: Any) -> Finding:
    return denies(cluster, service="shop/web:80", requests=REQUESTS, **more)


def allowed(cluster: Mesh) -> Finding:
    return allows(cluster, service="shop/web:80", requests=REQUESTS)


def say(status: str) -> Callable[[Asked], str]:
    return lambda _: status


@pytest.mark.parametrize("status", ["403", "000"])
def test_403_and_no_answer_are_denials(status: str) -> None:
    assert denied(mesh(answers=say(status))).verdict is Verdict.PASS


def test_the_request_goes_to_the_service_by_the_clients_proxy_with_a_random_path() -> None:
    cluster = mesh(answers=say("403"))
    denied(cluster)
    assert cluster.asked[0] == Asked(
        "shop/app", past=False, method="POST", url="http://10.96.0.1:80/orders/random-path"
    )


def test_without_a_certificate_it_goes_past_the_proxy() -> None:
    cluster = mesh(answers=say("403"))
    denied(cluster, without_proxy=True)
    assert cluster.asked[0].past


def test_what_is_answered_is_told() -> None:
    finding = denied(mesh(answers=say("200")))
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {"answered", "no-policy"})
    assert finding.found.en == "1 of 1 not: shop/app: POST /orders/random-path: HTTP 200"


def test_a_server_that_is_down_denies_nobody_and_no_policy_is_blamed() -> None:
    finding = denied(mesh(answers=say("503")))
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, set())


def test_an_answer_that_is_late_is_neither_a_denial_nor_an_answer() -> None:
    for ask in (denied, allowed):
        with pytest.raises(NotSeen, match="shop/web:80 did not answer within 5 s"):
            ask(mesh(answers=say("late")))


def test_what_is_certainly_answered_counts_though_another_answer_is_late() -> None:
    cluster = mesh(answers=lambda asked: "late" if asked.method == "PUT" else "200")
    requests = {"shop/app": ["PUT /orders/*", "GET /orders/*"]}
    finding = denies(cluster, service="shop/web:80", requests=requests)
    assert finding.found.en == "1 of 2 not: shop/app: GET /orders/random-path: HTTP 200"


@pytest.mark.parametrize(
    ("found", "causes"),
    [
        (rules("street", selector=WEB), {"no-policy", "policy-elsewhere"}),
        (rules(selector={"matchLabels": {"app": "other"}}), {"no-policy"}),
        (rules(selector=WEB, action="AUDIT", rules=[{}]), {"audit-only"}),
        (by(namespaces=["shop"]), {"by-namespace"}),
        (by(namespaces=["shop"], principals=["cluster.local/ns/shop/sa/app"]), set()),
        (by(principals=["*/sa/app"]), {"namesake"}),
        (by(principals=["*/ns/shop/sa/app"]), set()),
        (by(ipBlocks=["10.0.0.1"]), {"by-address"}),
        (by(to=None, principals=["cluster.local/ns/shop/sa/app"]), {"any-operation"}),
        (rules(selector=WEB, rules=[{"to": TO}]), {"any-caller"}),
        (rules(selector=WEB, rules=[{}]), {"anything"}),
        (by(to=to_paths("/orders*"), principals=["cluster.local/ns/shop/sa/app"]), {"path-begins-alike"}),
        (by(to=to_paths("*", "/orders/*"), principals=["cluster.local/ns/shop/sa/app"]), set()),
        (rules(selector=WEB, rules=[{"to": TO, "when": [{"key": "source.principal"}]}]), set()),
        (rules(selector=WEB, action="DENY", rules=[{"to": TO}]), set()),
    ],
)
def test_why_a_request_is_answered(found: Object, causes: set[str]) -> None:
    assert denied(mesh(found, answers=say("200"))).causes == {"answered", *causes}


def test_what_is_allowed_is_answered() -> None:
    assert allowed(mesh(answers=say("200"))).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("found", "causes"),
    [
        (rules(selector=WEB), {"nothing-allowed"}),
        (rules(), {"nothing-allowed", "whole-namespace"}),
        (by(principals=["spiffe://cluster.local/ns/shop/sa/app"]), {"spiffe-prefix"}),
        (by(principals=["cluster.local/ns/shop/sa/other"]), set()),
        (rules("istio-system", selector=WEB, action="DENY", rules=[{}]), set()),
    ],
)
def test_why_a_request_is_denied(found: Object, causes: set[str]) -> None:
    assert allowed(mesh(found, answers=say("403"))).causes == {"denied", *causes}


def test_no_policy_is_blamed_for_what_is_not_a_denial() -> None:
    assert allowed(mesh(rules(), answers=say("503"))).causes == set()


def test_a_service_or_client_that_is_gone_is_told() -> None:
    cluster = mesh(answers=say("200"))
    cluster.objects = [obj for obj in cluster.objects if obj.get("kind") != "Deployment"]
    assert (denied(cluster).causes, allowed(cluster).causes) == ({"no-workload"}, {"no-workload"})
    cluster.objects = [obj for obj in cluster.objects if obj.get("kind") != "Service"]
    assert (denied(cluster).causes, allowed(cluster).causes) == ({"no-service"}, {"no-service"})
