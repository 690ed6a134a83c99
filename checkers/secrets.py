"""Secrets, as the API server shows them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from checkers.api import Finding, NoObservation, Observer, Refused, Text, check, failed, passed
from checkers.etcd import ENCRYPT, NOT_READ, SECRETS
from checkers.kit.text import as_is

LINK = "https://kubernetes.io/docs/concepts/configuration/secret/#secret-types"
IMMUTABLE = "https://kubernetes.io/docs/concepts/configuration/secret/#secret-immutable"

_KEYS = Text(
    "A Pod asks for a Secret by namespace, name and data key; where one of them differs, it does not start.",
    "Pod 按命名空间、名称和数据键引用 Secret；其中任何一个不符，Pod 都无法启动。",
)
_FIXED = Text(
    "What nobody can change by mistake or on purpose stays what the programs were given; a new value gets a new name.",
    "无论有意还是无意都不能更改的内容，才会一直是程序得到的内容；新的值使用新的名称。",
)


@check("secrets.opaque", causes=("absent", "other-namespace", "other-type", "key-absent", "key-empty", "unreadable"))
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
        *([] if data.get(key) else ["key-empty" if key in data else "key-absent"]),
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


@check("secrets.immutable", causes=("absent", "other-namespace", "key-gone", "other-value", "mutable", "only-metadata"))
def immutable(cluster: Observer, *, name: str, namespace: str = "default", keys: Sequence[str]) -> Finding:
    """The Secret holds what the start drew under these keys, and the API server refuses to change that.

    A label that is changed beside it is accepted.
    """
    expected = Text(
        f"Secret {name} of namespace {namespace} holds what it held, and a change of that is refused",
        f"命名空间 {namespace} 的 Secret {name} 内容不变，且对内容的更改会被拒绝",
    )
    secret = cluster.get("Secret", name, namespace)
    if secret is None:
        return _absent(cluster, name, namespace, expected)
    data = secret.get("data") or {}
    differing = [key for key in keys if data.get(key) != _encoded(cluster.drawn(key))]
    if differing:
        causes = {"other-value" if key in data else "key-gone" for key in differing}
        names = ", ".join(differing)
        words = Text(f"what it held under {names} is not there any more", f"{names} 下原来的内容已不存在")
        return failed(expected, words, _FIXED, IMMUTABLE, causes)
    other = _encoded(cluster.draw("value"))
    changed = cluster.dry_run_update({**_whole(secret), "data": {**data, keys[0]: other}})
    labels = {**(secret["metadata"].get("labels") or {}), cluster.draw("label"): "any"}
    twin = cluster.dry_run_update(_whole(secret, labels=labels))
    if changed.accepted:
        causes = {"mutable"}
        if _is_named_so(secret):
            causes.add("only-metadata")
        words = Text(f"another value under {keys[0]} is accepted", f"{keys[0]} 下的另一个值会被接受")
        return failed(expected, words, _FIXED, IMMUTABLE, causes)
    if not twin.accepted or "immutable" not in changed.message:
        return failed(expected, as_is(twin.message or changed.message), _FIXED, IMMUTABLE)
    return passed(expected, as_is(changed.message))


def _whole(secret: dict[str, Any], **metadata: object) -> dict[str, Any]:
    """The Secret as an update of it is sent."""
    return {**secret, "apiVersion": "v1", "kind": "Secret", "metadata": {**secret["metadata"], **metadata}}


def _is_named_so(secret: dict[str, Any]) -> bool:
    """Whether a label or an annotation says what the field does not."""
    metadata = secret["metadata"]
    names = [*(metadata.get("labels") or {}), *(metadata.get("annotations") or {})]
    return any(name.rpartition("/")[2] == "immutable" for name in names)


def _encoded(value: str) -> str:
    return base64.b64encode(value.encode()).decode()
