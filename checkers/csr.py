"""CertificateSigningRequests: what they ask for by their bytes, what was decided on them, and what was issued."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from checkers.api import Finding, Observer, Text, check, failed, passed
from checkers.kit.text import listed
from checkers.kit.trouble import PATIENCE
from checkers.kit.x509 import Certificate, Request, Unreadable, certificates, request

LINK = "https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/"

Decision = Literal["approved", "denied"]

_VERSION = "certificates.k8s.io/v1"
_WORDS: Mapping[str, str] = {"approved": "已批准", "denied": "已拒绝", "pending": "尚未决定", "gone": "已不存在"}
_WHY: Mapping[Decision, Text] = {
    "approved": Text(
        "Who asks for no more than the rules allow has to get it, or the rules will be gone around.",
        "申请没有超出规则的人必须得到批准，否则规则就会被绕过。",
    ),
    "denied": Text(
        "A certificate is believed until it expires, and none of Kubernetes can be revoked: what its subject says is "
        "who its owner is.",
        "证书在过期之前一直有效，而 Kubernetes 的证书无法吊销：证书主体写的是谁，持有者就是谁。",
    ),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A CertificateSigningRequest, and what its bytes ask for."""

    object: Mapping[str, Any]
    request: Request

    @property
    def name(self) -> str:
        """Unique in the cluster."""
        return str(self.object["metadata"]["name"])

    @property
    def status(self) -> Mapping[str, Any]:
        """What was decided and issued."""
        return self.object.get("status") or {}

    @property
    def signer(self) -> str:
        """Who is asked to sign."""
        return str(self.object["spec"].get("signerName") or "")

    @property
    def decision(self) -> str:
        """`approved`, `denied` or `pending`."""
        types = {each["type"] for each in self.status.get("conditions") or () if each.get("status", "True") == "True"}
        if "Denied" in types:
            return "denied"
        return "approved" if "Approved" in types else "pending"

    @property
    def issued(self) -> Sequence[Certificate]:
        """The certificate that was issued, and those above it; none where none was, or nobody can read it."""
        try:
            return certificates(_decoded(self.status.get("certificate") or ""))
        except Unreadable:
            return ()


@check(
    "csr.decided",
    causes=("approved", "denied", "pending", "gone", "some-approved", "some-denied", "not-issued", "left-pending"),
)
def decided(cluster: Observer, *, users: Sequence[str], decision: Decision) -> Finding:
    """The requests for certificates of these users (common names) were approved, and issued; or denied.

    Where only some were decided otherwise, the cause begins with `some-`.
    """
    names = ", ".join(users)
    expected = Text(f"{decision}: the requests for {names}", f"{_WORDS[decision]}：{names} 的请求")
    found: list[Text] = []
    otherwise: list[str] = []
    causes: set[str] = set()
    requests = _asked(cluster, wait=decision == "approved")
    for user in users:
        asked = [each for each in requests if each.request.subject.user == user]
        wrong = [each for each in asked if each.decision != decision]
        outcome = wrong[0].decision if wrong else decision
        if not asked:
            outcome = "gone"
        elif not wrong and decision == "approved" and not all(each.issued for each in asked):
            causes.add("not-issued")
            found.append(
                Text(f"{asked[0].name} ({user}): no certificate yet", f"{asked[0].name}（{user}）：还没有证书")
            )
            continue
        name = (wrong or asked)[0].name if asked else "-"
        words = Text(f"{name} ({user}): {outcome}", f"{name}（{user}）：{_WORDS[outcome]}")
        found.append(words)
        if outcome != decision:
            otherwise.append(outcome)
    for outcome in set(otherwise):
        is_all = otherwise.count(outcome) == len(users)
        causes.add(f"some-{outcome}" if not is_all and outcome in ("approved", "denied") else outcome)
    if "pending" in causes and _others_decided(requests, users):
        causes.add("left-pending")
    if causes:
        return failed(expected, listed(found), _WHY[decision], LINK, causes)
    return passed(expected, listed(found))


def _others_decided(asked: Sequence[Asked], users: Sequence[str]) -> bool:
    """Whether requests of other users to the same signers were decided: then these were left, not yet to be seen to."""
    signers = {each.signer for each in asked if each.request.subject.user in users}
    others = [each for each in asked if each.request.subject.user not in users and each.signer in signers]
    return any(each.decision != "pending" for each in others)


def _asked(cluster: Observer, *, wait: bool = False) -> list[Asked]:
    """All requests whose bytes can be read. With `wait`, one that was just approved has time to get its certificate."""
    asked = _read(cluster)
    for _ in range(PATIENCE if wait else 0):
        if all(each.issued or each.decision != "approved" for each in asked):
            break
        cluster.wait(1)
        asked = _read(cluster)
    return asked


def _read(cluster: Observer) -> list[Asked]:
    found = []
    for obj in cluster.list("CertificateSigningRequest", version=_VERSION):
        try:
            found.append(Asked(obj, request(_decoded(obj["spec"]["request"]))))
        except Unreadable:
            continue
    return found


def _decoded(encoded: str) -> str:
    return base64.b64decode(encoded).decode("ascii", "replace")
