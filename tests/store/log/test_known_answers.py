"""Fixed keys and acts in, fixed bytes out: the log that exists has to verify for as long as it is kept.

Holds `store.log.entries`, `store.log.checkpoints`, `store.log.signing_keys` and `store.log.terminals` to the bytes that
are hashed, signed, exported and shown to the peer. Hashes and signatures were computed a second time with other tools.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from store import clock
from store.database import Database
from store.log import Event, Log, Occasion, Result, SigningKeys, checkpoints
from store.log.signing_keys import has_signed, key_from_text, key_text
from store.log.terminals import RETIRED, from_texts, to_texts
from store.sealing.keyfile import write_key_file

NOON: Final = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
FIRST_KEYS: Final = [bytes([number]) * 32 for number in (1, 2, 3)]
"""The private keys of the first three checkpoints."""
FIRST_PUBLIC: Final = bytes.fromhex("8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c")
FIRST_TEXT: Final = "MCowBQYDK2VwAyEAiojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w="
SECOND_TERMINAL: Final = bytes.fromhex("6e7a1cdd29b0b78fd13af4c5598feff4ef2a97166e3ca6f2e4fbfccd80505bf1")

ENTRIES: Final = [
    (
        (
            '{"actor":null,"at":"2026-11-23T03:00:00.000000Z","detail":{},"event":"terminal.created","object":null,'
            '"prev":"0000000000000000000000000000000000000000000000000000000000000000","result":"done","seq":1,'
            '"session":null,"terminal":"t-131041-01","v":1}'
        ),
        "02542160b4aa3da38b22bc9721da3fe35c0f8d50a07834118e27d4c65165441c",
    ),
    (
        (
            '{"actor":"op-101","at":"2026-11-23T03:00:00.000000Z","detail":{"attempts":3,"origin":"screen"},'
            '"event":"operator.refused","object":"0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f",'
            '"prev":"02542160b4aa3da38b22bc9721da3fe35c0f8d50a07834118e27d4c65165441c","result":"refused","seq":2,'
            '"session":"abababababababababababababababab","terminal":"t-131041-01","v":1}'
        ),
        "e9590b5eac82d2b154c23a10f4804131e9b06a2152d7cfe976491c83d54a47ad",
    ),
    (
        (
            '{"actor":"ka-301","at":"2026-11-23T03:00:00.000000Z","detail":{},"event":"terminal.admitted","object":null,'
            '"prev":"e9590b5eac82d2b154c23a10f4804131e9b06a2152d7cfe976491c83d54a47ad","result":"done","seq":3,'
            '"session":null,"terminal":"t-131041-01","v":1}'
        ),
        "83cd0d6b0dc932924a6b709649ca936ce70a4a11f4313d85b2dc55b847f109b0",
    ),
]
FIRST_BODY: Final = (
    '{"alg":"ed25519","at":"2026-11-23T03:00:00.000000Z","cause":"created",'
    '"hash":"e9590b5eac82d2b154c23a10f4804131e9b06a2152d7cfe976491c83d54a47ad",'
    f'"key":"{FIRST_TEXT}","next":"MCowBQYDK2VwAyEAgTl3Dqh9F19Wo1Rmw0x+zMuNipG07jeiXfYPW4/Js5Q=","number":1,'
    '"prev":"0000000000000000000000000000000000000000000000000000000000000000","seq":2,"terminal":"t-131041-01","v":1}'
)
FIRST_SIGNATURE: Final = bytes.fromhex(
    "0a2b5a6ccb5859522317b94b1dc1e02bad394acbf34f5aaa3e7d398add77e393"
    "3be621e6b35f23e0d25252277b31b21a38ab894b6f4ebcfe67d6d6bee3967f0c"
)
SHARED_BODY: Final = (
    '{"alg":"ed25519","at":"2026-11-23T03:00:00.000000Z","cause":"admitted",'
    '"hash":"83cd0d6b0dc932924a6b709649ca936ce70a4a11f4313d85b2dc55b847f109b0",'
    '"key":"MCowBQYDK2VwAyEAgTl3Dqh9F19Wo1Rmw0x+zMuNipG07jeiXfYPW4/Js5Q=",'
    '"next":"MCowBQYDK2VwAyEA7UkoxijRwsbq6QM4kFmVYSlZJzpcY/k2NsFGFKyHN9E=","number":2,'
    '"others":["t-131041-02:MCowBQYDK2VwAyEAbnoc3Smwt4/ROvTFWY/v9O8qlxZuPKby5Pv8zYBQW/E="],'
    '"prev":"8f1a54a0889a27e4ecf84aa64163c33fd62e9a1bf6071f2b9c7320e1e9e9f1b3","seq":3,"terminal":"t-131041-01","v":2}'
)
SHARED_SIGNATURE: Final = bytes.fromhex(
    "6a7e86fd757fc54e6bda09a3d77d3aee1a9c93c91b5b7bd934a24d945525e7db"
    "a4e0fd58dd18215a4f9afdac6b5098b42f0ddcfc4be93b4d0b5b813c3da96b08"
)


@pytest.fixture
def fixed_log(home: Path) -> Log:
    """A log whose next three signing keys are known."""
    write_key_file(home / "keys" / "root.pub", FIRST_PUBLIC)
    for number, key in enumerate(FIRST_KEYS, start=1):
        write_key_file(home / "keys" / f"{number:010}.key", key)
    return Log("t-131041-01", SigningKeys(home / "keys"))


def test_entries_and_checkpoints_have_the_bytes_that_are_kept(
    database: Database, fixed_log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    with database.writing() as tx:
        fixed_log.append(tx, Event.TERMINAL_CREATED, actor=None, session=None)
        fixed_log.append(
            tx,
            Event.OPERATOR_REFUSED,
            actor="op-101",
            session="ab" * 16,
            object="0f" * 16,
            result=Result.REFUSED,
            detail={"origin": "screen", "attempts": 3},
        )
        first = fixed_log.checkpoint(tx, Occasion.CREATED)
        fixed_log.append(tx, Event.TERMINAL_ADMITTED, actor="ka-301", session=None)
        shared = fixed_log.admit(tx, "t-131041-02", SECOND_TERMINAL)
        rows = tx.exec_driver_sql("SELECT body, hash FROM log_entry ORDER BY seq").all()
    assert [(bytes(body).decode("ascii"), bytes(digest).hex()) for body, digest in rows] == ENTRIES
    assert first is not None
    assert (first.body.decode("ascii"), first.signature) == (FIRST_BODY, FIRST_SIGNATURE)
    assert (shared.body.decode("ascii"), shared.signature) == (SHARED_BODY, SHARED_SIGNATURE)


@pytest.mark.parametrize(
    ("body", "signature", "digest"),
    [
        (FIRST_BODY, FIRST_SIGNATURE, "8f1a54a0889a27e4ecf84aa64163c33fd62e9a1bf6071f2b9c7320e1e9e9f1b3"),
        (SHARED_BODY, SHARED_SIGNATURE, "df3a23e0a6c06862fa419613fdcfef38c5b14ca53c12523fe9722079eefd503e"),
    ],
    ids=["alone", "shared"],
)
def test_a_checkpoint_made_earlier_is_read_and_verifies(body: str, signature: bytes, digest: str) -> None:
    kept = checkpoints.read(body.encode("ascii"), signature)
    assert kept is not None
    assert kept.digest.hex() == digest
    assert has_signed(kept.key, kept.signature, kept.body)


def test_a_public_key_has_one_text() -> None:
    assert key_text(FIRST_PUBLIC) == FIRST_TEXT
    assert key_from_text(FIRST_TEXT) == FIRST_PUBLIC
    # The last character before the sign has two bits that say nothing: another spelling of the same key.
    assert key_from_text(FIRST_TEXT.replace("w=", "x=")) is None


def test_the_keys_of_other_terminals_have_one_text() -> None:
    known = {"t-131041-03": RETIRED, "t-131041-02": FIRST_PUBLIC}
    texts = [f"t-131041-02:{FIRST_TEXT}", "t-131041-03:"]
    assert to_texts(known) == texts
    assert from_texts(texts) == known
    assert from_texts(texts[::-1]) is None
    assert from_texts([texts[0], *texts]) is None
