"""What is packed comes back byte for byte; what is not packed, or no longer, comes back as it is."""

import os
from hashlib import sha256
from importlib.resources import files

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, insert, select, text

from store.database import Database
from store.message.canonical import encode
from store.packing import PackedBytes, pack, pack_large, unpack
from store.statements import BulkStatement
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import entry

RECORD = encode(entry(1))


@pytest.mark.parametrize(
    "plain", [b"", b"{", RECORD, RECORD * 200, bytes(70_000), os.urandom(3000), b"\x01", b"\x00\x00"]
)
def test_a_packed_value_comes_back(plain: bytes) -> None:
    assert unpack(pack(plain)) == plain


def test_a_record_shrinks_to_less_than_half() -> None:
    assert len(pack(RECORD)) < len(RECORD) / 2


def test_only_large_contents_are_packed() -> None:
    assert pack_large(RECORD) == RECORD
    large = encode({"text": "新宿区" * 400})
    assert pack_large(large) == pack(large) != large


def test_what_an_older_program_kept_is_read_as_it_is() -> None:
    for kept in (RECORD, b"RNK1 envelope", b"\x00\x00\x02\x30receipt", b""):
        assert unpack(kept) == kept


@pytest.mark.parametrize("change", [lambda kept: kept[:-1], lambda kept: kept + b"\x00", lambda kept: b"\x01" + kept])
def test_what_somebody_changed_is_not_taken_for_a_value(change: "object") -> None:
    assert callable(change)
    changed = change(pack(RECORD))
    assert unpack(changed) == changed


def test_a_few_bytes_do_not_become_many() -> None:
    bomb = pack(bytes(4 << 20))
    assert len(bomb) < 20_000
    assert unpack(bomb) == bomb


def test_the_dictionary_never_changes() -> None:
    """Another one would make unreadable what is kept: it gets another number, and this one stays beside it."""
    dictionary = files("store.data").joinpath("packing-1.dictionary").read_bytes()
    assert sha256(dictionary).hexdigest() == "b2db05d9ed27ef4b6520db73347b1a3c99666999eec10cd2c640a0d7e0bae396"
    packed = "01438a0c58c0e308835a00"
    assert unpack(bytes.fromhex(packed)) == b'{"action":"entry","kind":"resident_record"}'


@ON_SQLITE
def test_a_column_is_packed_in_the_database_alone(database: Database) -> None:
    values = Table("values_of_test", MetaData(), Column("id", Integer, primary_key=True), Column("value", PackedBytes))

    def kept(tx: Connection) -> list[object]:
        return list(tx.scalars(text("SELECT value FROM values_of_test ORDER BY id")))

    with database.writing() as tx:
        values.create(tx)
        tx.execute(insert(values), {"id": 1, "value": RECORD})
        BulkStatement.insert(values, ("id", "value")).run(tx, [(2, RECORD), (3, None)])
        assert list(tx.scalars(select(values.c.value).order_by(values.c.id))) == [RECORD, RECORD, None]
        assert kept(tx) == [pack(RECORD), pack(RECORD), None]
        # A text where bytes belong is handed to the reader, who refuses it.
        tx.execute(text("UPDATE values_of_test SET value = 'text'"))
        assert set(tx.scalars(select(values.c.value))) == {"text"}
