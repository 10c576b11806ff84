"""Sealing for one reader: the hybrid KEM X-Wing in HPKE base mode (RFC 9180; draft-connolly-cfrg-xwing-kem).

`cryptography` has the KEM but no form to store its keys in. The private key here is the draft's 32-byte seed, the
public key the draft's 1216 bytes: ML-KEM-768 encapsulation key, then X25519 public key.
"""

import hashlib
import secrets
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

SEED_BYTES: Final = 32
PUBLIC_BYTES: Final = 1216
_MLKEM_PUBLIC_BYTES: Final = 1184
_MLKEM_SEED_BYTES: Final = 64
# Encapsulated key (1088 + 32 bytes) and the tag of AES-256-GCM: what sealing adds to the content.
OVERHEAD_BYTES: Final = 1120 + 16

_SUITE: Final = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


class NotOpened(Exception):
    """The sealed bytes do not open with this key and this info. HPKE does not tell which part is at fault."""


class SealingKey:
    """The private key that opens what was sealed for its public key."""

    def __init__(self, seed: bytes) -> None:
        """Expand the 32-byte `seed` as the draft says (section 5.2). Raises ValueError for another length."""
        if len(seed) != SEED_BYTES:
            raise ValueError("an X-Wing seed has 32 bytes")
        self.seed: Final = seed
        expanded = hashlib.shake_256(seed).digest(_MLKEM_SEED_BYTES + 32)
        mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED_BYTES])
        x25519 = X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED_BYTES:])
        self._key = hpke.MLKEM768X25519PrivateKey(mlkem, x25519)
        self.public: Final = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> "SealingKey":
        """Return a new key out of 32 random bytes."""
        return cls(secrets.token_bytes(SEED_BYTES))

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """Return what was sealed with the same `info`. Raises NotOpened."""
        try:
            return _SUITE.decrypt(sealed, self._key, info=info)
        except (InvalidTag, ValueError) as error:
            raise NotOpened from error


def seal_for(public: bytes, plain: bytes, info: bytes) -> bytes:
    """Return `plain` sealed for the holder of the 1216-byte key `public`: encapsulated key ‖ ciphertext ‖ tag."""
    return _SUITE.encrypt(plain, _public_key(public), info=info)


def check_public(public: bytes) -> None:
    """Raise ValueError unless `public` is an X-Wing public key."""
    _public_key(public)


@lru_cache(maxsize=64)  # Building one costs a quarter of sealing with it; parties have few.
def _public_key(public: bytes) -> hpke.MLKEM768X25519PublicKey:
    if len(public) != PUBLIC_BYTES:
        raise ValueError("an X-Wing public key has 1216 bytes")
    return hpke.MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC_BYTES]),
        X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC_BYTES:]),
    )
