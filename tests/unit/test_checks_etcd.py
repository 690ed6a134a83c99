"""How Secrets lie in etcd, and whether the API server still shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from checkers.api import Finding, LearnerBroke, NotSeen, Refused, Text, Verdict
from checkers.etcd import all_secrets_encrypted, secret_encrypted, secrets_readable
from checkers.secrets import opaque
from tests.unit.support.observations import HandMade, Object

PLAIN = b"k8s\x00\n\x0c\n\x02v1\x12\x06Secret\x12Z password hunter2"
AESCBC = b"k8s:enc:aescbc:v1:key1:\x00\xff hunter2 would be in here"
UNREADABLE = Text("(500): unable to transform key", "(500): unable to transform key")


def key(name: str, namespace: str = "payments") -> str:
    return f"/registry/secrets/{namespace}/{name}"


def secret(name: str = "ledger", namespace: str = "payments", **more: Any) -> Object:
    metadata = {"name": name, "namespace": namespace}
    return {"kind": "Secret", "metadata": metadata, "type": "Opaque", "data": {"password": "aHVudGVyMg=="}, **more}


class Refusing(HandMade):
    """The API server does not get at what it holds of Secrets."""

    def get(self, *args: Any, **more: Any) -> Object | None:
        raise Refused(UNREADABLE)

    def list(self, *args: Any, **more: Any) -> Sequence[Object]:
        raise Refused(UNREADABLE)


def of_one(value: bytes | None) -> Finding:
    stored = {} if value is None else {key("ledger"): value}
    return secret_encrypted(HandMade([secret()], stored=stored), name="ledger", namespace="payments", provider="aescbc")


# One Secret


def test_what_the_provider_wrote_passes_and_the_name_of_its_key_is_reported() -> None:
    found = of_one(AESCBC)
    assert found.verdict is Verdict.PASS
    assert found.found.en == f"{key('ledger')}: k8s:enc:aescbc:v1:key1:"


def test_plain_bytes_fail_and_are_not_reported() -> None:
    found = of_one(PLAIN)
    assert found.verdict is Verdict.FAIL
    assert "not encrypted" in found.found.en
    assert "hunter2" not in found.found.en


@pytest.mark.parametrize("provider", [b"aesgcm", b"secretbox", b"kms"])
def test_another_provider_fails_and_is_reported(provider: bytes) -> None:
    found = of_one(AESCBC.replace(b"aescbc", provider))
    assert found.verdict is Verdict.FAIL
    assert f"k8s:enc:{provider.decode()}:" in found.found.en


@pytest.mark.parametrize("value", [b"k8s:enc:aescbc", b"x k8s:enc:aescbc:v1:key1:", b"k8s:enc:aescbcx:v1:key1:", b""])
def test_bytes_that_only_look_like_it_fail(value: bytes) -> None:
    assert of_one(value).verdict is Verdict.FAIL


def test_a_secret_that_is_not_there_fails() -> None:
    assert "etcd has no /registry/secrets/payments/ledger" in of_one(None).found.en


def test_what_nobody_can_decrypt_any_more_is_not_encrypted_but_lost() -> None:
    lab = Refusing(stored={key("ledger"): AESCBC})
    for found in (
        secret_encrypted(lab, name="ledger", namespace="payments", provider="aescbc"),
        all_secrets_encrypted(lab, provider="aescbc"),
    ):
        assert found.verdict is Verdict.FAIL
        assert "unable to transform key" in found.found.en


# Every Secret


def test_all_pass_when_each_does() -> None:
    stored = {key("a"): AESCBC, key("b", "kube-system"): AESCBC.replace(b"key1", b"other")}
    shown = [secret("a"), secret("b", "kube-system")]
    found = all_secrets_encrypted(HandMade(shown, stored=stored), provider="aescbc")
    assert found.verdict is Verdict.PASS
    assert "2" in found.found.en


def test_one_plain_secret_of_any_namespace_fails_and_is_named() -> None:
    stored = {key("a"): AESCBC, key("bootstrap-token", "kube-system"): PLAIN}
    shown = [secret("a"), secret("bootstrap-token", "kube-system")]
    found = all_secrets_encrypted(HandMade(shown, stored=stored), provider="aescbc")
    assert found.verdict is Verdict.FAIL
    assert found.causes == {"plain", "some-plain"}
    assert found.found.en.startswith("1 of 2 not")
    assert key("bootstrap-token", "kube-system") in found.found.en
    assert key("a") not in found.found.en


def test_another_key_than_the_one_that_is_named_fails() -> None:
    stored = {key("a"): AESCBC, key("b", "kube-system"): AESCBC.replace(b"key1", b"key2")}
    shown = [secret("a"), secret("b", "kube-system")]
    found = all_secrets_encrypted(HandMade(shown, stored=stored), provider="aescbc", key="key2")
    assert found.verdict is Verdict.FAIL
    assert found.causes == {"other-key", "some-other-key"}
    assert f"{key('a')}: k8s:enc:aescbc:v1:key1:" in found.found.en


def test_all_pass_by_the_key_that_is_named() -> None:
    found = all_secrets_encrypted(HandMade([secret("a")], stored={key("a"): AESCBC}), provider="aescbc", key="key1")
    assert found.verdict is Verdict.PASS


def test_of_many_plain_secrets_only_some_are_named() -> None:
    stored = {key(f"s{number}"): PLAIN for number in range(40)}
    found = all_secrets_encrypted(HandMade(stored=stored), provider="aescbc")
    assert found.found.en.startswith("40 of 40 not")
    assert found.found.en.count("/registry/") == 3


def test_no_secret_at_all_is_not_every_secret() -> None:
    assert all_secrets_encrypted(HandMade(), provider="aescbc").verdict is Verdict.FAIL


# Readable


def test_a_plain_secret_that_is_refused_is_not_lost_and_identity_is_named() -> None:
    """Without a provider that reads plain ones the API server refuses them; nothing was encrypted with another key."""
    found = secrets_readable(Refusing(stored={key("ledger"): PLAIN}))
    assert found.causes == {"identity-missing"}
    assert found.why is not None
    assert found.why.en.startswith("Nothing is lost")
    assert "- identity: {}" in found.why.zh
    assert "reset" not in found.why.en


def test_an_encrypted_secret_that_is_refused_lacks_its_key() -> None:
    found = secrets_readable(Refusing(stored={key("ledger"): AESCBC, key("old"): PLAIN}))
    assert found.causes == {"identity-missing", "key-gone"}
    assert found.why is not None
    assert "if the key" in found.why.en.lower()


@pytest.mark.parametrize(("named", "causes"), [("key1", {"key-gone"}), ("key2", {"key-gone", "other-key"})])
def test_whether_what_is_lost_was_encrypted_by_the_key_that_is_named(named: str, causes: set[str]) -> None:
    lab = Refusing(stored={key("ledger"): AESCBC})
    assert all_secrets_encrypted(lab, provider="aescbc", key=named).causes == causes


@pytest.mark.parametrize(
    ("data", "causes"), [({"pass": "eA=="}, {"key-absent"}), (None, {"key-absent"}), ({"password": ""}, {"key-empty"})]
)
def test_a_secret_without_a_value_under_the_key(data: Object | None, causes: set[str]) -> None:
    found = opaque(HandMade([secret(data=data)]), name="ledger", namespace="payments", key="password")
    assert found.causes == causes


def test_every_secret_is_fetched_at_once_however_many_there_are() -> None:
    class Counting(HandMade):
        asked = 0

        def etcd_value(self, key: str) -> bytes | None:
            self.asked += 1
            return super().etcd_value(key)

    lab = Counting(stored={key(f"s{number}"): AESCBC for number in range(400)})
    all_secrets_encrypted(lab, provider="aescbc")
    secrets_readable(lab)
    assert lab.asked == 0


def test_secrets_are_readable_when_the_api_server_shows_each_that_etcd_holds() -> None:
    assert secrets_readable(HandMade([secret()], stored={key("ledger"): AESCBC})).verdict is Verdict.PASS


def test_a_key_that_was_lost_fails_with_the_api_servers_own_words() -> None:
    found = secrets_readable(Refusing(stored={key("ledger"): AESCBC}))
    assert found.verdict is Verdict.FAIL
    assert "unable to transform key" in found.found.en


def test_a_secret_that_etcd_holds_and_the_api_server_does_not_show_fails() -> None:
    found = secrets_readable(HandMade([secret()], stored={key("ledger"): AESCBC, key("hidden"): AESCBC}))
    assert found.verdict is Verdict.FAIL
    assert key("hidden") in found.found.en


def test_a_list_that_never_comes_does_not_matter() -> None:
    """Seen live: where one Secret cannot be decrypted, the API server answers a list with 429, for ever."""

    class Filling(HandMade):
        def list(self, kind: str, namespace: str = "", *, version: str = "v1") -> Sequence[Object]:
            if not namespace:
                raise NotSeen(UNREADABLE)
            return super().list(kind, namespace)

    lab = Filling([secret()], stored={key("ledger"): AESCBC})
    assert secrets_readable(lab).verdict is Verdict.PASS
    found = opaque(lab, name="other", namespace="payments", key="password")
    assert found.found.en == "there is no Secret other in namespace payments"


def test_an_api_server_that_is_down_is_left_to_the_grader() -> None:
    class Down(HandMade):
        def get(self, *args: Any, **more: Any) -> Object | None:
            raise LearnerBroke(UNREADABLE)

    with pytest.raises(LearnerBroke):
        secrets_readable(Down(stored={key("ledger"): AESCBC}))


# The learner's Secret


def of_secret(*objects: Object) -> Finding:
    return opaque(HandMade(list(objects)), name="ledger", namespace="payments", key="password")


@pytest.mark.parametrize("right", [secret(), secret(data={"user": "eA==", "password": "eA=="}), secret(immutable=True)])
def test_an_opaque_secret_with_the_key_passes(right: Object) -> None:
    assert of_secret(right).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (secret(data={"pass": "eA=="}), "keys: pass"),
        (secret(data={"password": ""}), "keys: password"),
        (secret(data=None), "keys: -"),
        (secret(type="kubernetes.io/basic-auth"), "type kubernetes.io/basic-auth"),
        (secret(namespace="default"), "there is one in default"),
        (secret("ledgers"), "there is no Secret ledger in namespace payments"),
    ],
)
def test_what_is_wrong_with_another_secret_is_reported(wrong: Object, text: str) -> None:
    found = of_secret(wrong)
    assert found.verdict is Verdict.FAIL
    assert text in found.found.en


def test_a_secret_that_cannot_be_read_any_more_fails_with_the_api_servers_own_words() -> None:
    found = opaque(Refusing(), name="ledger", namespace="payments", key="password")
    assert found.verdict is Verdict.FAIL
    assert "unable to transform key" in found.found.en
