"""What service accounts may do, by reviews made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from checkers.api import DryRun, Finding, Verdict
from checkers.rbac import allowed, nobody_else, nothing_elsewhere, only_named, only_verb
from tests.unit.support.observations import HandMade

PICKER, EVERYBODY = "system:serviceaccount:orchard:picker", "system:serviceaccounts:orchard"


@dataclass(frozen=True)
class Rule:
    """What one binding allows. No namespace: it is bound in the whole cluster; no names: each of them."""

    verbs: Sequence[str] = ("get",)
    names: Sequence[str] = ()
    namespace: str = "orchard"
    resources: Sequence[str] = ("secrets",)
    subject: str = PICKER

    def allows(self, asked: Mapping[str, Any]) -> bool:
        what = asked["resourceAttributes"]
        return (
            self.subject in (asked["user"], *asked["groups"])
            and bool({what["verb"], "*"} & {*self.verbs})
            and bool({"/".join(filter(None, (what["resource"], what.get("subresource")))), "*"} & {*self.resources})
            and self.namespace in ("", what["namespace"])
            and (not self.names or what["name"] in self.names)
        )


NARROW = Rule(names=["ladder"])


@dataclass(eq=False)
class Bound(HandMade):
    """Decides by rules, as RBAC does."""

    rules: list[Rule] = field(default_factory=list)

    def draw(self, purpose: str) -> str:
        return f"drawn{purpose}"

    def review(self, asked: Mapping[str, Any]) -> DryRun:
        rule = next((rule for rule in self.rules if rule.allows(asked)), None)
        kind = "RoleBinding" if rule and rule.namespace else "ClusterRoleBinding"
        return DryRun(rule is not None, f'RBAC: allowed by {kind} "x"' if rule else "")


def named(*rules: Rule) -> Finding:
    cluster = Bound(rules=[*rules])
    return only_named(cluster, account="picker", namespace="orchard", verb="get", resource="secrets", name="ladder")


def verb(*rules: Rule) -> Finding:
    cluster = Bound(rules=[*rules])
    return only_verb(cluster, account="picker", namespace="orchard", verb="get", resource="secrets", name="ladder")


def elsewhere(*rules: Rule) -> Finding:
    return nothing_elsewhere(
        Bound(rules=[*rules]), account="picker", namespace="orchard", resource="secrets", names=["ladder"]
    )


def test_one_verb_for_one_name_passes() -> None:
    assert [check(NARROW).verdict for check in (named, verb, elsewhere)] == [Verdict.PASS] * 3


def test_without_the_right_itself_no_refusal_counts() -> None:
    assert (named().verdict, named().causes) == (Verdict.FAIL, {"denied"})
    assert (verb().verdict, verb().causes) == (Verdict.FAIL, {"denied"})


@pytest.mark.parametrize("rule", [Rule(), Rule(names=["ladder", "drawnobject"]), Rule(namespace="")])
def test_a_right_to_other_names_is_too_much(rule: Rule) -> None:
    assert named(rule).verdict is Verdict.FAIL


def test_what_is_allowed_is_told_with_the_binding() -> None:
    first = named(Rule()).found.en.split("; ")[0]
    assert first == 'get secrets/ladder-drawnsuffix -n orchard: RBAC: allowed by RoleBinding "x"'


@pytest.mark.parametrize(
    ("rules", "causes"),
    [
        ([Rule(["get", "list"], ["ladder"])], {"by-name", "by-role"}),
        ([Rule(["*"], ["ladder"])], {"by-name", "by-role", "changes"}),
        ([Rule(["get", "watch"])], {"by-role"}),
        ([Rule(names=["ladder"], resources=["*"])], {"by-role", "other-kinds-by-name"}),
        ([NARROW, Rule(["list"], namespace="")], set()),
        ([NARROW, Rule(["create"])], {"by-role", "changes"}),
        ([NARROW, Rule(["create"], resources=["pods"])], {"by-role", "other-kinds"}),
        ([NARROW, Rule(["get", "list"], resources=["configmaps", "pods"])], {"by-role", "other-kinds"}),
        ([NARROW, Rule(["create"], resources=["serviceaccounts/token"])], {"by-role", "other-kinds"}),
    ],
)
def test_why_it_may_do_more(rules: list[Rule], causes: set[str]) -> None:
    finding = verb(*rules)
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, causes)


@pytest.mark.parametrize(
    ("rules", "causes"),
    [
        ([NARROW, Rule(["list"], namespace="")], {"namespace-right"}),
        ([NARROW, Rule(namespace="kube-system")], {"namespace-right"}),
        ([Rule(), Rule(["list"], namespace="")], set()),
        ([Rule(names=["ladder"], namespace="")], {"by-name-everywhere"}),
        ([NARROW, Rule(names=["ladder"], namespace="kube-system")], set()),
    ],
)
def test_a_right_in_another_namespace_is_too_much(rules: list[Rule], causes: set[str]) -> None:
    finding = elsewhere(*rules)
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, causes)


@pytest.mark.parametrize(
    ("rules", "name", "verdict"),
    [
        ([Rule(["get", "list"])], "", Verdict.PASS),
        ([Rule(["get", "list"], ["ladder"])], "", Verdict.FAIL),
        ([Rule(["get", "list"], ["ladder"])], "ladder", Verdict.PASS),
        ([Rule(["get"])], "", Verdict.FAIL),
    ],
)
def test_what_an_account_needs_it_must_have(rules: list[Rule], name: str, verdict: Verdict) -> None:
    finding = allowed(
        Bound(rules=rules), account="picker", namespace="orchard", verbs=["get", "list"], resource="secrets", name=name
    )
    assert finding.verdict is verdict


@pytest.mark.parametrize(
    ("subject", "verdict"),
    [
        (PICKER, Verdict.PASS),
        (EVERYBODY, Verdict.FAIL),
        ("system:serviceaccounts", Verdict.FAIL),
        ("system:authenticated", Verdict.FAIL),
    ],
)
def test_accounts_that_need_nothing_get_nothing(subject: str, verdict: Verdict) -> None:
    cluster = Bound(rules=[Rule(names=["ladder"], subject=subject)])
    assert nobody_else(cluster, namespace="orchard", verb="get", resource="secrets", name="ladder").verdict is verdict
