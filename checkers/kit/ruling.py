"""What becomes of a request by rules of admission: a ruling, who refuses, and why something is accepted."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from checkers.api import DryRun, Observer, Text
from checkers.kit.trouble import Trouble

Ask = Callable[[Mapping[str, Any]], DryRun]
"""Asks the API server what it would do with an object."""

_BY_BINDING = re.compile(r"ValidatingAdmissionPolicy '[^']+' with binding '([^']+)' denied request")
_ADMISSION = "admissionregistration.k8s.io/v1"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What becomes of a request.

    Attributes:
        refusers: the rules that refuse it; empty if it is accepted, or refused by something else.
        violations: how many there are, where rules refuse it.
        words: the API server's message or warnings.
        is_error: a rule refuses it for want of an answer: its expression could not be evaluated.
    """

    is_accepted: bool
    refusers: tuple[str, ...] = ()
    violations: int = 0
    words: str = ""
    is_error: bool = False

    @property
    def text(self) -> Text:
        """The ruling as a statement."""
        if not self.is_accepted:
            return Text(f"refused: {self.words}", f"被拒绝：{self.words}")
        if self.words:
            return Text(f"accepted, with a warning: {self.words}", f"被接受，并附警告：{self.words}")
        return Text("accepted", "被接受")

    @property
    def short(self) -> Text:
        """The same; of a refusal by rules, no more than by which."""
        if not self.refusers:
            return self.text
        names = ", ".join(self.refusers)
        return Text(f"refused by {names}", f"被 {names} 拒绝")

    @property
    def is_by_policy(self) -> bool:
        """A ValidatingAdmissionPolicy refuses it that is not made of one of the rules."""
        return not self.is_accepted and not self.refusers and bool(_BY_BINDING.search(self.words))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A request that was asked about, and what would become of it.

    Attributes:
        wanted: it should be accepted.
        by_error: it counts as refused, too, where a rule could not be evaluated.
    """

    manifest: Mapping[str, Any]
    ruling: Ruling
    wanted: bool
    operation: str = "CREATE"
    by_error: bool = False

    @property
    def namespace(self) -> str:
        """Where the object would be."""
        namespace: str = self.manifest["metadata"]["namespace"]
        return namespace

    @property
    def is_refused(self) -> bool:
        """A rule refuses it."""
        return bool(self.ruling.refusers) or (self.by_error and self.ruling.is_error)

    @property
    def is_right(self) -> bool:
        """It is accepted where it should be, else refused by a rule and by nothing else."""
        return self.ruling.is_accepted if self.wanted else self.is_refused

    @property
    def has_escaped(self) -> bool:
        """It is accepted, and should not be."""
        return self.ruling.is_accepted and not self.wanted

    @property
    def outcome(self) -> Text:
        """The ruling; of a refusal that is as it should be, no more than by which rules."""
        return self.ruling.short if self.is_right else self.ruling.text


@dataclass(frozen=True, slots=True)
class WhyAccepted:
    """Why no rule refuses a request, as far as objects show it.

    Attributes:
        causes: those that keep all rules from it, and those that every rule has.
        is_by_rules: nothing is in the way of some rule, and it finds no violation.
    """

    causes: frozenset[str]
    words: Text
    is_by_rules: bool = False


class Engine(Protocol):
    """What judges requests by rules of a kind."""

    def trouble(self) -> Trouble | None:
        """Why it judges nothing; None if it does."""

    def rule(self, manifest: Mapping[str, Any], *, wanted: bool, ask: Ask | None = None) -> Ruling:
        """What would become of an object; `wanted`: it should be accepted. `ask` is for other than its creation."""

    def why_accepted(self, manifest: Mapping[str, Any], operation: str = "CREATE") -> WhyAccepted:
        """Why no rule refuses this request."""


def owners_of_policy(cluster: Observer, message: str) -> Sequence[Mapping[str, Any]]:
    """What the ValidatingAdmissionPolicy is made of that refused a request in these words; nothing if none did.

    An engine may have the API server itself enforce a rule, with a policy and a binding that it makes of it.
    """
    found = _BY_BINDING.search(message)
    if not found:
        return []
    binding = cluster.get("ValidatingAdmissionPolicyBinding", found[1], version=_ADMISSION) or {}
    return (binding.get("metadata") or {}).get("ownerReferences") or ()
