"""Secrets, as the API server shows them."""

from __future__ import annotations

from checkers.api import Finding, NoLook, Observer, Refused, Text, check, failed, passed

LINK = "https://kubernetes.io/docs/concepts/configuration/secret/#secret-types"

_KEYS = Text(
    "A Pod asks for a Secret by namespace, name and data key; where one of them differs, it does not start.",
    "Pod 按命名空间、名称和数据键引用 Secret；其中任何一个不符，Pod 都无法启动。",
)


@check("secrets.opaque")
def opaque(lab: Observer, *, name: str, namespace: str = "default", key: str) -> Finding:
    """There is an Opaque Secret, and it holds something under this data key. Other keys beside it are right."""
    expected = Text(
        f"Secret {name} of type Opaque in namespace {namespace} holds a value under the key {key}",
        f"命名空间 {namespace} 中类型为 Opaque 的 Secret {name} 在键 {key} 下有值",
    )
    try:
        secret = lab.get("Secret", name, namespace)
    except Refused as error:
        return failed(expected, error.words, _KEYS, LINK)
    if secret is None:
        return failed(expected, _absent(lab, name, namespace), _KEYS, LINK)
    data = secret.get("data") or {}
    keys = ", ".join(sorted(data)) or "-"
    found = Text(f"type {secret.get('type')}, keys: {keys}", f"类型 {secret.get('type')}，键：{keys}")
    is_right = secret.get("type") == "Opaque" and bool(data.get(key))
    return passed(expected, found) if is_right else failed(expected, found, _KEYS, LINK)


def _absent(lab: Observer, name: str, namespace: str) -> Text:
    words = Text(f"there is no Secret {name} in namespace {namespace}", f"命名空间 {namespace} 中没有 Secret {name}")
    try:
        secrets = lab.list("Secret")
    except NoLook:
        return words  # it would only have made the message better
    there = ", ".join(sorted(own["metadata"]["namespace"] for own in secrets if own["metadata"]["name"] == name))
    if not there:
        return words
    return Text(f"{words.en}; there is one in {there}", f"{words.zh}；它在 {there} 中")
