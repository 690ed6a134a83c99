"""What Secrets held when the learner began, so that a check can tell whether they still do: hashes, never values."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checkers.api import Finding, LabBroken, NoObservation, Observer, Text, check, failed, passed
from checkers.etcd import SECRETS
from checkers.kit.static_pods import NODE
from checkers.kit.text import as_is, of_some

FILE = "/var/lib/ckslab/secrets-at-start.json"
"""Where a start leaves it on the control plane: no task has a learner work there."""

_READ = 'date --utc +%FT%TZ && cat -- "$1"'
_EXPIRES = "expiration"
"""The data key of a bootstrap token that says when the cluster itself removes it."""

_LINK = "https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/#ensure-all-secrets-are-encrypted"
_LOST = Text(
    "To encrypt a Secret that is there it is written again as it is; one that is made anew has lost what it held.",
    "要加密已有的 Secret，应把它原样重新写入；重新创建的 Secret 会丢失原来的内容。",
)


@dataclass(frozen=True, slots=True)
class _Secret:
    """A Secret as it was. `expires` is a time as the cluster writes it, or empty."""

    namespace: str
    name: str
    type: str
    hashes: Mapping[str, str]
    expires: str

    @classmethod
    def of(cls, fingerprint: Mapping[str, Any]) -> _Secret:
        """What `fingerprints` makes of it."""
        return cls(**fingerprint)

    @property
    def place(self) -> str:
        return f"{self.namespace}/{self.name}"


def remembered(secrets: Sequence[Mapping[str, Any]], salt: str) -> str:
    """What `FILE` holds of these Secrets, the salt too."""
    return json.dumps({"salt": salt, "secrets": fingerprints(secrets, salt)})


def fingerprints(secrets: Sequence[Mapping[str, Any]], salt: str) -> Sequence[dict[str, Any]]:
    """What tells whether Secrets still hold the same, and not what they hold."""
    return [
        {
            "namespace": secret["metadata"]["namespace"],
            "name": secret["metadata"]["name"],
            "type": secret.get("type", ""),
            "hashes": _hashes(secret, salt),
            "expires": _decoded((secret.get("data") or {}).get(_EXPIRES, "")).decode("utf-8", "replace"),
        }
        for secret in secrets
    ]


@check("secrets.kept", causes=("secret-gone", "secret-other-content", "secret-unreadable"))
def kept(cluster: Observer) -> Finding:
    """Every Secret that was there at the start still has its type and holds what it held. More beside that is right."""
    expected = Text(
        "every Secret that was there at the start still holds what it held",
        "开始时已有的每个 Secret 仍保有原来的内容",
    )
    now, salt, at_start = _at_start(cluster)
    try:
        shown = {secret.place: secret for secret in map(_Secret.of, cluster.fingerprints(salt))}
    except NoObservation:
        return _unreadable(cluster, salt, at_start, expected)
    wrong: list[Text] = []
    causes: set[str] = set()
    for secret in at_start:
        there = shown.get(secret.place)
        if there is None and not (secret.expires and secret.expires <= now):
            causes.add("secret-gone")
            wrong.append(Text(f"{secret.place} is gone", f"{secret.place} 已不存在"))
        elif there is not None and (differs := _difference(secret, there)):
            causes.add("secret-other-content")
            wrong.append(differs)
    if wrong:
        return failed(expected, of_some(wrong, len(at_start)), _LOST, _LINK, causes)
    return passed(expected, Text(f"all {len(at_start)} do", f"全部 {len(at_start)} 个都是"))


def _at_start(cluster: Observer) -> tuple[str, str, Sequence[_Secret]]:
    """The time on the node, the salt, and the Secrets."""
    ran = cluster.on_node(NODE, ["sh", "-c", _READ, "sh", FILE])
    if ran.code != 0:
        raise LabBroken(
            Text(
                f"The start of this exercise left no {FILE} on {NODE}. Start it again: `ckslab start etcd-encryption`.",
                f"本练习的开始步骤没有在 {NODE} 上留下 {FILE}。请重新开始：`ckslab start etcd-encryption`。",
            )
        )
    now, _, text = ran.stdout.partition("\n")
    held = json.loads(text)
    return now, held["salt"], [_Secret.of(secret) for secret in held["secrets"]]


def _unreadable(cluster: Observer, salt: str, at_start: Sequence[_Secret], expected: Text) -> Finding:
    """The API server does not list Secrets, because it cannot read one of them."""
    unreadable = cluster.unreadable("Secret", SECRETS)
    keys = [f"{SECRETS}{secret.place}" for secret in at_start]
    wrong = [as_is(f"{key}: {unreadable[key]}") for key in keys if key in unreadable]
    if not wrong:
        cluster.fingerprints(salt)  # it says why
    why = Text("What cannot be read holds nothing for anybody.", "读不出来的内容，对任何人都没有用。")
    return failed(expected, of_some(wrong, len(at_start)), why, _LINK, ["secret-unreadable"])


def _difference(secret: _Secret, there: _Secret) -> Text | None:
    if there.type != secret.type:
        return as_is(f"{secret.place}: {secret.type} -> {there.type}")
    other = [key for key, value in secret.hashes.items() if there.hashes.get(key) != value]
    if not other:
        return None
    keys = ", ".join(sorted(other))
    return Text(f"{secret.place} holds another value under {keys}", f"{secret.place} 在 {keys} 下的值已不同")


def _hashes(secret: Mapping[str, Any], salt: str) -> dict[str, str]:
    data = secret.get("data") or {}
    return {
        key: hmac.new(salt.encode(), _decoded(value), hashlib.sha256).hexdigest()[:32] for key, value in data.items()
    }


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value)
    except binascii.Error:
        return value.encode()
