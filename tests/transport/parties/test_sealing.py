import hashlib
import hmac
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from transport.parties.sealing import OVERHEAD_BYTES, NotOpened, SealingKey, seal_for

VECTOR = json.loads((Path(__file__).parent / "xwing_vector.json").read_text())


def test_the_seed_gives_the_public_key_of_the_draft() -> None:
    public = SealingKey(bytes.fromhex(VECTOR["seed"])).public.hex()

    # The middle is proved by the next test: with any other key the ciphertext gives another secret.
    assert public.startswith(VECTOR["public_begins"])
    assert public.endswith(VECTOR["public_ends"])


def _extract(salt: bytes, material: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), material, hashlib.sha256)


def _expand(key: bytes, info: bytes, length: int) -> bytes:
    okm, block, count = b"", b"", 1
    while len(okm) < length:
        block = hmac.digest(key, block + info + bytes([count]), hashlib.sha256)
        okm, count = okm + block, count + 1
    return okm[:length]


def _hpke_key(shared: bytes, info: bytes) -> tuple[bytes, bytes]:
    """Derive key and nonce of RFC 9180 base mode by hand: KEM 0x647a (X-Wing), HKDF-SHA256, AES-256-GCM."""
    suite = b"HPKE" + bytes.fromhex("647a00010002")

    def extract(salt: bytes, label: bytes, material: bytes) -> bytes:
        return _extract(salt, b"HPKE-v1" + suite + label + material)

    def expand(key: bytes, label: bytes, context: bytes, length: int) -> bytes:
        return _expand(key, length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + context, length)

    context = b"\x00" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    secret = extract(shared, b"secret", b"")
    return expand(secret, b"key", context, 32), expand(secret, b"base_nonce", context, 12)


def test_what_another_hand_seals_by_the_draft_and_the_rfc_is_opened() -> None:
    key, nonce = _hpke_key(bytes.fromhex(VECTOR["shared"]), b"some info")
    sealed = bytes.fromhex(VECTOR["ciphertext"]) + AESGCM(key).encrypt(nonce, b"content", b"")

    assert SealingKey(bytes.fromhex(VECTOR["seed"])).open(sealed, b"some info") == b"content"


def test_only_the_right_key_and_info_open() -> None:
    key, other = SealingKey.generate(), SealingKey.generate()
    sealed = seal_for(key.public, b"content", b"info")

    assert len(sealed) == len(b"content") + OVERHEAD_BYTES
    assert key.open(sealed, b"info") == b"content"
    with pytest.raises(NotOpened):
        other.open(sealed, b"info")
    with pytest.raises(NotOpened):
        key.open(sealed, b"another info")


@pytest.mark.parametrize("cut", [0, 31, 1119, 1120, 1135])
def test_cut_seals_do_not_open(cut: int) -> None:
    key = SealingKey.generate()
    with pytest.raises(NotOpened):
        key.open(seal_for(key.public, b"content", b"")[:cut], b"")


@pytest.mark.parametrize("length", [0, 31, 33])
def test_seeds_of_other_lengths_are_no_keys(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SealingKey(bytes(length))
