"""Who a side is: its private keys in a directory of its own, and what the other side registers of it.

An identity has three keys, each for one thing: ECDSA P-256 with a certificate for TLS, Ed25519 for signatures, X-Wing
for being sealed to. Nothing here decides whom to trust; that is what the register of the other side says.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from transport import wire
from transport.errors import (
    CertificateExpired,
    CertificateNotYetValid,
    IdentityDamaged,
    IdentityExists,
    IdentityExposed,
    IdentityMismatch,
    IdentityMissing,
)
from transport.parties import signing
from transport.parties.authority import RehearsalAuthority, Use, sign_own
from transport.parties.sealing import PUBLIC_BYTES, NotOpened, SealingKey, check_public

TLS_KEY: Final = "tls.key"
TLS_CERTIFICATE: Final = "tls.crt"
SIGNING_KEY: Final = "signing.key"
SEALING_SEED: Final = "sealing.seed"
SEALING_COVERED: Final = "sealing.covered"
#: For how long the former keys of a party are trusted beside its next ones.
OVERLAP: Final = timedelta(days=1)
_OTHERS: Final = 0o077
_MOST_KEY_FILE_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class PublicIdentity:
    """What the other side registers: name on the wire, TLS certificate (PEM), Ed25519 and X-Wing public keys (raw)."""

    name: str
    certificate_pem: str
    signing_key: bytes
    sealing_key: bytes

    def __post_init__(self) -> None:
        """Raise wire.WireError for anything that could not be used later."""
        wire.name(self.name, "name")
        try:
            _loaded(self.certificate_pem)
            signing.check_public(self.signing_key)
            check_public(self.sealing_key)
        except ValueError as error:
            raise wire.WireError("keys") from error

    @property
    def certificate(self) -> x509.Certificate:
        """The TLS certificate."""
        return _loaded(self.certificate_pem)

    @property
    def certificate_der(self) -> bytes:
        """The exact bytes of the certificate, as TLS shows them."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate in hexadecimal digits: what two people compare by telephone."""
        return wire.sha256(self.certificate_der)

    @property
    def signing_key_id(self) -> str:
        """The id by which envelopes and receipts name the signing key."""
        return wire.fingerprint(self.signing_key)

    @property
    def sealing_key_id(self) -> str:
        """The id by which envelopes name the sealing key."""
        return wire.fingerprint(self.sealing_key)

    def has_signed(self, signature: bytes, message: bytes) -> bool:
        """Tell whether `signature` over `message` was made by this identity's signing key."""
        return signing.has_signed(self.signing_key, signature, message)

    def to_json(self) -> str:
        """Return the identity as one line of JSON, to be handed over and registered."""
        return wire.encode(
            {
                "name": self.name,
                "certificate": self.certificate_pem,
                "signing_key": wire.to_base64(self.signing_key),
                "sealing_key": wire.to_base64(self.sealing_key),
            }
        ).decode("ascii")

    @classmethod
    def from_json(cls, text: str | bytes) -> "PublicIdentity":
        """Read what `to_json` wrote. Raises wire.WireError (a ValueError) naming the field at fault."""
        raw = text.encode("utf-8", "replace") if isinstance(text, str) else text
        value = wire.only(wire.decode(raw, "identity"), "name", "certificate", "signing_key", "sealing_key")
        return cls(
            wire.name(value["name"], "name"),
            wire.text(value["certificate"], "certificate", most=16 * 1024),
            wire.from_base64(value["signing_key"], "signing_key", 32),
            wire.from_base64(value["sealing_key"], "sealing_key", 1216),
        )


@dataclass(frozen=True, slots=True)
class DatedIdentity:
    """An identity and when it is in force: from `valid_from` up to, not including, `valid_to` (None: open)."""

    version: str
    public: PublicIdentity
    valid_from: datetime
    valid_to: datetime | None = None

    def in_force(self, at: datetime) -> bool:
        """Tell whether this version is in force at the moment `at`."""
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)


def bounded(versions: Sequence[DatedIdentity]) -> tuple[DatedIdentity, ...]:
    """Return versions that were registered without an end with the end that the next one gives them.

    One of the same name is trusted for `OVERLAP` beyond the beginning of the next, since both sides never change keys
    at the very same moment; one of another name ends where the next begins.
    """
    return tuple(one if one.valid_to is not None else _ended_by_next(one, versions) for one in versions)


def _ended_by_next(one: DatedIdentity, versions: Sequence[DatedIdentity]) -> DatedIdentity:
    later = [other for other in versions if other.valid_from > one.valid_from]
    if not later:
        return one
    after = min(later, key=lambda other: other.valid_from)
    overlap = OVERLAP if after.public.name == one.public.name else timedelta()
    return replace(one, valid_to=after.valid_from + overlap)


def newest_in_force(versions: Sequence[DatedIdentity], at: datetime) -> DatedIdentity | None:
    """Return the version in force at `at` that began last: during an overlap the new one is used for sending."""
    return max((one for one in versions if one.in_force(at)), key=lambda one: one.valid_from, default=None)


class KeyCover(Protocol):
    """Keeps the sealing key unreadable at rest: who takes its file together with kept envelopes opens none of them."""

    def close(self, plain: bytes) -> bytes:
        """Return the covered bytes."""

    def open(self, covered: bytes) -> bytes | None:
        """Return what was covered; None for anything else."""


class Identity:
    """The private side: it signs, it opens what was sealed for it, and its files are what TLS loads.

    Read without the cover under which it was made, it does everything but open.
    """

    def __init__(
        self,
        directory: Path,
        certificate: x509.Certificate,
        signer: signing.Signer,
        sealing_key: SealingKey | None,
        sealing_public: bytes,
    ) -> None:
        self.directory: Final = directory
        self._certificate = certificate
        self._signer = signer
        self._sealing_key = sealing_key
        self.public: Final = PublicIdentity(
            _common_name(certificate),
            certificate.public_bytes(Encoding.PEM).decode("ascii"),
            signer.public,
            sealing_public,
        )

    @classmethod
    def create(
        cls,
        directory: Path,
        name: str,
        use: Use,
        *,
        authority: RehearsalAuthority | None = None,
        cover: KeyCover | None = None,
    ) -> "Identity":
        """Make all keys in the new `directory` (mode 0700) for `name` and return the identity.

        Without an `authority` the certificate is signed by its own key; with a `cover` the sealing key lies under it.
        Raises IdentityExists when there is anything
        already, wire.WireError for a name that cannot travel.
        """
        wire.name(name, "name")
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = authority.issue(name, key.public_key(), use) if authority else sign_own(name, key, use)
        files = {
            TLS_KEY: key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            TLS_CERTIFICATE: certificate.public_bytes(Encoding.PEM),
            SIGNING_KEY: Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            **_sealing_files(SealingKey.generate(), cover),
        }
        _write_all(directory, files)
        return cls.load(directory, cover)

    @classmethod
    def load(cls, directory: Path, cover: KeyCover | None = None) -> "Identity":
        """Read the identity. Raises IdentityMissing, IdentityExposed, IdentityDamaged, IdentityMismatch."""
        tls_key = _private_key(directory, TLS_KEY)
        signing_key = _private_key(directory, SIGNING_KEY)
        certificate = _certificate(directory)
        if not isinstance(signing_key, Ed25519PrivateKey):
            raise IdentityDamaged(name=SIGNING_KEY)
        if not isinstance(tls_key, ec.EllipticCurvePrivateKey):
            raise IdentityDamaged(name=TLS_KEY)
        if certificate.public_key() != tls_key.public_key():
            raise IdentityMismatch
        return cls(directory, certificate, signing.Signer(signing_key), *_sealing_key(directory, cover))

    @property
    def name(self) -> str:
        """The name on the wire: the common name of the certificate."""
        return self.public.name

    @property
    def certificate_until(self) -> datetime:
        """When the certificate ends."""
        return self._certificate.not_valid_after_utc

    @property
    def certificate_file(self) -> Path:
        """The file with the TLS certificate."""
        return self.directory / TLS_CERTIFICATE

    @property
    def key_file(self) -> Path:
        """The file with the TLS key."""
        return self.directory / TLS_KEY

    def check_dates(self, now: datetime) -> None:
        """Raise CertificateExpired or CertificateNotYetValid unless the certificate holds at `now`."""
        if now < self._certificate.not_valid_before_utc:
            raise CertificateNotYetValid(since=f"{self._certificate.not_valid_before_utc:%Y-%m-%d %H:%M}Z")
        if now > self._certificate.not_valid_after_utc:
            raise CertificateExpired(until=f"{self._certificate.not_valid_after_utc:%Y-%m-%d %H:%M}Z")

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature over `message`."""
        return self._signer.sign(message)

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """Return what was sealed for this identity with the same `info`. Raises sealing.NotOpened."""
        if self._sealing_key is None:
            raise NotOpened
        return self._sealing_key.open(sealed, info)


@lru_cache(maxsize=64)
def _loaded(certificate_pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(certificate_pem.encode("ascii"))


def _common_name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    try:
        return wire.name(names[0].value if len(names) == 1 else None, "name")
    except wire.WireError as error:
        raise IdentityDamaged(name=TLS_CERTIFICATE) from error


def _certificate(directory: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(_read_private(directory, TLS_CERTIFICATE))
    except ValueError as error:
        raise IdentityDamaged(name=TLS_CERTIFICATE) from error


def _sealing_files(key: SealingKey, cover: KeyCover | None) -> dict[str, bytes]:
    # The public half in clear: who only signs needs it, and has no cover.
    return {SEALING_SEED: key.seed} if cover is None else {SEALING_COVERED: key.public + cover.close(key.seed)}


def _sealing_key(directory: Path, cover: KeyCover | None) -> tuple[SealingKey | None, bytes]:
    """Return the sealing key, if it can be read, and its public half."""
    covered = (directory / SEALING_COVERED).exists()
    name = SEALING_COVERED if covered else SEALING_SEED
    raw = _read_private(directory, name)
    public, seed = raw[:PUBLIC_BYTES], raw[PUBLIC_BYTES:]
    try:
        if not covered:
            key = SealingKey(raw)
            return key, key.public
        check_public(public)
        key_or_none = None if cover is None else SealingKey(cover.open(seed) or b"")
    except ValueError as error:
        raise IdentityDamaged(name=name) from error
    if key_or_none is not None and key_or_none.public != public:
        raise IdentityDamaged(name=name)
    return key_or_none, public


def _private_key(directory: Path, name: str) -> Any:
    try:
        return load_pem_private_key(_read_private(directory, name), password=None)
    except (ValueError, TypeError) as error:
        raise IdentityDamaged(name=name) from error


def _read_private(directory: Path, name: str) -> bytes:
    """Read a file that nobody but its owner may read; the very file that was checked is the one that is read."""
    try:
        handle = os.open(directory / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise IdentityMissing(name=name) from error
    except OSError as error:
        raise IdentityDamaged(name=name) from error
    with open(handle, "rb") as stream:  # noqa: PTH123, the file is open already and has to stay the same one
        facts = os.fstat(handle)
        if facts.st_mode & _OTHERS or facts.st_uid != os.geteuid():
            raise IdentityExposed(name=name)
        return stream.read(_MOST_KEY_FILE_BYTES)


def _write_all(directory: Path, files: dict[str, bytes]) -> None:
    """Write all files and the directory through to the disk: a key that is registered must not be lost."""
    try:
        directory.mkdir(mode=0o700, parents=True)
    except FileExistsError as error:
        raise IdentityExists(name=directory.name) from error
    for name, content in files.items():
        handle = os.open(directory / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o400)
        with open(handle, "wb") as stream:  # noqa: PTH123, created with its mode in one step
            stream.write(content)
            stream.flush()
            os.fsync(handle)
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
