"""Sealing for one reader: HPKE base mode with the hybrid KEM X-Wing (RFC 9180; draft-connolly-cfrg-xwing-kem).

`cryptography` has the KEM but no format for storing its keys. Here the private key is the 32-byte seed of the draft,
and the public key is its 1216 bytes: ML-KEM-768 encapsulation key, then X25519 public key.
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
# What sealing adds to the content: the encapsulated key (1088 + 32 bytes) and the tag of AES-256-GCM.
OVERHEAD_BYTES: Final = 1120 + 16

# A hybrid stays safe while one of its two parts is: X25519 if ML-KEM turns out weak, ML-KEM against a quantum computer.
_SUITE: Final = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


class NotOpened(Exception):
    """The sealed bytes do not open with this key and this info. HPKE does not reveal which part is at fault."""


class SealingKey:
    """The private key that opens what was sealed to its public key."""

    def __init__(self, seed: bytes) -> None:
        """Expand the 32-byte `seed` as in section 5.2 of the draft. Raises ValueError for another length."""
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
        """Return a new key made from 32 random bytes."""
        return cls(secrets.token_bytes(SEED_BYTES))

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """Return the plaintext that was sealed with the same `info`. Raises NotOpened."""
        # A broken encapsulated key and a broken ciphertext are the same fault to the caller.
        try:
            return _SUITE.decrypt(sealed, self._key, info=info)
        except (InvalidTag, ValueError) as error:
            raise NotOpened from error


def seal_for(public: bytes, plain: bytes, info: bytes) -> bytes:
    """Seal `plain` for the holder of the 1216-byte key `public`: encapsulated key ‖ ciphertext ‖ tag."""
    return _SUITE.encrypt(plain, _public_key(public), info=info)


def check_public(public: bytes) -> None:
    """Raise ValueError unless `public` is an X-Wing public key."""
    _public_key(public)


@lru_cache(maxsize=64)  # Building a key costs a quarter of the time of sealing to it, and parties have few keys.
def _public_key(public: bytes) -> hpke.MLKEM768X25519PublicKey:
    if len(public) != PUBLIC_BYTES:
        raise ValueError("an X-Wing public key has 1216 bytes")
    return hpke.MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC_BYTES]),
        X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC_BYTES:]),
    )
