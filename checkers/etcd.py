"""How objects lie in etcd: the bytes themselves, past the API server that would decrypt them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from checkers.api import Finding, Observer, Refused, Text, check, failed, passed
from checkers.words import as_is, listed

ENCRYPT = "https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/"
VERIFY = f"{ENCRYPT}#verifying-that-data-is-encrypted"
REWRITE = f"{ENCRYPT}#ensure-all-secrets-are-encrypted"

Provider = Literal["aescbc", "aesgcm", "secretbox", "kms"]

_SECRETS = "/registry/secrets/"
_ENCRYPTED = re.compile(rb"k8s:enc:(?P<provider>[a-z]+):v\d+:(?P<key>[^:]+):")
_TOLD = 5
"""Keys that a finding names one by one."""

_PLAIN = Text(
    "Whoever reads etcd's disk or a backup of it reads a Secret that is not encrypted; base64 is no encryption.",
    "未加密的 Secret，任何能读到 etcd 磁盘或其备份的人都能看到；base64 不是加密。",
)
_OLD = Text(
    "The API server encrypts when it writes: what was stored before stays as it is until it is written again.",
    "API 服务器只在写入时加密：之前存储的内容在重新写入前保持原样。",
)
_UNREADABLE = Text(
    "What was encrypted with a key that the API server no longer has is lost to everybody, to the cluster as well.",
    "用 API 服务器已不再持有的密钥加密的内容，任何人都无法再读取，集群自身也不例外。",
)


@check("etcd.secret_encrypted")
def secret_encrypted(lab: Observer, *, name: str, namespace: str = "default", provider: Provider) -> Finding:
    """The bytes that etcd holds of a Secret were encrypted by this provider."""
    expected = Text(
        f"in etcd, Secret {name} of namespace {namespace} begins with k8s:enc:{provider}:",
        f"etcd 中命名空间 {namespace} 的 Secret {name} 以 k8s:enc:{provider}: 开头",
    )
    key = f"{_SECRETS}{namespace}/{name}"
    value = lab.etcd_value(key)
    if value is None:
        return failed(expected, Text(f"etcd has no {key}", f"etcd 中没有 {key}"), _PLAIN, VERIFY)
    found = _of_key(key, value)
    return passed(expected, found) if _is_by(provider, value) else failed(expected, found, _PLAIN, VERIFY)


@check("etcd.all_secrets_encrypted")
def all_secrets_encrypted(lab: Observer, *, provider: Provider) -> Finding:
    """The bytes that etcd holds of every Secret in the cluster were encrypted by this provider."""
    expected = Text(
        f"in etcd, every Secret of the cluster begins with k8s:enc:{provider}:",
        f"etcd 中集群的每个 Secret 都以 k8s:enc:{provider}: 开头",
    )
    stored = _stored(lab)
    wrong = {key: value for key, value in stored.items() if not _is_by(provider, value)}
    if wrong:
        return failed(expected, _of_keys(wrong, len(stored)), _OLD, REWRITE)
    if not stored:
        return failed(expected, Text("etcd has no Secret at all", "etcd 中没有任何 Secret"), _OLD, REWRITE)
    return passed(expected, Text(f"all {len(stored)} are", f"全部 {len(stored)} 个都是"))


@check("etcd.secrets_readable")
def secrets_readable(lab: Observer) -> Finding:
    """The API server shows every Secret that etcd holds."""
    expected = Text(
        "every Secret that etcd holds can be read through the API server",
        "etcd 中的每个 Secret 都能通过 API 服务器读取",
    )
    try:
        shown = {f"{_SECRETS}{own['metadata']['namespace']}/{own['metadata']['name']}" for own in lab.list("Secret")}
    except Refused as error:
        return failed(expected, error.words, _UNREADABLE, ENCRYPT)
    hidden = sorted(set(lab.etcd_keys(_SECRETS)) - shown)
    if hidden:
        words = ", ".join(hidden[:_TOLD])
        return failed(expected, Text(f"not shown: {words}", f"未显示：{words}"), _UNREADABLE, ENCRYPT)
    return passed(expected, Text(f"all {len(shown)} are shown", f"全部 {len(shown)} 个都能读取"))


def _stored(lab: Observer) -> dict[str, bytes]:
    """Every Secret; one that is deleted between the two looks is none."""
    values = ((key, lab.etcd_value(key)) for key in lab.etcd_keys(_SECRETS))
    return {key: value for key, value in values if value is not None}


def _is_by(provider: Provider, value: bytes) -> bool:
    match = _ENCRYPTED.match(value)
    return match is not None and match["provider"].decode() == provider


def _of_keys(wrong: Mapping[str, bytes], stored: int) -> Text:
    """What is wrong, key by key as long as these are few."""
    told = listed(_of_key(key, value) for key, value in list(wrong.items())[:_TOLD])
    return Text(
        f"{len(wrong)} of {stored} are not: {told.en}",
        f"{stored} 个中有 {len(wrong)} 个不是：{told.zh}",
    )


def _of_key(key: str, value: bytes) -> Text:
    """How one value is stored; never the value itself."""
    match = _ENCRYPTED.match(value)
    if match:
        return as_is(f"{key}: {match[0].decode('utf-8', 'replace')}")
    return Text(f"{key}: not encrypted", f"{key}：未加密")
