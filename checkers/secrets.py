"""Secrets, as the API server shows them."""

from __future__ import annotations

from checkers.api import Finding, NoObservation, Observer, Refused, Text, check, failed, passed
from checkers.etcd import ENCRYPT, NOT_READ, SECRETS
from checkers.kit.text import as_is

LINK = "https://kubernetes.io/docs/concepts/configuration/secret/#secret-types"

_KEYS = Text(
    "A Pod asks for a Secret by namespace, name and data key; where one of them differs, it does not start.",
    "Pod 按命名空间、名称和数据键引用 Secret；其中任何一个不符，Pod 都无法启动。",
)


@check("secrets.opaque", causes=("absent", "other-namespace", "other-type", "key-absent", "unreadable"))
def opaque(cluster: Observer, *, name: str, namespace: str = "default", key: str) -> Finding:
    """There is an Opaque Secret, and it holds something under this data key. Other keys beside it are right."""
    expected = Text(
        f"Secret {name} of type Opaque in namespace {namespace} holds a value under the key {key}",
        f"命名空间 {namespace} 中类型为 Opaque 的 Secret {name} 在键 {key} 下有值",
    )
    try:
        secret = cluster.get("Secret", name, namespace)
    except Refused as error:
        place = f"{SECRETS}{namespace}/{name}"
        words = cluster.unreadable("Secret", SECRETS).get(place)  # without the advice to reset: it may not be lost
        found = as_is(f"{place}: {words}") if words else error.words
        return failed(expected, found, NOT_READ, ENCRYPT, ["unreadable"])
    if secret is None:
        return _absent(cluster, name, namespace, expected)
    data = secret.get("data") or {}
    keys = ", ".join(sorted(data)) or "-"
    found = Text(f"type {secret.get('type')}, keys: {keys}", f"类型 {secret.get('type')}，键：{keys}")
    causes = [
        *(["other-type"] if secret.get("type") != "Opaque" else []),
        *(["key-absent"] if not data.get(key) else []),
    ]
    return failed(expected, found, _KEYS, LINK, causes) if causes else passed(expected, found)


def _absent(cluster: Observer, name: str, namespace: str, expected: Text) -> Finding:
    words = Text(f"there is no Secret {name} in namespace {namespace}", f"命名空间 {namespace} 中没有 Secret {name}")
    try:
        secrets = cluster.list("Secret")
    except NoObservation:
        secrets = ()  # it would only have made the message better
    there = ", ".join(
        sorted(secret["metadata"]["namespace"] for secret in secrets if secret["metadata"]["name"] == name)
    )
    if not there:
        return failed(expected, words, _KEYS, LINK, ["absent"])
    words = Text(f"{words.en}; there is one in {there}", f"{words.zh}；它在 {there} 中")
    return failed(expected, words, _KEYS, LINK, ["other-namespace"])
