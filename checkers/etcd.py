"""How objects lie in etcd: the bytes themselves, past the API server that would decrypt them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from checkers.api import Finding, Observer, Text, check, failed, passed
from checkers.kit.text import as_is, listed, of_some

ENCRYPT = "https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/"
VERIFY = f"{ENCRYPT}#verifying-that-data-is-encrypted"
REWRITE = f"{ENCRYPT}#ensure-all-secrets-are-encrypted"

Provider = Literal["aescbc", "aesgcm", "secretbox", "kms"]

SECRETS = "/registry/secrets/"
_ENCRYPTED = re.compile(rb"k8s:enc:(?P<provider>[a-z]+):v\d+:(?P<key>[^:]+):")
_PLAIN = Text(
    "Whoever reads etcd's disk or a backup of it reads a Secret that is not encrypted; base64 is no encryption.",
    "未加密的 Secret，任何能读到 etcd 磁盘或其备份的人都能看到；base64 不是加密。",
)
_OLD = Text(
    "The API server encrypts when it writes: what was stored before stays as it is until it is written again.",
    "API 服务器只在写入时加密：之前存储的内容在重新写入前保持原样。",
)
_NO_IDENTITY = Text(
    "Nothing is lost: these Secrets are plain in etcd, and only a provider that reads plain ones is missing. Add "
    "`- identity: {}` as the last of the providers, let the API server load that, and write every Secret again.",
    "什么都没有丢失：这些 Secret 在 etcd 中是明文，只是缺少能读取明文的提供程序。"
    "请把 `- identity: {}` 加为最后一个提供程序，让 API 服务器加载它，然后重新写入每个 Secret。",
)
NOT_READ = Text(
    "The API server has no key that decrypts this. If the key that it was encrypted with still lies somewhere, add it "
    "as a further key and write every Secret again; without it, it is lost, and `ckslab reset` begins anew.",
    "API 服务器没有能解密它的密钥。如果当时加密用的密钥还在，请把它加为另一个密钥，再重新写入每个 Secret；"
    "没有它，内容就丢失了，可以用 `ckslab reset` 重新开始。",
)
_UNREAD = ("identity-missing", "key-gone")
"""Causes of a Secret that the API server does not show: stored plain, or encrypted."""


@check("etcd.secret_encrypted", causes=("absent", "plain", "other-provider", *_UNREAD))
def secret_encrypted(cluster: Observer, *, name: str, namespace: str = "default", provider: Provider) -> Finding:
    """The bytes that etcd holds of a Secret were encrypted by this provider, and the API server can decrypt them."""
    expected = Text(
        f"in etcd, Secret {name} of namespace {namespace} begins with k8s:enc:{provider}: and can be read",
        f"etcd 中命名空间 {namespace} 的 Secret {name} 以 k8s:enc:{provider}: 开头，并且可以读取",
    )
    key = f"{SECRETS}{namespace}/{name}"
    value = cluster.etcd_value(key)
    if value is None:
        return failed(expected, Text(f"etcd has no {key}", f"etcd 中没有 {key}"), _PLAIN, VERIFY, ["absent"])
    hidden = cluster.unreadable("Secret", SECRETS)
    if key in hidden:
        return _unreadable(expected, {key: value}, {key: hidden[key]})
    if not _is_by(provider, value):
        return failed(expected, _stored_as(key, value), _PLAIN, VERIFY, [_other(value)])
    return passed(expected, _stored_as(key, value))


@check(
    "etcd.all_secrets_encrypted",
    causes=("plain", "some-plain", "other-provider", "other-key", "some-other-key", *_UNREAD),
)
def all_secrets_encrypted(cluster: Observer, *, provider: Provider, key: str = "") -> Finding:
    """The same of every Secret of the cluster; where a key is named, by this key."""
    begin = f"k8s:enc:{provider}:v1:{key}:" if key else f"k8s:enc:{provider}:"
    expected = Text(
        f"in etcd, every Secret of the cluster begins with {begin} and can be read",
        f"etcd 中集群的每个 Secret 都以 {begin} 开头，并且可以读取",
    )
    stored = cluster.etcd_values(SECRETS)
    hidden = cluster.unreadable("Secret", SECRETS)
    if hidden:
        return _unreadable(expected, stored, hidden, key)
    others = {place: value for place, value in stored.items() if not _is_by(provider, value, key)}
    if others or not stored:
        found = of_some([_stored_as(place, value) for place, value in others.items()], len(stored))
        causes = {"other-key" if _is_by(provider, value) else _other(value) for value in others.values()}
        if len(others) < len(stored):
            causes |= {f"some-{cause}" for cause in causes & {"plain", "other-key"}}
        return failed(expected, found, _OLD, REWRITE, causes)
    return passed(expected, Text(f"all {len(stored)} do", f"全部 {len(stored)} 个都是"))


@check("etcd.secrets_readable", causes=_UNREAD)
def secrets_readable(cluster: Observer) -> Finding:
    """The API server shows every Secret that etcd holds."""
    expected = Text(
        "every Secret that etcd holds can be read through the API server",
        "etcd 中的每个 Secret 都能通过 API 服务器读取",
    )
    stored = cluster.etcd_values(SECRETS)
    hidden = cluster.unreadable("Secret", SECRETS)
    if hidden:
        return _unreadable(expected, stored, hidden)
    return passed(expected, Text(f"all {len(stored)} can", f"全部 {len(stored)} 个都能读取"))


def _unreadable(expected: Text, stored: Mapping[str, bytes], hidden: Mapping[str, str], key: str = "") -> Finding:
    """What the API server does not show: plain ones are not lost, whatever it says of them.

    Where a key is named, `other-key` is among the causes if one of them was encrypted by another.
    """
    by = [_ENCRYPTED.match(stored.get(place, b"")) for place in hidden]
    causes = {"key-gone" if match else "identity-missing" for match in by}
    if key and any(match and match["key"].decode() != key for match in by):
        causes.add("other-key")
    texts = [listed([_stored_as(place, stored.get(place, b"")), as_is(words)]) for place, words in hidden.items()]
    why = _NO_IDENTITY if causes == {"identity-missing"} else NOT_READ
    return failed(expected, of_some(texts, len(stored)), why, ENCRYPT, causes)


def _is_by(provider: Provider, value: bytes, key: str = "") -> bool:
    match = _ENCRYPTED.match(value)
    return match is not None and match["provider"].decode() == provider and key in ("", match["key"].decode())


def _stored_as(key: str, value: bytes) -> Text:
    """How one value is stored; never the value itself."""
    match = _ENCRYPTED.match(value)
    if match:
        return as_is(f"{key}: {match[0].decode('utf-8', 'replace')}")
    return Text(f"{key}: not encrypted", f"{key}：未加密")


def _other(value: bytes) -> str:
    """What is wrong with how a value is stored."""
    return "other-provider" if _ENCRYPTED.match(value) else "plain"
