"""Masks the secrets of a throw-away cluster in recordings, so that comparisons still come out the same."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from checkers.api import DryRun, Ran

SHORTEST = 8
"""Bytes. What is shorter is nobody's secret, and its replacement would hit words that only look alike."""
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_CREDENTIALS = (
    re.compile(r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]+"),  # a token
    re.compile(r"-----BEGIN ([A-Z ]+)-----.*?-----END \1-----", re.DOTALL),
    re.compile(r"LS0tLS1CRUdJTi[\w+/=]+"),  # the same in base64
    re.compile(r"(?<=secret: )[\w+/]{16,}={0,2}"),  # a key of an EncryptionConfiguration
)


class Masker:
    """Replaces a value by another of the same length, the same one wherever it stands: in a Secret, in etcd, in text.

    Args:
        public: values that the exercise itself tells everybody; they stay, for checks compare with them.
    """

    def __init__(self, public: Iterable[str] = ()) -> None:
        self._public = {value.encode() for value in public}
        self._known: dict[bytes, bytes] = {}

    def learn(self, secret: Mapping[str, Any]) -> None:
        """The values of this Secret are secret."""
        for encoded in (secret.get("data") or {}).values():
            self.learn_value(_decoded(encoded))

    def learn_value(self, value: bytes) -> None:
        """This is secret, in base64 too."""
        if len(value) >= SHORTEST and value not in self._public:
            self._known[value] = _mask(value)
            self._known[base64.b64encode(value)] = base64.b64encode(_mask(value))

    def masked(self, value: Any) -> Any:
        """The same without secrets, and without what nothing can be judged by."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return self._replaced(value)
        if isinstance(value, Ran):
            return Ran(value.code, self.text(value.stdout), self.text(value.stderr))
        if isinstance(value, DryRun):
            warnings = tuple(self.text(text) for text in value.warnings)
            return DryRun(value.accepted, self.text(value.message), warnings)
        if isinstance(value, Mapping):
            return {self._replaced_text(key): self.masked(inner) for key, inner in _trimmed(value).items()}
        if isinstance(value, (list, tuple)):
            return [self.masked(inner) for inner in value]
        return value

    def text(self, text: str) -> str:
        """Text without the known secrets, and without what looks like a credential."""
        text = self._replaced_text(text)
        for pattern in _CREDENTIALS:
            text = pattern.sub(_unless_public, text)
        return text

    def _replaced_text(self, text: str) -> str:
        return self._replaced(text.encode("utf-8", "surrogateescape")).decode("utf-8", "backslashreplace")

    def _replaced(self, data: bytes) -> bytes:
        for value in sorted(self._known, key=len, reverse=True):
            data = data.replace(value, self._known[value])
        return data


def _unless_public(found: re.Match[str]) -> str:
    """The mask of what looks like a credential. Certificates and requests for one are public: they stay."""
    text = found[0] if found[0].startswith("-") else _decoded(found[0]).decode("ascii", "replace")
    is_public = text.startswith("-----BEGIN CERTIFICATE") and "PRIVATE KEY" not in text
    return found[0] if is_public else _mask(found[0].encode())[:16].decode()


def _mask(value: bytes) -> bytes:
    """Letters and digits that tell nothing of the value, but are the same for the same one."""
    return hashlib.shake_256(value).hexdigest(len(value)).encode()[: len(value)]


def _decoded(encoded: object) -> bytes:
    try:
        return base64.b64decode(str(encoded), validate=True)
    except binascii.Error:
        return b""


def _trimmed(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is long and says nothing of the object, or says all of it again."""
    short = {key: value for key, value in mapping.items() if key != "managedFields"}
    if isinstance(short.get("annotations"), Mapping):
        short["annotations"] = {key: value for key, value in short["annotations"].items() if key != _LAST_APPLIED}
    if "nodeInfo" in short:  # the status of a Node
        short.pop("images", None)
    return short
