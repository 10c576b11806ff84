"""The identity of a side: its private keys in a directory, and the public half that the other side registers.

An identity has three keys, each for one purpose: ECDSA P-256 with a certificate for TLS, Ed25519 for signatures, and
X-Wing, to which others seal. Nothing here decides whom to trust; the register of the other side does.
"""

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
    IdentityMismatch,
)
from transport.parties import signing
from transport.parties.authority import RehearsalAuthority, Use, sign_own
from transport.parties.key_files import read_private, sync_directory, write_new
from transport.parties.sealing import PUBLIC_BYTES, NotOpened, SealingKey, check_public

# The names of the files of an identity. Its sealing key is in `SEALING_SEED`, or under a cover in `SEALING_COVERED`.
TLS_KEY: Final = "tls.key"
TLS_CERTIFICATE: Final = "tls.crt"
SIGNING_KEY: Final = "signing.key"
SEALING_SEED: Final = "sealing.seed"
SEALING_COVERED: Final = "sealing.covered"
#: For how long the former keys of a party are still trusted after its next keys begin.
OVERLAP: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PublicIdentity:
    """What the other side registers: name on the wire, TLS certificate (PEM), raw Ed25519 and X-Wing public keys."""

    name: str
    certificate_pem: str
    signing_key: bytes
    sealing_key: bytes

    def __post_init__(self) -> None:
        """Raise wire.WireError for a name, certificate or key that could not be used later."""
        # Checked when it is registered, where somebody can correct it, and not in the middle of an exchange.
        wire.name(self.name, "name")
        try:
            _load_certificate(self.certificate_pem)
            signing.check_public(self.signing_key)
            check_public(self.sealing_key)
        except ValueError as error:
            raise wire.WireError("keys") from error

    @property
    def certificate(self) -> x509.Certificate:
        """The TLS certificate."""
        return _load_certificate(self.certificate_pem)

    @property
    def certificate_der(self) -> bytes:
        """The exact bytes of the certificate, as they appear in TLS."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate in hexadecimal digits, which two people compare by telephone."""
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
        """Return whether `signature` over `message` was made with this identity's signing key."""
        return signing.has_signed(self.signing_key, signature, message)

    def to_json(self) -> str:
        """Return the identity as one line of canonical JSON, to be handed to the other side and registered there."""
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
        # "replace": a lone surrogate would otherwise raise UnicodeEncodeError, which names no field.
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
    """An identity and its period in force: from `valid_from` up to but not including `valid_to` (None: open)."""

    version: str
    public: PublicIdentity
    valid_from: datetime
    valid_to: datetime | None = None

    def in_force(self, at: datetime) -> bool:
        """Return whether this version is in force at the moment `at`."""
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)


def bounded(versions: Sequence[DatedIdentity]) -> tuple[DatedIdentity, ...]:
    """Return `versions`; each that was registered without an end gets the end that its successor gives it.

    When the successor has the same name, the former version is trusted for `OVERLAP` beyond the beginning of the
    successor, since the two sides never change keys at exactly the same moment. A version with a successor of another
    name ends exactly where that one begins.
    """
    return tuple(version if version.valid_to is not None else _ended_by_next(version, versions) for version in versions)


def _ended_by_next(version: DatedIdentity, versions: Sequence[DatedIdentity]) -> DatedIdentity:
    later = [other for other in versions if other.valid_from > version.valid_from]
    if not later:
        return version
    successor = min(later, key=lambda other: other.valid_from)
    # Another name means another party: its predecessor has no business on the line any more.
    overlap = OVERLAP if successor.public.name == version.public.name else timedelta()
    return replace(version, valid_to=successor.valid_from + overlap)


def newest_in_force(versions: Sequence[DatedIdentity], at: datetime) -> DatedIdentity | None:
    """Return the version in force at `at` that began last: during an overlap, the new keys are used for sending."""
    in_force = (version for version in versions if version.in_force(at))
    return max(in_force, key=lambda version: version.valid_from, default=None)


class KeyCover(Protocol):
    """Keeps the sealing key unreadable at rest: somebody who steals its file and stored envelopes can open none."""

    def close(self, plain: bytes) -> bytes:
        """Return the covered bytes."""

    def open(self, covered: bytes) -> bytes | None:
        """Return the bytes that were covered, or None for bytes that this cover did not make."""


class Identity:
    """The private side: it signs, it opens what was sealed for it, and TLS loads its files.

    An identity that is loaded without the cover under which it was made does everything except open.
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

        Without an `authority` the certificate is signed by its own key. With a `cover` the sealing key is stored under
        it. Raises IdentityExists when the directory exists, wire.WireError for a name that does not fit the wire.
        """
        # A wrong name is refused before any file exists: half an identity would block the directory.
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
        # Read back from the files, so that keys that cannot be loaded are noticed before they are handed over.
        return cls.load(directory, cover)

    @classmethod
    def load(cls, directory: Path, cover: KeyCover | None = None) -> "Identity":
        """Read the identity. Raises IdentityMissing, IdentityExposed, IdentityDamaged, IdentityMismatch."""
        tls_key = _private_key(directory, TLS_KEY)
        signing_key = _private_key(directory, SIGNING_KEY)
        certificate = _certificate(directory)
        # A PEM file may hold a valid key of another kind, which would fail only when it is used.
        if not isinstance(signing_key, Ed25519PrivateKey):
            raise IdentityDamaged(name=SIGNING_KEY)
        if not isinstance(tls_key, ec.EllipticCurvePrivateKey):
            raise IdentityDamaged(name=TLS_KEY)
        # TLS would refuse such a pair too, but only at the next connection.
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

    # TLS takes the names of files, not keys: the ssl module has no way to load a key from memory.
    @property
    def certificate_file(self) -> Path:
        """The file with the TLS certificate."""
        return self.directory / TLS_CERTIFICATE

    @property
    def key_file(self) -> Path:
        """The file with the TLS key."""
        return self.directory / TLS_KEY

    def check_dates(self, now: datetime) -> None:
        """Raise CertificateExpired or CertificateNotYetValid unless the certificate is valid at `now`."""
        # Checked before calling: the peer's refusal would only say that it does not admit the certificate.
        if now < self._certificate.not_valid_before_utc:
            raise CertificateNotYetValid(since=f"{self._certificate.not_valid_before_utc:%Y-%m-%d %H:%M}Z")
        if now > self._certificate.not_valid_after_utc:
            raise CertificateExpired(until=f"{self._certificate.not_valid_after_utc:%Y-%m-%d %H:%M}Z")

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature over `message`."""
        return self._signer.sign(message)

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """Return the plaintext that was sealed for this identity with the same `info`. Raises sealing.NotOpened."""
        if self._sealing_key is None:
            raise NotOpened
        return self._sealing_key.open(sealed, info)


@lru_cache(maxsize=64)  # Every request needs the certificates of its parties, and there are few parties.
def _load_certificate(certificate_pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(certificate_pem.encode("ascii"))


def certified_name(directory: Path) -> str:
    """Return the name of the identity in `directory`, whose keys stay closed. Raises IdentityFault leaves."""
    return _common_name(_certificate(directory))


def _common_name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    # Exactly one name: with two of them, two programs might call the same party by different names.
    try:
        return wire.name(names[0].value if len(names) == 1 else None, "name")
    except wire.WireError as error:
        raise IdentityDamaged(name=TLS_CERTIFICATE) from error


def _certificate(directory: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(read_private(directory, TLS_CERTIFICATE))
    except ValueError as error:
        raise IdentityDamaged(name=TLS_CERTIFICATE) from error


def _sealing_files(key: SealingKey, cover: KeyCover | None) -> dict[str, bytes]:
    # The public half is stored in clear: a process that only signs has no cover, but needs the public half.
    return {SEALING_SEED: key.seed} if cover is None else {SEALING_COVERED: key.public + cover.close(key.seed)}


def _sealing_key(directory: Path, cover: KeyCover | None) -> tuple[SealingKey | None, bytes]:
    """Return the sealing key and its public half; None for the key when its cover is missing."""
    covered = (directory / SEALING_COVERED).exists()
    name = SEALING_COVERED if covered else SEALING_SEED
    raw = read_private(directory, name)
    public, seed = raw[:PUBLIC_BYTES], raw[PUBLIC_BYTES:]
    try:
        if not covered:
            key = SealingKey(raw)
            return key, key.public
        check_public(public)
        # A cover that does not open gives no bytes, which are no seed: SealingKey raises ValueError for them.
        key_or_none = None if cover is None else SealingKey(cover.open(seed) or b"")
    except ValueError as error:
        raise IdentityDamaged(name=name) from error
    # The public half was not under the cover: an exchanged one would have the peer seal to somebody else's key.
    if key_or_none is not None and key_or_none.public != public:
        raise IdentityDamaged(name=name)
    return key_or_none, public


def _private_key(directory: Path, name: str) -> Any:
    try:
        return load_pem_private_key(read_private(directory, name), password=None)
    except (ValueError, TypeError) as error:
        raise IdentityDamaged(name=name) from error


def _write_all(directory: Path, files: dict[str, bytes]) -> None:
    """Write all files into the new `directory`, through to the disk. Raises IdentityExists.

    A key that the other side has registered must not be lost in a power failure.
    """
    try:
        directory.mkdir(mode=0o700, parents=True)
    except FileExistsError as error:
        raise IdentityExists(name=directory.name) from error
    for name, content in files.items():
        write_new(directory / name, content)
    sync_directory(directory)
