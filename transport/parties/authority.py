"""Leaf certificates, signed by an invented rehearsal authority or by their own keys.

Trust on the line never rests on an authority: each side registers the other's leaf certificate itself. A certificate
that is signed by its own key is therefore as good, and another certificate of the same authority is an impostor's.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import Certificate
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME: Final = timedelta(days=730)
# A certificate begins a little earlier than now, so that a clock that is slightly behind does not refuse it.
_HEADROOM: Final = timedelta(minutes=10)


class Use(Enum):
    """The purpose of a leaf certificate; TLS refuses it for any other (RFC 5280, 4.2.1.12)."""

    TERMINAL = ExtendedKeyUsageOID.CLIENT_AUTH
    AGENCY = ExtendedKeyUsageOID.SERVER_AUTH


@dataclass(frozen=True, slots=True)
class Validity:
    """The period of a certificate, both ends included."""

    since: datetime
    until: datetime

    @classmethod
    def from_now(cls) -> "Validity":
        """Return a period of two years that has just begun."""
        since = datetime.now(UTC) - _HEADROOM
        return cls(since, since + LIFETIME)


class RehearsalAuthority:
    """An invented certification authority that exists only in memory, until its certificates are made."""

    def __init__(self, name: str = "Renkei rehearsal authority") -> None:
        # The key is never stored: nobody can later issue more certificates of this authority.
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = name

    def issue(
        self, name: str, key: ec.EllipticCurvePublicKey, use: Use, *, period: Validity | None = None
    ) -> Certificate:
        """Return a leaf certificate for `key`, valid for `period` (two years from now)."""
        leaf = _leaf(name, key, use, period or Validity.from_now())
        return _signed(leaf, self._name, self._key)


def sign_own(name: str, key: ec.EllipticCurvePrivateKey, use: Use) -> Certificate:
    """Return a leaf certificate for `key` that is signed by `key` itself, valid for two years from now."""
    return _signed(_leaf(name, key.public_key(), use, Validity.from_now()), name, key)


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _leaf(name: str, key: ec.EllipticCurvePublicKey, use: Use, period: Validity) -> x509.CertificateBuilder:
    # The critical extensions keep the certificate from being used for anything else: it issues no certificates, serves
    # one side of TLS, and its key only signs.
    return (
        x509.CertificateBuilder()
        .subject_name(_subject(name))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(period.since)
        .not_valid_after(period.until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([use.value]), critical=True)
        .add_extension(_signing_only(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _signed(leaf: x509.CertificateBuilder, issuer: str, key: ec.EllipticCurvePrivateKey) -> Certificate:
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    return leaf.issuer_name(_subject(issuer)).add_extension(issuer_key, critical=False).sign(key, SHA256())


def _signing_only() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
