"""How objects lie in etcd: the bytes themselves, past the API server that would decrypt them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from checkers.api import Finding, Observer, Refused, Text, check, failed, passed
from checkers.words import as_is, listed

ENCRYPT = "https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/"
VERIFY = f"{ENCRYPT}#verifying-that-data-is-encrypted"
REWRITE = f"{ENCRYPT}#ensure-all-secrets-are-encrypted"

Provider = Literal["aescbc", "aesgcm", "secretbox", "kms"]

_SECRETS = "/registry/secrets/"
_ENCRYPTED = re.compile(rb"k8s:enc:(?P<provider>[a-z]+):v\d+:(?P<key>[^:]+):")
_TOLD = 3
"""Secrets that a finding names one by one."""

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
    """The bytes that etcd holds of a Secret were encrypted by this provider, and the API server can decrypt them."""
    expected = Text(
        f"in etcd, Secret {name} of namespace {namespace} begins with k8s:enc:{provider}: and can be read",
        f"etcd 中命名空间 {namespace} 的 Secret {name} 以 k8s:enc:{provider}: 开头，并且可以读取",
    )
    key = f"{_SECRETS}{namespace}/{name}"
    value = lab.etcd_value(key)
    if value is None:
        return failed(expected, Text(f"etcd has no {key}", f"etcd 中没有 {key}"), _PLAIN, VERIFY)
    if not _is_by(provider, value):
        return failed(expected, _stored_as(key, value), _PLAIN, VERIFY)
    if why := _why_hidden(lab, key):
        return failed(expected, why, _UNREADABLE, ENCRYPT)
    return passed(expected, _stored_as(key, value))


@check("etcd.all_secrets_encrypted")
def all_secrets_encrypted(lab: Observer, *, provider: Provider) -> Finding:
    """The same of every Secret of the cluster."""
    expected = Text(
        f"in etcd, every Secret of the cluster begins with k8s:enc:{provider}: and can be read",
        f"etcd 中集群的每个 Secret 都以 k8s:enc:{provider}: 开头，并且可以读取",
    )
    stored = _stored(lab)
    others = [_stored_as(key, value) for key, value in stored.items() if not _is_by(provider, value)]
    if others or not stored:
        return failed(expected, _of_some(others, len(stored)), _OLD, REWRITE)
    if hidden := _hidden(lab, list(stored)):
        return failed(expected, _of_some(hidden, len(stored)), _UNREADABLE, ENCRYPT)
    return passed(expected, Text(f"all {len(stored)} do", f"全部 {len(stored)} 个都是"))


@check("etcd.secrets_readable")
def secrets_readable(lab: Observer) -> Finding:
    """The API server shows every Secret that etcd holds."""
    expected = Text(
        "every Secret that etcd holds can be read through the API server",
        "etcd 中的每个 Secret 都能通过 API 服务器读取",
    )
    keys = lab.etcd_keys(_SECRETS)
    if hidden := _hidden(lab, keys):
        return failed(expected, _of_some(hidden, len(keys)), _UNREADABLE, ENCRYPT)
    return passed(expected, Text(f"all {len(keys)} can", f"全部 {len(keys)} 个都能读取"))


def _stored(lab: Observer) -> dict[str, bytes]:
    """Every Secret; one that is deleted between the two looks is none."""
    values = ((key, lab.etcd_value(key)) for key in lab.etcd_keys(_SECRETS))
    return {key: value for key, value in values if value is not None}


def _is_by(provider: Provider, value: bytes) -> bool:
    match = _ENCRYPTED.match(value)
    return match is not None and match["provider"].decode() == provider


def _stored_as(key: str, value: bytes) -> Text:
    """How one value is stored; never the value itself."""
    match = _ENCRYPTED.match(value)
    if match:
        return as_is(f"{key}: {match[0].decode('utf-8', 'replace')}")
    return Text(f"{key}: not encrypted", f"{key}：未加密")


def _hidden(lab: Observer, keys: Sequence[str]) -> list[Text]:
    """Why the API server does not show some of these Secrets.

    They are asked for one by one: a list of all comes from a cache, which is never filled where one of them cannot be
    decrypted.
    """
    return [why for key in keys if (why := _why_hidden(lab, key))]


def _why_hidden(lab: Observer, key: str) -> Text | None:
    namespace, _, name = key.removeprefix(_SECRETS).partition("/")
    try:
        shown = lab.get("Secret", name, namespace)
    except Refused as error:
        return error.words
    return None if shown else Text(f"{key}: not shown by the API server", f"{key}：API 服务器不显示它")


def _of_some(wrong: Sequence[Text], stored: int) -> Text:
    """What is wrong with some of all Secrets, one by one as long as these are few."""
    told = listed(wrong[:_TOLD])
    return Text(f"{len(wrong)} of {stored} not: {told.en}", f"{stored} 个中有 {len(wrong)} 个不符：{told.zh}")
