"""A checkpoint signs the newest entry with the key that the one before named, and its bytes have one meaning."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from store import clock
from store.database import Database
from store.errors import LadderBroken, TerminalNotAdmitted
from store.log import Event, Log, SigningKeys, checkpoints
from store.log.checkpoints import Checkpoint, Occasion, WitnessRow
from store.log.signing_keys import has_signed, key_text
from store.log.terminals import RETIRED, to_texts
from tests.store.conftest import NOON, TERMINAL
from tests.store.log.test_known_answers import FIRST_BODY, FIRST_SIGNATURE, SHARED_BODY

OTHER = "t-131041-02"
KEY = bytes(range(32))


@pytest.fixture
def engine() -> str:
    """SQLite is enough here: `test_chain` runs on PostgreSQL as well."""
    return "sqlite"


@pytest.fixture
def keys(home: Path) -> SigningKeys:
    return SigningKeys.create(home / "signing")


def _append(tx: Connection) -> None:
    Log(TERMINAL).append(tx, Event.TERMINAL_STARTED, actor=None, session=None, now=NOON)


def _make(database: Database, keys: SigningKeys, cause: Occasion = Occasion.ACTIVITY) -> Checkpoint:
    with database.writing() as tx:
        _append(tx)
        made = checkpoints.make(tx, keys, TERMINAL, cause, now=NOON)
    assert made is not None
    keys.erase_below(made.number + 1)
    return made


def test_the_first_checkpoint_is_signed_with_the_root(database: Database, keys: SigningKeys) -> None:
    made = _make(database, keys, Occasion.CREATED)

    assert (made.number, made.seq, made.previous, made.cause) == (1, 1, bytes(32), "created")
    assert made.key == keys.root
    assert has_signed(keys.root, made.signature, made.body)
    assert keys.number_of(made.next_key) == 2


def test_each_checkpoint_follows_the_one_before(database: Database, keys: SigningKeys) -> None:
    first, second = (_make(database, keys) for _ in range(2))

    assert (second.number, second.previous, second.key) == (2, first.digest, first.next_key)
    assert keys.number_of(first.key) is None


def test_an_entry_is_signed_once(database: Database, keys: SigningKeys) -> None:
    with database.writing() as tx:
        assert checkpoints.make(tx, keys, TERMINAL, Occasion.START) is None
    _make(database, keys)
    with database.writing() as tx:
        assert checkpoints.make(tx, keys, TERMINAL, Occasion.STOP) is None


def test_a_lost_key_is_named_by_its_number(database: Database, keys: SigningKeys) -> None:
    _make(database, keys)
    keys.erase_below(3)

    with pytest.raises(LadderBroken) as caught:
        _make(database, keys)
    assert caught.value.facts == {"number": "2"}


def test_a_terminal_that_no_checkpoint_names_does_not_sign(database: Database, keys: SigningKeys) -> None:
    _make(database, keys)
    with database.writing() as tx:
        _append(tx)
        with pytest.raises(TerminalNotAdmitted):
            checkpoints.make(tx, keys, OTHER, Occasion.ACTIVITY)
        with pytest.raises(TerminalNotAdmitted):
            checkpoints.resume(tx, keys, OTHER)


def test_a_change_names_the_keys_of_others_and_the_next_checkpoint_keeps_them(
    database: Database, keys: SigningKeys
) -> None:
    _make(database, keys)
    with database.writing() as tx:
        _append(tx)
        changed = checkpoints.change(tx, keys, TERMINAL, Occasion.ADMITTED, {OTHER: KEY})
    after = _make(database, keys)

    assert changed.others == after.others == {OTHER: KEY}
    assert after.next_keys == {OTHER: KEY, TERMINAL: after.next_key}
    assert json.loads(after.body)["v"] == checkpoints.SHARED_FORMAT


def test_going_on_after_a_roll_back_uses_a_number_that_nobody_saw(database: Database, keys: SigningKeys) -> None:
    made = _make(database, keys)
    with database.writing() as tx:
        checkpoints.add_witness(tx, WitnessRow(9, b"d" * 32, "agency", b"", NOON))
        _append(tx)
        resumed = checkpoints.resume(tx, keys, TERMINAL)

    assert made.at == clock.to_text(NOON)
    assert (resumed.number, resumed.previous, resumed.resumed) == (10, made.digest, True)
    assert resumed.key != made.next_key
    assert not made.resumed


@pytest.mark.parametrize(
    ("key", "witness", "expected"),
    [
        pytest.param(None, None, 6, id="the last checkpoint, where the keys are lost"),
        pytest.param(12, None, 13, id="the keys that a lost future made"),
        pytest.param(None, 20, 21, id="the checkpoint that the peer saw"),
        pytest.param(12, 9, 13, id="the highest of all"),
    ],
)
def test_going_on_passes_every_number_that_was_used(
    database: Database, keys: SigningKeys, key: int | None, witness: int | None, expected: int
) -> None:
    for _ in range(5):
        _make(database, keys)
    keys.erase_below(7)
    if key is not None:
        keys.prepare(key)
    with database.writing() as tx:
        if witness is not None:
            checkpoints.add_witness(tx, WitnessRow(witness, b"d" * 32, "agency", b"", NOON))
        _append(tx)
        assert checkpoints.resume(tx, keys, TERMINAL).number == expected


def test_a_body_is_read_up_to_64_kilobytes_and_in_one_spelling(database: Database, keys: SigningKeys) -> None:
    made = _make(database, keys)
    fields = json.loads(made.body)

    def named(name: str, *, escaped: bool = True) -> bytes:
        body = json.dumps({**fields, "terminal": name}, sort_keys=True, separators=(",", ":"), ensure_ascii=escaped)
        return body.encode()

    longest = "t" * (64 * 1024 - len(named("")))
    for name in ("あ", longest):
        read = checkpoints.read(named(name), made.signature)
        assert read is not None
        assert read.terminal == name
    assert checkpoints.read(named(longest + "t"), made.signature) is None
    assert checkpoints.read(named("あ", escaped=False), made.signature) is None


def test_checkpoints_are_found_by_entry_and_by_number(database: Database, keys: SigningKeys) -> None:
    made = [_make(database, keys) for _ in range(3)]
    with database.reading() as reading:
        assert checkpoints.latest(reading) == made[2]
        assert checkpoints.at_entry(reading, 2) == checkpoints.numbered(reading, 2) == made[1]
        assert checkpoints.at_entry(reading, 4) is checkpoints.numbered(reading, 4) is None
        assert checkpoints.before(reading, 3) == made[1]
        assert checkpoints.before(reading, 1) is None
        assert [row.number for row in checkpoints.since(reading, 2)] == [2, 3]


def test_many_checkpoints_come_page_by_page(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "_PAGE", 2)
    with database.writing() as tx:
        for number in (1, 2, 3, 4, 9):
            row = {"number": number, "seq": number, "body": b"", "signature": b""}
            tx.execute(checkpoints.CHECKPOINTS.insert(), row)
    with database.reading() as reading:
        assert [row.number for row in checkpoints.since(reading, 1)] == [1, 2, 3, 4, 9]
        # Bytes that are no checkpoint count as none.
        assert checkpoints.latest(reading) is None


def test_the_first_word_of_the_peer_about_a_checkpoint_stays(database: Database) -> None:
    first, late, lower = (
        WitnessRow(number, digest * 32, "agency", b"statement", NOON)
        for number, digest in ((3, b"a"), (3, b"b"), (2, b"c"))
    )
    with database.writing() as tx:
        assert checkpoints.last_witness(tx) is None
        for witness in (first, late, lower):
            checkpoints.add_witness(tx, witness)
        assert checkpoints.last_witness(tx) == first
        assert checkpoints.witnesses(tx, 1, 2) == [lower]
        assert checkpoints.witnesses(tx, 2, 3) == [lower, first]


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: fields.update(number=True),
        lambda fields: fields.update(number=0),
        lambda fields: fields.update(seq=0),
        lambda fields: fields.update(seq="1"),
        lambda fields: fields.update(v=2),
        lambda fields: fields.update(alg="none"),
        lambda fields: fields.update(more=1),
        lambda fields: fields.pop("cause"),
        lambda fields: fields.update(cause=1),
        lambda fields: fields.update(hash="0" * 63),
        lambda fields: fields.update(prev="G" * 64),
        lambda fields: fields.update(key="AAAA"),
        lambda fields: fields.update(next=None),
        lambda fields: fields.update(others=[], v=2),
        lambda fields: fields.update(others=to_texts({OTHER: KEY})),
        lambda fields: fields.update(others=to_texts({TERMINAL: KEY}), v=2),
        lambda fields: fields.update(others=[f"{OTHER}:{key_text(KEY)[:-1]}"], v=2),
    ],
)
def test_a_body_of_another_form_is_no_checkpoint(database: Database, keys: SigningKeys, change: Change) -> None:
    made = _make(database, keys)
    fields = json.loads(made.body)
    change(fields)
    body = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()

    assert checkpoints.read(made.body, made.signature) == made
    assert checkpoints.read(body, made.signature) is None


def test_the_keys_of_others_are_read(database: Database, keys: SigningKeys) -> None:
    fields = json.loads(_make(database, keys).body)
    fields |= {"others": to_texts({OTHER: KEY, "t-131041-03": RETIRED}), "v": 2}
    read = checkpoints.read(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode(), b"")

    assert read is not None
    assert read.others == {OTHER: KEY, "t-131041-03": RETIRED}


@pytest.mark.parametrize("body", [None, "text", b"", b"[]", b"1", b"\xff", b"[" * 60_000, b"{}"])
def test_what_is_no_object_is_no_checkpoint(body: object) -> None:
    assert checkpoints.read(body, b"") is None


# Of all spellings that JSON allows, a body has one.
OTHER_SPELLINGS = {
    "a space": FIRST_BODY.replace('"number":1', '"number": 1'),
    "a line end": FIRST_BODY + "\n",
    "another order": '{"v":1,' + FIRST_BODY.removeprefix("{").replace(',"v":1', ""),
    "a doubled key": FIRST_BODY.replace('"number":1', '"number":1,"number":1'),
    "a doubled key with another value": FIRST_BODY.replace('"number":1', '"number":7,"number":1'),
    "an escape": FIRST_BODY.replace('"created"', '"\\u0063reated"'),
    "another escape": FIRST_BODY.replace("Js5Q=", "Js5Q\\u003d"),
    "an exponent": FIRST_BODY.replace('"seq":2', '"seq":2e0'),
    "a fraction": FIRST_BODY.replace('"seq":2', '"seq":2.0'),
    "the version of a log that is not shared": SHARED_BODY.replace('"v":2', '"v":1'),
    "a hash in capitals": FIRST_BODY.replace("27f04d8b", "27F04D8B"),
}


@pytest.mark.parametrize("body", OTHER_SPELLINGS.values(), ids=OTHER_SPELLINGS)
def test_another_spelling_of_the_same_members_is_no_checkpoint(body: str) -> None:
    assert body not in {FIRST_BODY, SHARED_BODY}
    assert checkpoints.read(body.encode("ascii"), FIRST_SIGNATURE) is None


def test_bytes_that_came_as_a_text_are_no_checkpoint() -> None:
    assert checkpoints.read(FIRST_BODY, FIRST_SIGNATURE) is None
    assert checkpoints.read(FIRST_BODY.encode("ascii"), FIRST_SIGNATURE.hex()) is None
