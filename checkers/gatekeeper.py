"""Gatekeeper: whether it judges requests, which constraint refuses one, and what keeps a constraint from refusing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from checkers.api import DryRun, Finding, Observer, Text, check, passed
from checkers.kit.constraint import CAUSES as OF_CONSTRAINTS
from checkers.kit.constraint import Reason, Request, config_reason, errors, reasons, webhook_reason
from checkers.kit.once import ask_once, list_once
from checkers.kit.ruling import Ask, Ruling, WhyAccepted, owners_of_policy
from checkers.kit.text import listed
from checkers.kit.trouble import Trouble, trouble_in

INSTALL = "https://open-policy-agent.github.io/gatekeeper/website/docs/install/"
NAMESPACE = "gatekeeper-system"

_TEMPLATES, _CONSTRAINTS = "templates.gatekeeper.sh", "constraints.gatekeeper.sh"
_ADMISSION = "admissionregistration.k8s.io/v1"
# A refusal by the webhook has a line for each constraint: `[its-name] message`.
_BY_WEBHOOK = re.compile(r'admission webhook "validation\.gatekeeper\.sh" denied the request: (.*)', re.DOTALL)
_NAMED = re.compile(r"^\[([^\]]+)\]", re.MULTILINE)

_WEBHOOK = "validation.gatekeeper.sh"
_NOT_CALLED = "failed calling webhook"
_MOST = 5
"""How many constraints a finding names."""

CAUSES = OF_CONSTRAINTS | {"no-template", "template-faulty", "no-constraint"}
"""Why Gatekeeper may accept a request that a learner's rules are meant to refuse."""

_SERVES = Text(
    "Constraints are enforced by Gatekeeper's webhook: without it, the API server accepts what they forbid.",
    "约束由 Gatekeeper 的 webhook 执行：没有它，API server 会接受约束所禁止的一切。",
)


@check("gatekeeper.serves")
def serves(cluster: Observer) -> Finding:
    """Gatekeeper judges requests: it refuses a ConstraintTemplate that cannot be, and accepts its sound twin."""
    expected = Text("Gatekeeper's webhook judges requests", "Gatekeeper 的 webhook 在审查请求")
    trouble = Gatekeeper(cluster).trouble()
    if trouble:
        return trouble.finding(expected, _SERVES, INSTALL)
    found = Text(
        "it refuses a faulty ConstraintTemplate and accepts a sound one", "它拒绝有误的 ConstraintTemplate，接受正确的"
    )
    return passed(expected, found)


class Gatekeeper:
    """The Gatekeeper of a cluster, as it is at one moment."""

    def __init__(self, cluster: Observer) -> None:
        self._cluster = cluster

    def trouble(self) -> Trouble | None:
        """Why it judges nothing; None if it does. The checks of one grade ask once."""
        return ask_once(self._cluster, "trouble of Gatekeeper", self._trouble)

    def rule(self, manifest: Mapping[str, Any], *, wanted: bool, ask: Ask | None = None) -> Ruling:
        """What would become of an object; `wanted`: it should be accepted. `ask` is for other than its creation."""
        run = self._patiently(ask or self._cluster.dry_run, manifest, wanted=wanted)
        if run.accepted:
            return Ruling(is_accepted=True, words="; ".join(run.warnings))
        return self.refusal(run.message)

    def refusal(self, message: str) -> Ruling:
        """A refusal in the API server's words, and the constraints that it comes from, if they exist."""
        by_webhook = _BY_WEBHOOK.search(message)
        named = _NAMED.findall(by_webhook[1]) if by_webhook else []
        # A template in CEL is also enforced by the API server itself.
        owners = owners_of_policy(self._cluster, message)
        named += [owner["name"] for owner in owners if owner["apiVersion"].startswith(f"{_CONSTRAINTS}/")]
        known = {constraint["metadata"]["name"] for constraint in self.constraints} if named else set()
        named = [name for name in named if name in known]
        return Ruling(False, tuple(dict.fromkeys(named)), len(named), message)

    def why_accepted(self, manifest: Mapping[str, Any], operation: str = "CREATE") -> WhyAccepted:
        """Why no constraint refuses this request."""
        if not self._templates:
            words = Text("There is no ConstraintTemplate.", "没有 ConstraintTemplate。")
            return WhyAccepted(frozenset({"no-template"}), words)
        faults = [_fault(template) for template in self._templates if errors(template)]
        if not self.constraints and faults:
            return WhyAccepted(frozenset({"template-faulty"}), listed(faults))
        if not self.constraints:
            kinds = ", ".join(map(_kind, self._templates))
            words = Text(f"There is no constraint of kind {kinds}.", f"没有类型为 {kinds} 的约束。")
            return WhyAccepted(frozenset({"no-constraint"}), words)
        request = Request(manifest, self._namespace(manifest["metadata"]["namespace"]), operation)
        around = self._around(request)
        found = [
            (constraint, reasons(constraint, self._template(constraint), request)) for constraint in self.constraints
        ]
        shared = frozenset.intersection(*(frozenset(reason.cause for reason in why) for _, why in found))
        named = [_described(constraint, why) for constraint, why in found[:_MOST]]
        if len(found) > _MOST:
            more = len(found) - _MOST
            named.append(Text(f"{more} more constraints", f"另有 {more} 个约束"))
        is_used = {*map(_kind, self._templates)} == {constraint["kind"] for constraint in self.constraints}
        return WhyAccepted(
            causes=shared | {reason.cause for reason in around},
            words=listed([*faults, *(reason.words for reason in around), *named]),
            is_by_rules=is_used and not faults and not around and not any(why for _, why in found),
        )

    @cached_property
    def constraints(self) -> Sequence[dict[str, Any]]:
        """All there are, of whatever template."""
        version = f"{_CONSTRAINTS}/v1beta1"
        kinds = map(_kind, self._templates)
        return [constraint for kind in kinds for constraint in list_once(self._cluster, kind, version=version)]

    @cached_property
    def config(self) -> Mapping[str, Any] | None:
        """Its own configuration, if there is one. It has no other name."""
        return self._cluster.get("Config", "config", NAMESPACE, version="config.gatekeeper.sh/v1alpha1")

    @cached_property
    def webhooks(self) -> Sequence[tuple[str, dict[str, Any]]]:
        """The webhooks by which the API server asks it about objects, each with its configuration's name."""
        return [
            (configuration["metadata"]["name"], webhook)
            for configuration in list_once(self._cluster, "ValidatingWebhookConfiguration", version=_ADMISSION)
            for webhook in configuration.get("webhooks") or ()
            if webhook["name"] == _WEBHOOK
        ]

    def _trouble(self) -> Trouble | None:
        sound, faulty = (
            self._cluster.dry_run(_template("ckslabprobe")),
            self._patiently(self._cluster.dry_run, _template("ckslabother"), wanted=False),
        )
        if not sound.accepted:
            message = sound.message
            return Trouble(Text(f"Gatekeeper is not installed: {message}", f"未安装好 Gatekeeper：{message}"))
        if not faulty.accepted and _BY_WEBHOOK.search(faulty.message):
            return None
        return trouble_in(self._cluster, NAMESPACE) or Trouble(
            Text(
                f"Gatekeeper's webhook does not answer. Its Pods in {NAMESPACE} must be ready; "
                f"a faulty ConstraintTemplate was {Ruling(faulty.accepted, words=faulty.message).text.en}",
                f"Gatekeeper 的 webhook 没有应答。{NAMESPACE} 中它的 Pod 必须就绪；"
                f"有误的 ConstraintTemplate {Ruling(faulty.accepted, words=faulty.message).text.zh}",
            )
        )

    def _around(self, request: Request) -> Sequence[Reason]:
        """What keeps the request from Gatekeeper, whatever its constraints are."""
        by_webhook = [webhook_reason(name, webhook, request) for name, webhook in self.webhooks]
        narrowed = [reason for reason in by_webhook if reason]
        is_sent_nowhere = narrowed and len(narrowed) == len(by_webhook)
        config = config_reason(self.config, request.namespace["metadata"]["name"]) if self.config else None
        return [*(narrowed[:1] if is_sent_nowhere else ()), *([config] if config else ())]

    def _namespace(self, name: str) -> Mapping[str, Any]:
        return self._cluster.get("Namespace", name) or {"metadata": {"name": name}}

    def _template(self, constraint: Mapping[str, Any]) -> Mapping[str, Any]:
        return next(template for template in self._templates if _kind(template) == constraint["kind"])

    def _patiently(self, ask: Ask, manifest: Mapping[str, Any], *, wanted: bool) -> DryRun:
        """Ask, and a second time where the webhook may only have been late.

        After three seconds without its answer the API server accepts, or refuses if the webhook is to fail closed.
        That happens on a busy machine.
        """
        run = ask(manifest)
        is_doubtful = (run.accepted and not wanted) or _NOT_CALLED in run.message
        return ask(manifest) if is_doubtful else run

    @cached_property
    def _templates(self) -> Sequence[dict[str, Any]]:
        return list_once(self._cluster, "ConstraintTemplate", version=f"{_TEMPLATES}/v1")


def _template(name: str) -> dict[str, Any]:
    """A ConstraintTemplate that forbids nothing. Gatekeeper demands that its name is its kind in small letters."""
    rego = f'package {name}\nviolation[{{"msg": msg}}] {{ false; msg := "" }}'
    return {
        "apiVersion": f"{_TEMPLATES}/v1",
        "kind": "ConstraintTemplate",
        "metadata": {"name": name},
        "spec": {
            "crd": {"spec": {"names": {"kind": "CkslabProbe"}}},
            "targets": [{"target": "admission.k8s.gatekeeper.sh", "rego": rego}],
        },
    }


def _kind(template: Mapping[str, Any]) -> str:
    """What the constraints of a template are called."""
    kind: str = template["spec"]["crd"]["spec"]["names"]["kind"]
    return kind


def _fault(template: Mapping[str, Any]) -> Text:
    name, message = template["metadata"]["name"], " ".join(errors(template))
    return Text(
        f"ConstraintTemplate {name} does not compile: {message}", f"ConstraintTemplate {name} 无法编译：{message}"
    )


def _described(constraint: Mapping[str, Any], why: Sequence[Reason]) -> Text:
    """Why a constraint does not refuse a request."""
    name = f"{constraint['kind']}/{constraint['metadata']['name']}"
    if why:
        en, zh = ", ".join(reason.words.en for reason in why), "，".join(reason.words.zh for reason in why)
        return Text(f"constraint {name}: {en}", f"约束 {name}：{zh}")
    return Text(f"constraint {name} applies, and its rule finds no violation", f"约束 {name} 适用，但其规则未发现违规")
