"""The vectors of PROTOCOL.md: opened by the program, and taken apart by hand after the page alone."""

import hashlib
import json
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from transport.authority import Use, sign_own
from transport.envelope import Envelope, Opener, Purpose
from transport.identity import DatedIdentity, Identity
from transport.receipts import sign_receipt, verify_receipt
from transport.sealing import SealingKey

VECTOR: dict[str, Any] = json.loads((Path(__file__).parent / "envelope_vector.json").read_text())
NOW = datetime(2026, 11, 23, 7, 15, tzinfo=UTC)


def _identity(party: dict[str, str], use: Use) -> Identity:
    certificate = sign_own(party["name"], ec.generate_private_key(ec.SECP256R1()), use)
    seed = bytes.fromhex(party["sealing_seed"]) if "sealing_seed" in party else bytes(32)
    signing = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(party["signing_private"]))
    return Identity(Path("/nowhere"), certificate, signing, SealingKey(seed))


@pytest.fixture
def sender() -> Identity:
    return _identity(VECTOR["sender"], Use.TERMINAL)


@pytest.fixture
def recipient() -> Identity:
    return _identity(VECTOR["recipient"], Use.AGENCY)


def test_the_program_opens_the_vector(sender: Identity, recipient: Identity) -> None:
    senders = (DatedIdentity("1", sender.public, NOW - timedelta(days=1)),)
    raw = bytes.fromhex(VECTOR["envelope"])
    opened = Opener(recipient, senders, "131041", {Purpose.MESSAGE}).open(raw, now=NOW)

    assert opened.content == bytes.fromhex(VECTOR["content"])
    assert opened.envelope.digest == VECTOR["envelope_digest"]
    assert json.loads(opened.envelope.header_bytes) == VECTOR["header"]


def test_the_program_makes_and_verifies_the_receipt_of_the_vector(recipient: Identity) -> None:
    envelope = Envelope.read(bytes.fromhex(VECTOR["envelope"]))
    receipt = bytes.fromhex(VECTOR["receipt"])
    signers = (DatedIdentity("1", recipient.public, NOW - timedelta(days=1)),)

    assert sign_receipt(envelope, recipient=recipient, received_at=NOW + timedelta(seconds=1)) == receipt
    assert verify_receipt(receipt, envelope=envelope, signers=signers).envelope_digest == VECTOR["envelope_digest"]


def test_the_page_alone_is_enough_to_take_the_vector_apart() -> None:
    raw = bytes.fromhex(VECTOR["envelope"])
    assert raw[:4] == bytes.fromhex("524E4B31")
    (header_length,) = struct.unpack(">I", raw[4:8])
    header = raw[8 : 8 + header_length]
    (sealed_length,) = struct.unpack(">I", raw[8 + header_length : 12 + header_length])
    sealed = raw[12 + header_length : 12 + header_length + sealed_length]
    signature = raw[12 + header_length + sealed_length :]

    signed = b"renkei/1 envelope signature\x00" + raw[4:8] + header + hashlib.sha256(sealed).digest()
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(VECTOR["sender"]["signing_public"])).verify(signature, signed)

    expanded = hashlib.shake_256(bytes.fromhex(VECTOR["recipient"]["sealing_seed"])).digest(96)
    key = hpke.MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(expanded[:64]), X25519PrivateKey.from_private_bytes(expanded[64:])
    )
    suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
    plain = suite.decrypt(sealed, key, info=b"renkei/1 envelope seal\x00" + header)

    assert plain[32:].hex() == VECTOR["content"]
    digest = hashlib.sha256(b"renkei/1 content digest\x00" + plain).hexdigest()
    assert json.loads(header)["content_digest"] == digest

    receipt = bytes.fromhex(VECTOR["receipt"])
    (length,) = struct.unpack(">I", receipt[:4])
    body, proof = receipt[4 : 4 + length], receipt[4 + length :]
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(VECTOR["recipient"]["signing_public"])).verify(
        proof, b"renkei/1 receipt signature\x00" + body
    )
    assert json.loads(body)["envelope_digest"] == hashlib.sha256(raw).hexdigest()
