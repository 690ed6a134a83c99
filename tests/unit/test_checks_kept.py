"""Whether Secrets still hold what they held when the learner began."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import pytest

from checkers.api import Finding, LabBroken, NotSeen, Ran, Text, Verdict
from checkers.kept import FILE, kept, remembered
from tests.unit.support.observations import HandMade, Object

NODE = "kube-control-plane"
NOW = "2026-11-27T12:00:00Z"
READ = f'sh -c date --utc +%FT%TZ && cat -- "$1" sh {FILE}'


def secret(name: str = "card", type_: str = "Opaque", **values: str) -> Object:
    data = {key: base64.b64encode(value.encode()).decode() for key, value in (values or {"key": "4417"}).items()}
    return {"kind": "Secret", "metadata": {"name": name, "namespace": "shop"}, "type": type_, "data": data}


def token(expires: str) -> Object:
    return secret("bootstrap-token-abcdef", "bootstrap.kubernetes.io/token", expiration=expires)


def node(*at_start: Object) -> dict[str, dict[str, Ran]]:
    return {NODE: {READ: Ran(0, f"{NOW}\n{remembered(at_start, 'salt')}", "")}}


def finding_of(at_start: Sequence[Object], now: Sequence[Object]) -> Finding:
    return kept(HandMade([*now], on_nodes=node(*at_start)))


def causes(found: Finding) -> set[str]:
    assert found.verdict is Verdict.FAIL
    return set(found.causes)


def test_what_is_as_it_was_passes() -> None:
    assert finding_of([secret()], [secret()]).verdict is Verdict.PASS


@pytest.mark.parametrize("more", [[secret("new")], []])
def test_more_beside_what_was_there_is_right(more: Sequence[Object]) -> None:
    assert finding_of([secret()], [secret(key="4417", other="x"), *more]).verdict is Verdict.PASS


def test_another_value_fails_and_only_its_key_is_reported() -> None:
    found = finding_of([secret(key="4417", user="me")], [secret(key="5528", user="me")])
    assert causes(found) == {"secret-other-content"}
    assert found.found.en == "1 of 1 not: shop/card holds another value under key"


def test_a_value_that_is_gone_fails() -> None:
    assert causes(finding_of([secret(key="4417")], [secret(user="me")])) == {"secret-other-content"}


def test_another_type_fails() -> None:
    found = finding_of([secret()], [secret(type_="kubernetes.io/basic-auth")])
    assert causes(found) == {"secret-other-content"}
    assert "Opaque -> kubernetes.io/basic-auth" in found.found.en


def test_a_secret_that_is_gone_fails() -> None:
    found = finding_of([secret()], [])
    assert causes(found) == {"secret-gone"}
    assert "shop/card is gone" in found.found.en


def test_a_token_that_the_cluster_itself_removed_when_its_time_was_up_does_not_matter() -> None:
    assert finding_of([token("2026-11-27T11:00:00Z")], []).verdict is Verdict.PASS
    assert causes(finding_of([token("2026-11-28T11:00:00Z")], [])) == {"secret-gone"}


def test_what_the_start_remembers_holds_no_value() -> None:
    text = remembered([secret(key="correct-horse")], "salt")
    assert "correct-horse" not in text
    assert base64.b64encode(b"correct-horse").decode() not in text


def test_the_same_value_has_another_hash_with_another_salt() -> None:
    assert remembered([secret()], "a").replace('"a"', '"b"') != remembered([secret()], "b")


def test_without_what_the_start_remembers_it_cannot_be_judged() -> None:
    with pytest.raises(LabBroken, match="ckslab start"):
        kept(HandMade(on_nodes={NODE: {"sh": Ran(1, "", "No such file")}}))


class Unlisted(HandMade):
    """The API server lists no Secrets, and refuses one of them."""

    def fingerprints(self, salt: str) -> Any:
        raise NotSeen(Text("storage is (re)initializing", ""))

    def unreadable(self, kind: str, prefix: str) -> dict[str, str]:
        return {"/registry/secrets/shop/card": "no matching prefix found"}


def test_one_that_cannot_be_read_any_more_fails_with_the_api_servers_own_words() -> None:
    found = kept(Unlisted(on_nodes=node(secret(), secret("other"))))
    assert causes(found) == {"secret-unreadable"}
    assert found.found.en == "1 of 2 not: /registry/secrets/shop/card: no matching prefix found"


def test_a_list_that_does_not_come_though_nothing_is_unreadable_is_not_seen() -> None:
    with pytest.raises(NotSeen):
        kept(Unlisted(on_nodes=node(secret("other"))))
