"""What a certificate and a request for one say, read from their bytes (X.509 and PKCS #10, both in DER)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----\s*([A-Za-z0-9+/=\s]+?)-----END \1-----")

_EXPLICIT_0, _EXPLICIT_3, _DNS_NAME = 0xA0, 0xA3, 0x82
_NAMES = {"2.5.4.3": "CN", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST"}
_ALTERNATIVE_NAMES, _EXTENDED_USES = "2.5.29.17", "2.5.29.37"
_USES = {"1.3.6.1.5.5.7.3.1": "server auth", "1.3.6.1.5.5.7.3.2": "client auth", "2.5.29.37.0": "any"}


class Unreadable(ValueError):  # noqa: N818 - it tells what was read, as those of checkers.api do
    """These bytes are no certificate, or no request."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose a certificate is: what Kubernetes takes for user (`CN`) and groups (`O`), in their order."""

    parts: tuple[tuple[str, str], ...]

    @property
    def user(self) -> str:
        """The last common name; empty where there is none."""
        return next((value for name, value in reversed(self.parts) if name == "CN"), "")

    @property
    def groups(self) -> tuple[str, ...]:
        """The organizations."""
        return tuple(value for name, value in self.parts if name == "O")

    def __str__(self) -> str:
        """As `openssl -subject` prints it, about."""
        return ", ".join(f"{name} = {value}" for name, value in self.parts)


@dataclass(frozen=True, slots=True)
class Request:
    """A request for a certificate. `key`: the public key, as bytes."""

    subject: Subject
    key: bytes


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate.

    Attributes:
        key: the public key, as bytes.
        names: those of DNS that it is for.
        uses: `server auth`, `client auth`, or numbers; none where it does not restrict them.
        der: all of it.
    """

    subject: Subject
    issuer: Subject
    key: bytes
    names: tuple[str, ...]
    uses: tuple[str, ...]
    der: bytes


def request(pem: str) -> Request:
    """The request in a text.

    Raises:
        Unreadable: there is none.
    """
    (der,) = _blocks(pem, "CERTIFICATE REQUEST") or _blocks(pem, "NEW CERTIFICATE REQUEST") or [b""]
    try:
        _, subject, key, *_ = _children(_children(_one(der))[0])
        return Request(_subject(subject), key.whole)
    except (IndexError, ValueError) as error:
        raise Unreadable(str(error)) from error


def certificates(pem: str) -> Sequence[Certificate]:
    """All certificates in a text, in their order; none where there is none.

    Raises:
        Unreadable: one of them is not what it says.
    """
    try:
        return [_certificate(der) for der in _blocks(pem, "CERTIFICATE")]
    except (IndexError, ValueError) as error:
        raise Unreadable(str(error)) from error


@dataclass(frozen=True, slots=True)
class _Part:
    """One value of DER: what kind, its content, and all of its bytes."""

    tag: int
    content: bytes
    whole: bytes


def _certificate(der: bytes) -> Certificate:
    fields = _children(_children(_one(der))[0])
    if fields[0].tag == _EXPLICIT_0:  # the version
        del fields[0]
    _, _, issuer, _, subject, key, *more = fields
    extensions = dict(_extensions(more))
    names = [part for part in _inside(extensions.get(_ALTERNATIVE_NAMES)) if part.tag == _DNS_NAME]
    uses = [_oid(part.content) for part in _inside(extensions.get(_EXTENDED_USES))]
    return Certificate(
        _subject(subject),
        _subject(issuer),
        key.whole,
        tuple(part.content.decode("ascii", "replace") for part in names),
        tuple(_USES.get(use, use) for use in uses),
        der,
    )


def _extensions(parts: Sequence[_Part]) -> Iterator[tuple[str, bytes]]:
    for part in parts:
        if part.tag == _EXPLICIT_3:
            for extension in _children(_one(part.content)):
                known = _children(extension)
                yield _oid(known[0].content), known[-1].content


def _inside(extension: bytes | None) -> list[_Part]:
    return _children(_one(extension)) if extension else []


def _subject(part: _Part) -> Subject:
    pairs = [_children(attribute) for relative in _children(part) for attribute in _children(relative)]
    named = [(_oid(name.content), value.content.decode("utf-8", "replace")) for name, value in pairs]
    return Subject(tuple((_NAMES.get(name, name), value) for name, value in named))


def _blocks(pem: str, kind: str) -> list[bytes]:
    try:
        return [base64.b64decode(body) for name, body in _PEM.findall(pem) if name == kind]
    except binascii.Error as error:
        raise Unreadable(str(error)) from error


def _children(part: _Part) -> list[_Part]:
    return list(_parts(part.content))


def _one(der: bytes) -> _Part:
    return next(_parts(der), None) or _nothing()


def _nothing() -> _Part:
    raise Unreadable("no DER")


def _parts(der: bytes) -> Iterator[_Part]:
    """The values that stand one after the other."""
    at = 0
    while at < len(der):
        tag, length, body = der[at], der[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, body = int.from_bytes(der[body : body + size]), body + size
        if body + length > len(der):
            raise Unreadable("it ends too early")
        yield _Part(tag, der[body : body + length], der[at : body + length])
        at = body + length


def _oid(content: bytes) -> str:
    numbers = [content[0] // 40, content[0] % 40]
    value = 0
    for byte in content[1:]:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    return ".".join(map(str, numbers))
