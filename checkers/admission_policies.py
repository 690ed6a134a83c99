"""ValidatingAdmissionPolicies: which of them refuses a request, and what keeps all of them from refusing it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from checkers.api import DryRun, Observer, Text
from checkers.kit.once import ask_once, list_once
from checkers.kit.ruling import Ask, Ruling, WhyAccepted
from checkers.kit.text import as_is, listed
from checkers.kit.trouble import Trouble

CAUSES = frozenset({"no-policy", "no-binding", "not-deny", "kind-not-matched", "expression-error"})
"""Why policies may accept what a learner wants refused, or refuse it for want of an answer."""

_ADMISSION = "admissionregistration.k8s.io/v1"
_DENIED = re.compile(r"ValidatingAdmissionPolicy '([^']+)' with binding '[^']+' denied request")
_FAILED = re.compile(r"ValidatingAdmissionPolicy '[^']+' with binding '[^']+' denied request: expression .*resulted in")
_SECONDS = 3
"""Until the API server goes by a policy that was made a moment ago."""
_MOST = 5
"""How many policies a finding names."""


class Policies:
    """The ValidatingAdmissionPolicies of a cluster, as they are at one moment."""

    def __init__(self, cluster: Observer) -> None:
        self._cluster = cluster

    def trouble(self) -> Trouble | None:
        """None: the API server itself judges by them."""
        return None

    def rule(self, manifest: Mapping[str, Any], *, wanted: bool, ask: Ask | None = None) -> Ruling:
        """What would become of an object; `wanted`: it should be accepted. `ask` is for other than its creation."""
        run = self._patiently(ask or self._cluster.dry_run, manifest, wanted=wanted)
        if run.accepted:
            return Ruling(is_accepted=True, words="; ".join(run.warnings))
        # A rule that cannot be evaluated refuses, but nobody has decided so.
        is_error = bool(_FAILED.search(run.message))
        names = [] if is_error else _DENIED.findall(run.message)
        return Ruling(False, tuple(dict.fromkeys(names)), len(names), run.message, is_error)

    def why_accepted(self, manifest: Mapping[str, Any], _operation: str = "CREATE") -> WhyAccepted:
        """Why no policy refuses a request, as far as policies and bindings show it without their expressions."""
        if not self._policies:
            return WhyAccepted(
                frozenset({"no-policy"}),
                Text("There is no ValidatingAdmissionPolicy.", "没有 ValidatingAdmissionPolicy。"),
            )
        names = {policy["metadata"]["name"] for policy in self._policies}
        bindings = [binding for binding in self._bindings if binding["spec"].get("policyName") in names]
        if not bindings:
            listing = ", ".join(sorted(names)[:_MOST])
            return WhyAccepted(
                frozenset({"no-binding"}),
                Text(f"No binding names the policy {listing}.", f"没有绑定引用策略 {listing}。"),
            )
        causes = set()
        if not any("Deny" in (binding["spec"].get("validationActions") or ()) for binding in bindings):
            causes.add("not-deny")
        if not any(_is_for(policy, manifest["kind"]) for policy in self._policies):
            causes.add("kind-not-matched")
        words = listed([*map(_described, bindings[:_MOST]), *self._warnings()])
        return WhyAccepted(frozenset(causes), words, is_by_rules=not causes)

    def _patiently(self, ask: Ask, manifest: Mapping[str, Any], *, wanted: bool) -> DryRun:
        run = ask(manifest)
        if run.accepted and not wanted and self._policies:
            ask_once(self._cluster, "time for policies", lambda: self._cluster.wait(_SECONDS))
            run = ask(manifest)
        return run

    def _warnings(self) -> Sequence[Text]:
        """What the API server has found wrong with expressions."""
        found = []
        for policy in self._policies:
            checking = (policy.get("status") or {}).get("typeChecking") or {}
            for warning in checking.get("expressionWarnings") or ():
                found.append(as_is(f"{policy['metadata']['name']}: {warning.get('warning', '')}"))
        return found[:_MOST]

    @cached_property
    def _policies(self) -> Sequence[dict[str, Any]]:
        return list_once(self._cluster, "ValidatingAdmissionPolicy", version=_ADMISSION)

    @cached_property
    def _bindings(self) -> Sequence[dict[str, Any]]:
        return list_once(self._cluster, "ValidatingAdmissionPolicyBinding", version=_ADMISSION)


def _is_for(policy: Mapping[str, Any], kind: str) -> bool:
    """Whether what it matches names this kind."""
    plural = f"{kind.lower()}s"
    rules = (policy["spec"].get("matchConstraints") or {}).get("resourceRules") or ()
    named = {name for rule in rules for name in rule.get("resources") or ()}
    return bool(named & {plural, f"{plural}/*", "*", "*/*"})


def _described(binding: Mapping[str, Any]) -> Text:
    name, spec = binding["metadata"]["name"], binding["spec"]
    actions = ", ".join(spec.get("validationActions") or ())
    return Text(
        f"binding {name} of policy {spec.get('policyName')}: {actions}",
        f"策略 {spec.get('policyName')} 的绑定 {name}：{actions}",
    )
