"""Kyverno: whether it judges requests, which policy refuses one, and what keeps its policies from refusing it.

A policy is a ValidatingPolicy, in CEL, or a ClusterPolicy, of the older kind. Both have a twin for one namespace alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property, partial
from typing import Any

from checkers.api import DryRun, Finding, NotSeen, Observer, Text, check, passed
from checkers.kit.constraint import Reason
from checkers.kit.once import ask_once, list_once
from checkers.kit.ruling import Ask, Ruling, WhyAccepted, owners_of_policy
from checkers.kit.text import as_is, listed
from checkers.kit.trouble import Trouble, trouble_in

INSTALL = "https://kyverno.io/docs/installation/"
NAMESPACE = "kyverno"

CAUSES = frozenset({"no-policy", "not-deny", "not-asked", "kind-not-matched", "namespaced-policy"})
"""Why Kyverno may accept a request that a learner's policies are meant to refuse: each policy has one of them."""

_CEL, _OLDER = "policies.kyverno.io/v1", "kyverno.io/v1"
_KINDS = {"ValidatingPolicy": _CEL, "NamespacedValidatingPolicy": _CEL, "ClusterPolicy": _OLDER, "Policy": _OLDER}

_BY_WEBHOOK = re.compile(r'admission webhook "[^"]*\bkyverno\.svc[^"]*" denied the request: (.*)', re.DOTALL)
_NAMED_BY_CEL = re.compile(r"Policy (\S+) failed: ")
_FAILED = re.compile(r"Policy \S+ error: ")
# A ClusterPolicy refuses by a list: the policy's name, and below it each of its rules with a message.
_LISTED = re.compile(r"was blocked due to the following policies\s*(.*)", re.DOTALL)
_NAMED_IN_LIST = re.compile(r'^"?([^\s"]+)"?:$', re.MULTILINE)
_NOT_CALLED = "failed calling webhook"

_PATIENCE = 20
"""Seconds to wait for policies that Kyverno has not yet told the API server of."""
_SECONDS = 3
"""Until the API server goes by what it was told a moment ago."""
_MOST = 5
"""How many policies a finding names."""

_SERVES = Text(
    "Policies are enforced by Kyverno's webhooks: without them, the API server accepts what they forbid.",
    "策略由 Kyverno 的 webhook 执行：没有它们，API server 会接受策略所禁止的一切。",
)


@check("kyverno.serves")
def serves(cluster: Observer) -> Finding:
    """Kyverno judges requests: it refuses a ValidatingPolicy that cannot be, and accepts its sound twin."""
    expected = Text("Kyverno's webhooks judge requests", "Kyverno 的 webhook 在审查请求")
    if trouble := Kyverno(cluster).trouble():
        return trouble.finding(expected, _SERVES, INSTALL)
    return passed(
        expected,
        Text(
            "it refuses a faulty ValidatingPolicy and accepts a sound one", "它拒绝有误的 ValidatingPolicy，接受正确的"
        ),
    )


class Kyverno:
    """The Kyverno of a cluster with its policies, as it is at one moment."""

    def __init__(self, cluster: Observer) -> None:
        self._cluster = cluster

    def trouble(self) -> Trouble | None:
        """Why it judges nothing; None if it does. The checks of one grade ask once."""
        return ask_once(self._cluster, "trouble of Kyverno", self._trouble)

    def rule(self, manifest: Mapping[str, Any], *, wanted: bool, ask: Ask | None = None) -> Ruling:
        """What would become of an object; `wanted`: it should be accepted. `ask` is for other than its creation."""
        run = self._patiently(ask or self._cluster.dry_run, manifest, wanted=wanted)
        if run.accepted:
            return Ruling(is_accepted=True, words="; ".join(run.warnings))
        names = self._refusers(run.message)
        return Ruling(False, tuple(dict.fromkeys(names)), len(names), run.message, bool(_FAILED.search(run.message)))

    def why_accepted(self, manifest: Mapping[str, Any], operation: str = "CREATE") -> WhyAccepted:
        """Why no policy refuses a request, as far as policies show it without their rules."""
        if not self._policies:
            words = Text("There is no ValidatingPolicy and no ClusterPolicy that validates.", "没有进行验证的策略。")
            return WhyAccepted(frozenset({"no-policy"}), words)
        found = [(policy, [*_reasons(policy, manifest, operation)]) for policy in self._policies]
        shared = frozenset.intersection(*(frozenset(reason.cause for reason in why) for _, why in found))
        return WhyAccepted(
            causes=shared,
            words=listed(_described(policy, why) for policy, why in found[:_MOST]),
            is_by_rules=not all(why for _, why in found),
        )

    def _refusers(self, message: str) -> Sequence[str]:
        """The policies that a refusal comes from, in the API server's words."""
        if by_webhook := _BY_WEBHOOK.search(message):
            by_list = _LISTED.search(by_webhook[1])
            return _NAMED_IN_LIST.findall(by_list[1]) if by_list else _NAMED_BY_CEL.findall(by_webhook[1])
        # Of some policies Kyverno makes ValidatingAdmissionPolicies, by which the API server refuses without asking it.
        return [owner["name"] for owner in owners_of_policy(self._cluster, message) if owner["kind"] in _KINDS]

    def _patiently(self, ask: Ask, manifest: Mapping[str, Any], *, wanted: bool) -> DryRun:
        """Ask, and a second time where it may only have been too early.

        Kyverno tells the API server of a policy after it was made. Only a grade's first wrong ruling is waited for.
        """
        run = ask(manifest)
        if run.accepted == wanted and _NOT_CALLED not in run.message:
            return run
        ask_once(self._cluster, "time for Kyverno", self._settle)
        return ask(manifest)

    def _settle(self) -> None:
        for _ in range(_PATIENCE):
            late = [policy for policy in _validating(self._cluster.list) if _is_asked(policy) and not _is_ready(policy)]
            if not late:
                self._cluster.wait(_SECONDS)
                return
            self._cluster.wait(1)
        names = ", ".join(map(_name, late[:_MOST]))
        raise NotSeen(
            Text(
                f"Kyverno has not made {names} ready within {_PATIENCE} seconds.",
                f"Kyverno 未能在 {_PATIENCE} 秒内使 {names} 就绪。",
            )
        )

    def _trouble(self) -> Trouble | None:
        sound, faulty = (self._cluster.dry_run(_probe(self._cluster, rule)) for rule in ("true", "no rule"))
        if not sound.accepted and _BY_WEBHOOK.search(sound.message):
            return None  # by a policy that is for policies, too
        if not sound.accepted and _NOT_CALLED not in sound.message:
            return Trouble(
                Text(f"Kyverno is not installed: {sound.message}", f"未安装好 Kyverno：{sound.message}"),
            )
        if sound.accepted and not faulty.accepted and _BY_WEBHOOK.search(faulty.message):
            return None
        ruling = Ruling(faulty.accepted, words=faulty.message).text
        return trouble_in(self._cluster, NAMESPACE) or Trouble(
            Text(
                f"Kyverno's webhook does not answer. Its Pods in {NAMESPACE} must be ready; a faulty ValidatingPolicy "
                f"was {ruling.en}",
                f"Kyverno 的 webhook 没有应答。{NAMESPACE} 中它的 Pod 必须就绪；有误的 ValidatingPolicy {ruling.zh}",
            )
        )

    @cached_property
    def _policies(self) -> Sequence[dict[str, Any]]:
        return _validating(partial(list_once, self._cluster))


def _validating(listing: Callable[..., Sequence[dict[str, Any]]]) -> Sequence[dict[str, Any]]:
    """The policies that validate, of all kinds; the items of a list do not say their kind."""
    found = [{**policy, "kind": kind} for kind, version in _KINDS.items() for policy in listing(kind, version=version)]
    return [policy for policy in found if _is_cel(policy) or _rules(policy)]


def _probe(cluster: Observer, rule: str) -> dict[str, Any]:
    """A ValidatingPolicy with this rule, which nobody makes."""
    resources = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    spec = {"matchConstraints": {"resourceRules": [resources]}, "validations": [{"expression": rule}]}
    return {"apiVersion": _CEL, "kind": "ValidatingPolicy", "metadata": {"name": cluster.draw("policy")}, "spec": spec}


def _reasons(policy: Mapping[str, Any], manifest: Mapping[str, Any], operation: str) -> Iterable[Reason]:
    """Why this policy cannot refuse that an object is created (`CREATE`) or changed, whatever its rules are."""
    namespace = policy["metadata"].get("namespace", "")
    if namespace and namespace != manifest["metadata"]["namespace"]:
        yield Reason("namespaced-policy", Text(f"it is for {namespace} alone", f"它只对 {namespace} 有效"))
    if not _is_asked(policy):
        yield Reason("not-asked", Text("it is not asked about requests", "处理请求时不会询问它"))
    if not _denies(policy):
        yield Reason("not-deny", Text("it refuses nothing: its action is another one", "它不拒绝请求：其动作是别的"))
    kind = manifest["kind"]
    operations = [*_operations(policy, manifest)]
    if not operations:
        yield Reason("kind-not-matched", Text(f"it is not for a {kind}", f"它不针对 {kind}"))
    elif not any({operation, "*"} & {*each} for each in operations):
        yield Reason("not-asked", Text(f"it is not asked about {operation}", f"{operation} 时不会询问它"))


def _is_cel(policy: Mapping[str, Any]) -> bool:
    return "rules" not in policy["spec"]


def _rules(policy: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The rules of a ClusterPolicy that validate; it may have others, that change or make objects."""
    return [rule for rule in policy["spec"].get("rules") or () if rule.get("validate")]


def _is_asked(policy: Mapping[str, Any]) -> bool:
    """Whether it is for requests, and not only for what is there already."""
    spec = policy["spec"]
    admission = (spec.get("evaluation") or {}).get("admission") or {}
    return spec.get("admission") is not False and admission.get("enabled") is not False


def _is_ready(policy: Mapping[str, Any]) -> bool:
    """Whether Kyverno has told the API server of it: by a webhook, or by an admission policy that it made of it."""
    status = policy.get("status") or {}
    if status.get("generated"):
        return True
    conditions = (status.get("conditionStatus") or status).get("conditions") or ()
    wanted = "WebhookConfigured" if _is_cel(policy) else "Ready"
    return any(each["type"] == wanted and each["status"] == "True" for each in conditions)


def _denies(policy: Mapping[str, Any]) -> bool:
    """Whether what violates it is refused, be it in some namespaces only."""
    spec = policy["spec"]
    if _is_cel(policy):
        return "Deny" in (spec.get("validationActions") or ["Deny"])
    actions = [each.get("action") for each in spec.get("validationFailureActionOverrides") or ()]
    for rule in _rules(policy):
        validate = rule["validate"]
        actions.append(validate.get("failureAction") or spec.get("validationFailureAction"))
        actions += [each.get("action") for each in validate.get("failureActionOverrides") or ()]
    return any(str(action).lower() == "enforce" for action in actions)


def _operations(policy: Mapping[str, Any], manifest: Mapping[str, Any]) -> Iterable[Sequence[str]]:
    """About which operations each part of the policy is asked that is for this kind of object."""
    kind, version = manifest["kind"], manifest["apiVersion"]
    if _is_cel(policy):
        group = version.rpartition("/")[0]
        for rule in (policy["spec"].get("matchConstraints") or {}).get("resourceRules") or ():
            is_of_kind = {f"{kind.lower()}s", "*", "*/*"} & {*(rule.get("resources") or ())}
            if is_of_kind and {group, "*"} & {*(rule.get("apiGroups") or ())}:
                yield rule.get("operations") or ()
        return
    for rule in _rules(policy):
        match = rule.get("match") or {}
        for part in (match, *(match.get("any") or ()), *(match.get("all") or ())):
            resources = part.get("resources") or {}
            if any(_is_kind(named, kind) for named in resources.get("kinds") or ()):
                yield resources.get("operations") or ("CREATE", "UPDATE")


def _is_kind(named: str, kind: str) -> bool:
    """Whether a rule that names this is for the kind; `Pod`, `*/Pod`, `v1/Pod` and patterns are for Pods."""
    return any(fnmatchcase(kind, part) for part in re.split("[/.]", named))


def _name(policy: Mapping[str, Any]) -> str:
    metadata = policy["metadata"]
    place = f"{metadata['namespace']}/" if metadata.get("namespace") else ""
    return f"{policy['kind']} {place}{metadata['name']}"


def _described(policy: Mapping[str, Any], why: Sequence[Reason]) -> Text:
    """Why a policy does not refuse a request."""
    name = as_is(_name(policy))
    if why:
        en, zh = ", ".join(reason.words.en for reason in why), "，".join(reason.words.zh for reason in why)
        return Text(f"{name.en}: {en}", f"{name.zh}：{zh}")
    return Text(f"{name.en} is asked, and its rules find no violation", f"询问了 {name.zh}，其规则未发现违规")
