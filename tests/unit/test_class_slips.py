"""Slips and the authority whose fingerprints they bear."""

from __future__ import annotations

import re
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lab.workshop import authority
from lab.workshop.class_file import Class
from lab.workshop.slips import Slip, to_html, to_text
from lab.workshop.tokens import new_token, readable
from tests.unit.support.classes import class_of

pytestmark = pytest.mark.usefixtures("english")


def renamed(class_: Class, name: str) -> Class:
    return replace(class_, learners=(replace(class_.learners[0], name=name),))


@pytest.fixture
def proof(tmp_path: Path) -> authority.Authority:
    return authority.of_class(tmp_path, "lab.example")


def test_a_slip_says_where_which_seat_and_by_what(proof: authority.Authority) -> None:
    class_ = replace(class_of(1), address="lab.example", port=443)
    slip = Slip(class_, class_.learners[0], new_token())
    told = to_text([slip], proof)
    assert f"https://lab.example/s/{slip.token}\n" in told
    assert "ssh -p 8022 m-01@lab.example\n" in told
    assert readable(slip.token) in told
    assert proof.fingerprint in told
    assert proof.ssh_fingerprint in told


def test_a_slip_speaks_its_learners_language(proof: authority.Authority) -> None:
    class_ = class_of(2)
    other = replace(class_.learners[1], language="zh")
    told = to_text([Slip(class_, class_.learners[0], "a"), Slip(class_, other, "b")], proof)
    assert "In a browser:" in told.partition("\n\n")[0]
    assert "在浏览器中打开" in told.partition("\n\n")[2]


def test_the_page_has_a_code_for_each_slip_and_needs_nothing_else(proof: authority.Authority) -> None:
    class_ = class_of(2)
    page = to_html([Slip(class_, learner, new_token()) for learner in class_.learners], proof)
    assert page.count("<svg") == 2
    assert re.findall(r"""(?:src|href)=["']?([^"'> ]+)""", page) == []
    assert "<script" not in page


def test_a_name_cannot_be_markup(proof: authority.Authority) -> None:
    class_ = renamed(class_of(1), "<script>alert(1)</script>")
    page = to_html([Slip(class_, class_.learners[0], "a")], proof)
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_the_certificate_is_for_the_address_and_its_key_is_private(tmp_path: Path) -> None:
    proof = authority.of_class(tmp_path, "127.0.0.1")
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(proof.certificate, proof.key)
    assert [file.stat().st_mode & 0o777 for file in (proof.key, proof.ssh_key)] == [0o600, 0o600]
    assert re.fullmatch("([0-9A-F]{2}:){31}[0-9A-F]{2}", proof.fingerprint)
    assert proof.ssh_fingerprint.startswith("SHA256:")


def test_a_slip_that_was_printed_stays_true(tmp_path: Path) -> None:
    first = authority.of_class(tmp_path, "lab.example")
    assert authority.of_class(tmp_path, "lab.example") == first


def test_another_address_gets_another_certificate_and_the_same_ssh_key(tmp_path: Path) -> None:
    first = authority.of_class(tmp_path, "lab.example")
    second = authority.of_class(tmp_path, "10.0.0.5")
    assert first.fingerprint != second.fingerprint
    assert first.ssh_fingerprint == second.ssh_fingerprint


def test_a_certificate_that_runs_out_is_made_anew(tmp_path: Path) -> None:
    first = authority.of_class(tmp_path, "lab.example")
    later = datetime.now(UTC) + timedelta(days=authority.DAYS)
    assert authority.of_class(tmp_path, "lab.example", later).fingerprint != first.fingerprint
