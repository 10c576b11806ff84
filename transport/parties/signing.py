"""Signatures on the line: Ed25519 (RFC 8032).

`cryptography` makes and stores the keys. libsodium signs and verifies with them: it takes about half as long for both,
which saves a tenth of the cost of a message on both sides, and other threads run meanwhile.
"""

from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair
from nacl.exceptions import BadSignatureError

PUBLIC_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64


class Signer:
    """The private key of a party that signs."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        # libsodium keeps the public key beside the seed, so that it need not be derived for each signature.
        self.public, self._secret = crypto_sign_seed_keypair(key.private_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """Return the signature over `message`, 64 bytes. The same message always has the same signature."""
        # libsodium returns signature and message together.
        return crypto_sign(message, self._secret)[:SIGNATURE_BYTES]


def has_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether `signature` over `message` was made with the private half of the 32-byte key `public`."""
    # libsodium sees only signature and message joined: a longer signature would lend its last bytes to the message.
    if len(signature) != SIGNATURE_BYTES:
        return False
    try:
        crypto_sign_open(signature + message, public)
    except BadSignatureError:
        return False
    return True


def check_public(public: bytes) -> None:
    """Raise ValueError unless `public` has the length of a public key."""
    if len(public) != PUBLIC_BYTES:
        raise ValueError("an Ed25519 public key has 32 bytes")
