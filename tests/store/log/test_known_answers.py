"""Fixed keys and acts in, fixed bytes out: the log that exists has to verify for as long as it is kept.

Holds `store.log.entries`, `store.log.checkpoints`, `store.log.signing_keys` and `store.log.terminals` to the bytes that
are hashed, signed, exported and shown to the peer. Hashes and signatures were computed a second time with other tools.
"""

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

from store import clock
from store.database import Database
from store.log import Event, Log, Occasion, Result, SigningKeys, checkpoints
from store.log.entries import FIRST_PREVIOUS
from store.log.rows import entries
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
            '"session":null,"terminal":"t-131041-01","v":2}'
        ),
        "5edbe69049858f8ba3e60dc4dd9a6f418c55d38a57908b39a99a8834f005dc6c",
    ),
    (
        (
            '{"actor":"op-101","at":"2026-11-23T03:00:00.000000Z","detail":{"attempts":3,"origin":"screen"},'
            '"event":"operator.refused","object":"0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f",'
            '"prev":"5edbe69049858f8ba3e60dc4dd9a6f418c55d38a57908b39a99a8834f005dc6c","result":"refused","seq":2,'
            '"session":"abababababababababababababababab","terminal":"t-131041-01","v":2}'
        ),
        "27f04d8b3ee647d307ae6f78fbd9621bac2d0788ed012bfcc15e1f5a2810d62d",
    ),
    (
        (
            '{"actor":"ka-301","at":"2026-11-23T03:00:00.000000Z","detail":{},"event":"terminal.admitted","object":null,'
            '"prev":"27f04d8b3ee647d307ae6f78fbd9621bac2d0788ed012bfcc15e1f5a2810d62d","result":"done","seq":3,'
            '"session":null,"terminal":"t-131041-01","v":2}'
        ),
        "c20caf4b1217730314b1c1059b92d054751617c6fb20aff345be070fb563f69e",
    ),
]
KEPT: Final = [
    '{"detail":{},"terminal":"t-131041-01","v":2}',
    '{"detail":{"attempts":3,"origin":"screen"},"terminal":"t-131041-01","v":2}',
    '{"detail":{},"terminal":"t-131041-01","v":2}',
]
"""What the table keeps of them beside its other columns."""
FIRST_BODY: Final = (
    '{"alg":"ed25519","at":"2026-11-23T03:00:00.000000Z","cause":"created",'
    '"hash":"27f04d8b3ee647d307ae6f78fbd9621bac2d0788ed012bfcc15e1f5a2810d62d",'
    f'"key":"{FIRST_TEXT}","next":"MCowBQYDK2VwAyEAgTl3Dqh9F19Wo1Rmw0x+zMuNipG07jeiXfYPW4/Js5Q=","number":1,'
    '"prev":"0000000000000000000000000000000000000000000000000000000000000000","seq":2,"terminal":"t-131041-01","v":1}'
)
FIRST_SIGNATURE: Final = bytes.fromhex(
    "333afd793cc606dd399605076f7e8157fcb6194df08c34e18800eaaf58df800c"
    "af5ba13617b873cb734c89e94ec91f05352839037c7b5d0faa1a941d8a952a05"
)
SHARED_BODY: Final = (
    '{"alg":"ed25519","at":"2026-11-23T03:00:00.000000Z","cause":"admitted",'
    '"hash":"c20caf4b1217730314b1c1059b92d054751617c6fb20aff345be070fb563f69e",'
    '"key":"MCowBQYDK2VwAyEAgTl3Dqh9F19Wo1Rmw0x+zMuNipG07jeiXfYPW4/Js5Q=",'
    '"next":"MCowBQYDK2VwAyEA7UkoxijRwsbq6QM4kFmVYSlZJzpcY/k2NsFGFKyHN9E=","number":2,'
    '"others":["t-131041-02:MCowBQYDK2VwAyEAbnoc3Smwt4/ROvTFWY/v9O8qlxZuPKby5Pv8zYBQW/E="],'
    '"prev":"62d820ec9bd5d7a5fdc388007409c204d06cb08f3e780e59a1a96a4e039fcab4","seq":3,"terminal":"t-131041-01","v":2}'
)
SHARED_SIGNATURE: Final = bytes.fromhex(
    "9749902aa3d076df582b0f872ff27d5024641229ef8ebd92e3691353269c4666"
    "76c25334441f2a41d0d863ec416f955093e15955fe7ebe8ec2299d35d0eb2200"
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
        (bodies,) = entries(tx, 1, len(ENTRIES), FIRST_PREVIOUS)
        kept = list(tx.exec_driver_sql("SELECT body FROM log_entry ORDER BY seq").scalars())
    assert [(body.decode("ascii"), sha256(body).hexdigest()) for body in bodies] == ENTRIES
    assert [bytes(body).decode("ascii") for body in kept] == KEPT
    assert first is not None
    assert (first.body.decode("ascii"), first.signature) == (FIRST_BODY, FIRST_SIGNATURE)
    assert (shared.body.decode("ascii"), shared.signature) == (SHARED_BODY, SHARED_SIGNATURE)


@pytest.mark.parametrize(
    ("body", "signature", "digest"),
    [
        (FIRST_BODY, FIRST_SIGNATURE, "62d820ec9bd5d7a5fdc388007409c204d06cb08f3e780e59a1a96a4e039fcab4"),
        (SHARED_BODY, SHARED_SIGNATURE, "aa457278ffc1fbc27bdad1ee58962b1f76b898c8047d89cfb764d7fd965c865e"),
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
