"""What a rule of admission makes of requests: a ValidatingAdmissionPolicy, Gatekeeper's constraint, Kyverno's policy.

The API server is asked, no rule is read; what refuses besides the rule does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from checkers import admission_policies, gatekeeper, kyverno
from checkers.admission_policies import Policies
from checkers.api import Finding, Observer, Text, failed, passed
from checkers.gatekeeper import Gatekeeper
from checkers.kit.new_pods import made_once, owned, stored
from checkers.kit.ruling import Ask, Case, Engine
from checkers.kit.text import listed
from checkers.kit.trouble import Trouble
from checkers.kyverno import Kyverno

By = Literal["policy", "constraint", "kyverno"]
"""What the rule is made of."""

LINKS: Mapping[By, str] = {
    "policy": "https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/",
    "constraint": "https://open-policy-agent.github.io/gatekeeper/website/docs/howto/",
    "kyverno": "https://kyverno.io/docs/policy-types/validating-policy/",
}
_ENGINES: Mapping[By, Callable[[Observer], Engine]] = {
    "policy": Policies,
    "constraint": Gatekeeper,
    "kyverno": Kyverno,
}
CAUSES = frozenset(
    gatekeeper.CAUSES
    | admission_policies.CAUSES
    | kyverno.CAUSES
    | {"refused-too-much", "deletion-refused", "other-policy", "some-let-through", "rule-silent"}
)
"""What a finding of `Rules` may have among its causes."""
_MOST = 4
"""How many wrong rulings a finding names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe(Case):
    """An object that was asked about, and what would become of it.

    Attributes:
        subject: what the rule is to judge it by, such as its image.
        what: where the object has that.
    """

    subject: str
    what: Text

    @property
    def text(self) -> Text:
        """As a statement."""
        return Text(
            f"{self.subject}, {self.what.en} in {self.namespace}: {self.outcome.en}",
            f"{self.subject}，{self.namespace} 中的{self.what.zh}：{self.outcome.zh}",
        )


class Rules:
    """Asks what would become of objects by rules of this kind."""

    by_error = False
    """Whether it is a refusal, too, where a rule could not be evaluated."""

    def __init__(self, cluster: Observer, by: By) -> None:
        self.cluster = cluster
        self.by: By = by
        self._engine = _ENGINES[by](cluster)

    def trouble(self) -> Trouble | None:
        """Why no such rule judges anything; None if they do."""
        return self._engine.trouble()

    def ask(
        self,
        subject: str,
        what: Text,
        manifest: Mapping[str, Any],
        *,
        wanted: bool,
        by: Ask | None = None,
        operation: str = "CREATE",
    ) -> Probe:
        """What would become of an object. `by` is for other than its creation by the lab's administrator."""
        ruling = self._engine.rule(manifest, wanted=wanted, ask=by)
        return Probe(
            subject=subject,
            what=what,
            manifest=manifest,
            ruling=ruling,
            wanted=wanted,
            operation=operation,
            by_error=self.by_error,
        )

    def ask_by_controller(
        self, owner: str, subject: str, what: Text, manifest: dict[str, Any], *, wanted: bool
    ) -> Probe:
        """What would become of a Pod that the controller of this kind makes."""
        by = partial(self.cluster.dry_run, user=owned(manifest, owner))
        return self.ask(subject, what, manifest, wanted=wanted, by=by)

    def make(self, subject: str, what: Text, manifest: dict[str, Any]) -> Probe:
        """Make a Pod that nothing is run of, in a namespace of this grade."""
        manifest["spec"]["schedulingGates"] = [{"name": "ckslab.io/never"}]
        return self.ask(subject, what, manifest, wanted=True, by=partial(made_once, self.cluster))

    def ask_deletion(self, there: Mapping[str, Any], subject: str) -> Probe:
        """About a Pod that is there, deleted."""
        what, by = Text("deletion of a Pod", "删除已有的 Pod，"), self.cluster.dry_run_delete
        return self.ask(subject, what, stored(self.cluster, there), wanted=True, by=by, operation="DELETE")

    def finding(self, probes: Sequence[Probe], expected: Text, why: Text, causes: Iterable[str] = ()) -> Finding:
        """Where some rulings are wrong, the finding has only those, and why something escapes the rules."""
        wrong = [probe for probe in probes if not probe.is_right]
        if not wrong:
            return passed(expected, listed(probe.text for probe in probes))
        all_causes = {*causes}
        if any(probe.wanted for probe in wrong):
            all_causes.add("refused-too-much")
        if any(probe.ruling.is_error for probe in wrong):
            all_causes.add("expression-error")
        if any(probe.operation == "DELETE" for probe in wrong):
            all_causes.add("deletion-refused")
        if self.by != "policy" and any(probe.ruling.is_by_policy for probe in wrong):
            all_causes.add("other-policy")
        escaped = [probe for probe in wrong if probe.has_escaped]
        if escaped and any(probe.is_right and not probe.wanted for probe in probes):
            all_causes.add("some-let-through")
        found = [probe.text for probe in wrong[:_MOST]]
        if more := len(wrong) - len(found):
            found.append(Text(f"{more} more", f"另有 {more} 个"))
        if escaped:
            reason = self._engine.why_accepted(escaped[0].manifest, escaped[0].operation)
            all_causes |= reason.causes
            found.append(reason.words)
            if reason.is_by_rules and "some-let-through" not in all_causes:
                all_causes.add("rule-silent")
        return failed(expected, listed(found), why, LINKS[self.by], all_causes)
