"""The class's own authority: a certificate for the hub's address, and the key by which ssh knows it.

A class has no name that a public authority would vouch for. The slip has the fingerprints of both instead.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncssh
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAYS = 90
"""For which a certificate is good. A class is over by then; browsers refuse what is good for much longer."""

_CERTIFICATE, _KEY, _SSH_KEY = "hub.pem", "hub.key", "ssh.key"


@dataclass(frozen=True, slots=True)
class Authority:
    """The files by which the hub shows that it is the hub, and their fingerprints as a slip has them."""

    certificate: Path
    key: Path
    ssh_key: Path
    fingerprint: str
    ssh_fingerprint: str


def of_class(folder: Path, address: str, now: datetime | None = None) -> Authority:
    """The authority of a class, made where there is none yet for this address, or where it is no longer good.

    Args:
        folder: of the class.
    """
    certificate, key, ssh_key = (folder / name for name in (_CERTIFICATE, _KEY, _SSH_KEY))
    now = now or datetime.now(UTC)
    if not _is_good(certificate, address, now):
        _write_certificate(certificate, key, address, now)
    if not ssh_key.exists():
        _write_private(ssh_key, asyncssh.generate_private_key("ssh-ed25519").export_private_key())
    return Authority(
        certificate,
        key,
        ssh_key,
        _fingerprint(_read(certificate)),
        asyncssh.read_private_key(ssh_key).get_fingerprint(),
    )


def _is_good(certificate: Path, address: str, now: datetime) -> bool:
    if not certificate.exists():
        return False
    known = _read(certificate)
    names = known.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return _name(address) in names and now + timedelta(days=1) < known.not_valid_after_utc


def _write_certificate(certificate: Path, key: Path, address: str, now: datetime) -> None:
    """A certificate that vouches for itself: whoever has seen its fingerprint on the slip needs nobody else's word."""
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CKS Lab")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName([_name(address)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(secret, hashes.SHA256())
    )
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    _write_private(key, secret.private_bytes(serialization.Encoding.PEM, *private))
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))


def _write_private(file: Path, content: bytes) -> None:
    """Nobody else may read it, not even for a moment."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as private:
        private.write(content)


def _name(address: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        return x509.DNSName(address)


def _read(certificate: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(certificate.read_bytes())


def _fingerprint(certificate: x509.Certificate) -> str:
    """`AB:CD:…`, as browsers show it."""
    digest = hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest().upper()
    return ":".join(digest[start : start + 2] for start in range(0, len(digest), 2))
