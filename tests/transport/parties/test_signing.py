"""Signatures: what RFC 8032 says, and what another library says of the same bytes."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from transport.parties.signing import PUBLIC_BYTES, SIGNATURE_BYTES, Signer, check_public, has_signed

# RFC 8032, section 7.1: secret key, public key, message, signature.
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
            "655141438e7a100b"
        ),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
            "b00d291612bb0c00"
        ),
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
            "c027beceea1ec40a"
        ),
    ),
]
# The order of the group: adding it to the second half of a signature makes another spelling of the same one.
ORDER = 2**252 + 27742317777372353535851937790883648493
# Points of small order, under which a signature says nothing (their y in little-endian bytes): 1, 0, and -1.
WEAK = [(1).to_bytes(32, "little"), bytes(32), (2**255 - 20).to_bytes(32, "little")]


def _other(secret: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(secret)


@pytest.mark.parametrize("vector", VECTORS)
def test_signatures_are_those_of_the_standard(vector: tuple[str, str, str, str]) -> None:
    secret, public, message, signature = map(bytes.fromhex, vector)
    signer = Signer(_other(secret))
    assert signer.public == public
    assert signer.sign(message) == signature
    assert has_signed(public, signature, message)


def test_another_library_signs_and_verifies_the_same() -> None:
    key, message = Ed25519PrivateKey.generate(), b"renkei" * 100
    signer = Signer(key)
    assert signer.sign(message) == key.sign(message)
    key.public_key().verify(signer.sign(message), message)
    assert has_signed(key.public_key().public_bytes_raw(), key.sign(message), message)


def test_every_changed_bit_is_noticed() -> None:
    signer, message = Signer(Ed25519PrivateKey.generate()), b"renkei"
    signature = signer.sign(message)
    for place in range(8 * SIGNATURE_BYTES):
        changed = bytearray(signature)
        changed[place // 8] ^= 1 << place % 8
        assert not has_signed(signer.public, bytes(changed), message)
    assert not has_signed(signer.public, signature, message + b"!")
    assert not has_signed(Signer(Ed25519PrivateKey.generate()).public, signature, message)


@pytest.mark.parametrize("length", [0, 1, SIGNATURE_BYTES - 1, SIGNATURE_BYTES + 1])
def test_a_signature_of_another_length_is_none(length: int) -> None:
    signer = Signer(Ed25519PrivateKey.generate())
    signature = (signer.sign(b"renkei") + b"renkei")[:length]
    assert not has_signed(signer.public, signature, b"renkei"[max(0, length - SIGNATURE_BYTES) :])


def test_a_signature_has_one_spelling() -> None:
    signer = Signer(Ed25519PrivateKey.generate())
    signature = signer.sign(b"renkei")
    half = int.from_bytes(signature[32:], "little") + ORDER
    respelled = signature[:32] + half.to_bytes(32, "little")
    assert not has_signed(signer.public, respelled, b"renkei")
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(signer.public).verify(respelled, b"renkei")


@pytest.mark.parametrize("public", WEAK)
def test_a_key_under_which_everything_verifies_signs_nothing(public: bytes) -> None:
    # With such a key the point 1 and the number 0 are a signature over many messages, or over all.
    assert not has_signed(public, WEAK[0] + bytes(32), b"renkei")


@pytest.mark.parametrize("length", [0, PUBLIC_BYTES - 1, PUBLIC_BYTES + 1])
def test_a_key_of_another_length_is_none(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        check_public(bytes(length))
