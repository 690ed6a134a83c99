"""Gatekeeper: whether it judges requests, which constraint refuses one, and what keeps a constraint from refusing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from checkers.api import DryRun, Finding, Observer, Text, check, passed
from checkers.trouble import Trouble, running_pod
from checkers.words import as_is, listed

INSTALL = "https://open-policy-agent.github.io/gatekeeper/website/docs/install/"
NAMESPACE = "gatekeeper-system"

_TEMPLATES, _CONSTRAINTS = "templates.gatekeeper.sh", "constraints.gatekeeper.sh"
_ADMISSION = "admissionregistration.k8s.io/v1"
# A refusal by the webhook has a line for each constraint: `[its-name] message`.
_BY_WEBHOOK = re.compile(r'admission webhook "validation\.gatekeeper\.sh" denied the request: (.*)', re.DOTALL)
_NAMED = re.compile(r"^\[([^\]]+)\]", re.MULTILINE)
# A template in CEL is also enforced by the API server itself, with policies and bindings that Gatekeeper makes of it.
_BY_BINDING = re.compile(r"ValidatingAdmissionPolicy '[^']+' with binding '([^']+)' denied request")

_SERVES = Text(
    "Constraints are enforced by Gatekeeper's webhook: without it, the API server accepts what they forbid.",
    "约束由 Gatekeeper 的 webhook 执行：没有它，API server 会接受约束所禁止的一切。",
)


@check("gatekeeper.serves")
def serves(lab: Observer) -> Finding:
    """Gatekeeper judges requests: it refuses a ConstraintTemplate that cannot be, and accepts its sound twin."""
    expected = Text("Gatekeeper's webhook judges requests", "Gatekeeper 的 webhook 在审查请求")
    trouble = Gatekeeper(lab).trouble()
    if trouble:
        return trouble.finding(expected, _SERVES, INSTALL)
    found = Text(
        "it refuses a faulty ConstraintTemplate and accepts a sound one", "它拒绝有误的 ConstraintTemplate，接受正确的"
    )
    return passed(expected, found)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What becomes of a request.

    Attributes:
        constraint: the constraint that refuses it; empty if it is accepted, or refused by something else.
        words: the API server's message or warnings.
    """

    is_accepted: bool
    constraint: str = ""
    words: str = ""

    @property
    def told(self) -> Text:
        """The ruling as a statement."""
        if not self.is_accepted:
            return Text(f"refused: {self.words}", f"被拒绝：{self.words}")
        if self.words:
            return Text(f"accepted, with a warning: {self.words}", f"被接受，并附警告：{self.words}")
        return Text("accepted", "被接受")


class Gatekeeper:
    """The Gatekeeper of a cluster, as it is at one moment."""

    def __init__(self, lab: Observer) -> None:
        self._lab = lab

    def trouble(self) -> Trouble | None:
        """Why it judges nothing; None if it does."""
        sound, faulty = self._lab.dry_run(_template("ckslabprobe")), self._refusal(_template("ckslabother"))
        if not sound.accepted:
            said = sound.message
            return Trouble(Text(f"Gatekeeper is not installed: {said}", f"未安装好 Gatekeeper：{said}"))
        if not faulty.accepted and _BY_WEBHOOK.search(faulty.message):
            return None
        return self._not_running() or Trouble(
            Text(
                f"Gatekeeper's webhook does not answer. Its Pods in {NAMESPACE} must be ready; "
                f"a faulty ConstraintTemplate was {Ruling(faulty.accepted, words=faulty.message).told.en}",
                f"Gatekeeper 的 webhook 没有应答。{NAMESPACE} 中它的 Pod 必须就绪；"
                f"有误的 ConstraintTemplate {Ruling(faulty.accepted, words=faulty.message).told.zh}",
            )
        )

    def rule(self, manifest: Mapping[str, Any], *, wanted: bool) -> Ruling:
        """What would become of the creation of an object; `wanted`: it should be accepted."""
        run = self._lab.dry_run(manifest) if wanted else self._refusal(manifest)
        if run.accepted:
            return Ruling(is_accepted=True, words="; ".join(run.warnings))
        return Ruling(is_accepted=False, constraint=self._refuser(run.message), words=run.message)

    def state(self) -> Text:
        """What there is of templates and constraints, and what keeps them from refusing."""
        if not self._templates:
            return Text("There is no ConstraintTemplate.", "没有 ConstraintTemplate。")
        faults = [_fault(own) for own in self._templates if _errors(own)]
        if faults:
            return listed(faults)
        if not self._constraints:
            kinds = ", ".join(map(_kind, self._templates))
            return Text(f"There is no constraint of kind {kinds}.", f"没有类型为 {kinds} 的约束。")
        return listed(_describe(own) for own in self._constraints)

    def _refusal(self, manifest: Mapping[str, Any]) -> DryRun:
        """Ask for what should be refused, twice if it is not.

        The API server accepts what the webhook has said nothing of for three seconds, which happens on a busy machine.
        """
        run = self._lab.dry_run(manifest)
        return self._lab.dry_run(manifest) if run.accepted else run

    def _refuser(self, message: str) -> str:
        """The constraint that a refusal comes from, if it is one that exists."""
        known = {own["metadata"]["name"] for own in self._constraints}
        by_webhook, by_binding = _BY_WEBHOOK.search(message), _BY_BINDING.search(message)
        named = _NAMED.findall(by_webhook[1]) if by_webhook else []
        if by_binding:
            binding = self._lab.get("ValidatingAdmissionPolicyBinding", by_binding[1], version=_ADMISSION) or {}
            owners = (binding.get("metadata") or {}).get("ownerReferences") or ()
            named += [own["name"] for own in owners if own["apiVersion"].startswith(f"{_CONSTRAINTS}/")]
        return next((name for name in named if name in known), "")

    def _not_running(self) -> Trouble | None:
        for pod in self._lab.list("Pod", NAMESPACE):
            found = running_pod(self._lab, pod["metadata"]["name"], NAMESPACE)
            if isinstance(found, Trouble):
                return found
        return None

    @cached_property
    def _templates(self) -> Sequence[dict[str, Any]]:
        return self._lab.list("ConstraintTemplate", version=f"{_TEMPLATES}/v1")

    @cached_property
    def _constraints(self) -> Sequence[dict[str, Any]]:
        version = f"{_CONSTRAINTS}/v1beta1"
        return [own for kind in map(_kind, self._templates) for own in self._lab.list(kind, version=version)]


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


def _by_pod(obj: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """What each Pod of Gatekeeper says of a template or a constraint."""
    return (obj.get("status") or {}).get("byPod") or ()


def _errors(obj: Mapping[str, Any]) -> list[str]:
    return sorted({error.get("message", "") for own in _by_pod(obj) for error in own.get("errors") or ()})


def _fault(template: Mapping[str, Any]) -> Text:
    name, said = template["metadata"]["name"], " ".join(_errors(template))
    return Text(f"ConstraintTemplate {name} does not compile: {said}", f"ConstraintTemplate {name} 无法编译：{said}")


def _describe(constraint: Mapping[str, Any]) -> Text:
    spec, name = constraint.get("spec") or {}, f"{constraint['kind']}/{constraint['metadata']['name']}"
    action, match = spec.get("enforcementAction", "deny"), json.dumps(spec.get("match") or {})
    words = [Text(f"constraint {name} has match {match}", f"约束 {name} 的 match 为 {match}")]
    if action != "deny":
        words.append(Text(f"its enforcementAction is {action}", f"其 enforcementAction 为 {action}"))
    words += [as_is(error) for error in _errors(constraint)]
    if not _is_enforced(constraint):
        words.append(
            Text(
                "it is not yet enforced by every Pod of Gatekeeper: grade again in a few seconds",
                "它尚未由 Gatekeeper 的每个 Pod 执行：请过几秒再评分",
            )
        )
    return Text(", ".join(own.en for own in words), "，".join(own.zh for own in words))


def _is_enforced(constraint: Mapping[str, Any]) -> bool:
    """Each Pod of Gatekeeper has the constraint as it now is."""
    now = constraint["metadata"].get("generation")
    known = [own.get("enforced", False) and own.get("observedGeneration") == now for own in _by_pod(constraint)]
    return bool(known) and all(known)
