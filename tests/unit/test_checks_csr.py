"""What was decided on requests for certificates, by observations made by hand; the requests are real ones."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from checkers.api import Finding, Verdict
from checkers.csr import Decision, decided
from checkers.kit.x509 import Unreadable, certificates, request
from tests.unit.support.certificates import CERTIFICATE, CERTIFICATE_REQUEST, TWO_GROUPS
from tests.unit.support.observations import HandMade, Object


def encoded(pem: str) -> str:
    return base64.b64encode(pem.encode()).decode()


def asked(*types: str, name: str = "x7", pem: str = TWO_GROUPS, certificate: str = "") -> Object:
    status: dict[str, Any] = {"conditions": [{"type": each, "status": "True"} for each in types]}
    if certificate:
        status["certificate"] = encoded(certificate)
    spec = {"request": encoded(pem)}
    return {"kind": "CertificateSigningRequest", "metadata": {"name": name}, "spec": spec, "status": status}


def found(decision: Decision, *objects: Object, users: tuple[str, ...] = ("dev-dalia",), **more: Any) -> Finding:
    return decided(HandMade([*objects], **more), users=users, decision=decision)


def test_a_request_tells_its_subject_and_each_of_its_groups() -> None:
    subject = request(TWO_GROUPS).subject
    assert (subject.user, subject.groups) == ("dev-dalia", ("tenant-devs", "platform-admins"))


def test_a_certificate_tells_what_it_is_for_and_who_issued_it() -> None:
    (issued,) = certificates(CERTIFICATE)
    assert (issued.subject.user, issued.issuer.user) == ("ledger", "ledger-ca")
    assert (issued.names, issued.uses) == (("ledger.x.svc",), ("server auth",))
    assert issued.key == request(CERTIFICATE_REQUEST).key


@pytest.mark.parametrize(
    "pem", ["", "no PEM", TWO_GROUPS.replace("A", "/"), "-----BEGIN CERTIFICATE REQUEST-----\nMA==\n"]
)
def test_what_is_no_request_is_told(pem: str) -> None:
    with pytest.raises(Unreadable):
        request(pem)


def test_a_text_without_certificates_has_none() -> None:
    assert certificates("a text") == []


def test_a_denied_request_is_known_by_what_it_asks_for_and_told_by_its_name() -> None:
    finding = found("denied", asked("Denied"))
    assert (finding.verdict, finding.found.en) == (Verdict.PASS, "x7 (dev-dalia): denied")


@pytest.mark.parametrize(
    ("objects", "cause"),
    [
        ([asked("Approved")], "approved"),
        ([asked()], "pending"),
        ([], "gone"),
        ([asked(pem=CERTIFICATE_REQUEST)], "gone"),
    ],
)
def test_what_became_of_a_request_that_should_have_been_denied_is_told(objects: list[Object], cause: str) -> None:
    finding = found("denied", *objects)
    assert (finding.verdict, finding.causes) == (Verdict.FAIL, {cause})


def test_an_approved_request_needs_its_certificate() -> None:
    assert found("approved", asked("Approved", certificate=CERTIFICATE)).verdict is Verdict.PASS
    assert found("approved", asked("Approved")).causes == {"not-issued"}


def test_a_certificate_that_is_on_its_way_is_waited_for() -> None:
    later = [[asked("Approved", certificate=CERTIFICATE)]]
    assert found("approved", asked("Approved"), later=later).verdict is Verdict.PASS


def test_where_only_some_were_denied_the_cause_says_so() -> None:
    users = ("dev-dalia", "ledger")
    one = asked("Approved", certificate=CERTIFICATE)
    other = asked("Denied", name="y8", pem=CERTIFICATE_REQUEST)
    assert found("approved", one, other, users=users).causes == {"some-denied"}
    assert found("approved", asked("Denied"), other, users=users).causes == {"denied"}


def test_the_same_request_sent_twice_has_to_be_denied_twice() -> None:
    assert found("denied", asked("Denied"), asked("Approved", name="again")).causes == {"approved"}


def test_what_is_pending_beside_what_was_decided_was_left() -> None:
    other = asked("Approved", name="y8", pem=CERTIFICATE_REQUEST, certificate=CERTIFICATE)
    assert found("denied", asked(), other).causes == {"pending", "left-pending"}
    assert found("denied", asked(), asked(name="y8", pem=CERTIFICATE_REQUEST)).causes == {"pending"}
