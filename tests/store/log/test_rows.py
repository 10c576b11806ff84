"""Stored rows are checked as a block, and one by one when the block does not fit; both must agree."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from hashlib import sha256
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Row

from store.database import Database
from store.log import EntryDraft, Event, Log
from store.log.findings import START, Flaw, Link
from store.log.rows import AT_ONCE, blocks, digests_of, examine, put_together
from tests.store.conftest import NOON, TERMINAL

ENTRIES = 6
TERMINALS = {TERMINAL}


@pytest.fixture
def engine() -> str:
    """SQLite is enough here: `test_chain` runs on PostgreSQL as well."""
    return "sqlite"


@pytest.fixture
def rows(database: Database, log: Log) -> Sequence[Row[Any]]:
    with database.writing() as tx:
        for number in range(ENTRIES):
            draft = EntryDraft(Event.MESSAGE_READ, "op-101", None, f"message-{number}", detail={"revision": number})
            log.append_many(tx, [draft], now=NOON + timedelta(seconds=number))
        (block,) = blocks(tx, 1)
    return block


class Changed:
    """A row of which somebody changed some columns."""

    def __init__(self, row: Any, **columns: Any) -> None:
        self._values = {**row._asdict(), **columns}
        self.__dict__.update(self._values)

    def _asdict(self) -> dict[str, Any]:
        return self._values

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values.values())


def _one_by_one(rows: Sequence[Any], terminals: set[str] = TERMINALS) -> list[Flaw | Link]:
    """Examine the rows until one is bad."""
    examined: list[Flaw | Link] = [START]
    for row in rows:
        before = examined[-1]
        assert isinstance(before, Link)
        examined.append(examine(row, before, terminals))
        if isinstance(examined[-1], Flaw):
            break
    return examined[1:]


def whole(rows: Sequence[Row[Any]]) -> list[Any]:
    """Return the rows as an older program kept them: with the whole entry beside its columns."""
    before = [START.hash, *(row.hash.hex() for row in rows)]
    return [Changed(row, body=put_together(row, prev)) for row, prev in zip(rows, before, strict=False)]


def test_good_rows_give_the_hashes_of_their_entries(rows: Sequence[Row[Any]]) -> None:
    digests = digests_of(rows, START, TERMINALS)

    assert digests == [row.hash for row in rows]
    assert digests == [sha256(row.body).digest() for row in whole(rows)] == digests_of(whole(rows), START, TERMINALS)


def test_entries_that_are_kept_whole_are_followed_by_others(rows: Sequence[Row[Any]]) -> None:
    mixed = [*whole(rows)[:3], *rows[3:]]

    assert digests_of(mixed, START, TERMINALS) is None
    assert [link.hash for link in _one_by_one(mixed) if isinstance(link, Link)] == [row.hash.hex() for row in rows]


def test_a_body_of_both_sorts_is_none(rows: Sequence[Row[Any]]) -> None:
    for body in (b'{"actor":' + rows[0].body, rows[0].body + whole(rows)[0].body, whole(rows)[0].body + b" "):
        changed: list[Any] = [Changed(rows[0], body=body), *rows[1:]]
        assert digests_of(changed, START, TERMINALS) is None
        assert isinstance(_one_by_one(changed)[0], Flaw)


def test_row_by_row_the_links_are_the_same(rows: Sequence[Row[Any]]) -> None:
    links = _one_by_one(rows)

    assert [link.hash for link in links if isinstance(link, Link)] == [row.hash.hex() for row in rows]
    assert links[-1] == Link(ENTRIES, rows[-1].hash.hex(), "2026-11-23T03:00:05.000000Z", version=2)


def test_a_block_begins_where_the_one_before_ended(rows: Sequence[Row[Any]]) -> None:
    link = examine(rows[0], START, TERMINALS)
    assert isinstance(link, Link)

    assert digests_of(rows[1:], link, TERMINALS) == [row.hash for row in rows[1:]]
    assert digests_of(rows[1:], START, TERMINALS) is None
    # The hash of another entry, or a later time, does not fit either.
    assert digests_of(rows[1:], link._replace(hash="0" * 64), TERMINALS) is None
    assert digests_of(rows[1:], link._replace(at="2026-11-23T03:00:09.000000Z"), TERMINALS) is None


# Where the whole entry is kept beside them, columns are copies of its members. Otherwise they are the members, and the
# hash tells, unless a column has no form that an entry could have.
@pytest.mark.parametrize(
    ("columns", "kept_whole", "flaw"),
    [
        ({"seq": 3}, Flaw.GAP, Flaw.GAP),
        ({"seq": "2"}, Flaw.GAP, Flaw.GAP),
        ({"body": "text"}, Flaw.BODY, Flaw.BODY),
        ({"body": None}, Flaw.BODY, Flaw.BODY),
        ({"body": b"{}"}, Flaw.BODY, Flaw.BODY),
        ({"body": b"{}", "hash": sha256(b"{}").digest()}, Flaw.BODY, Flaw.BODY),
        ({"body": b'{"detail":{"revision":2},"terminal":"t-131041-01","v":2}'}, Flaw.HASH, Flaw.HASH),
        ({"hash": bytes(32)}, Flaw.HASH, Flaw.HASH),
        ({"hash": None}, Flaw.HASH, Flaw.HASH),
        ({"at": 1}, Flaw.COPY, Flaw.HASH),
        ({"at": "yesterday"}, Flaw.COPY, Flaw.COPY),
        ({"at": None}, Flaw.COPY, Flaw.COPY),
        ({"at": 2**63 - 1}, Flaw.COPY, Flaw.COPY),
        ({"at": 1.5}, Flaw.COPY, Flaw.COPY),
        ({"event": "message.approved"}, Flaw.COPY, Flaw.HASH),
        ({"event": None}, Flaw.COPY, Flaw.COPY),
        ({"event": b"\xff"}, Flaw.COPY, Flaw.COPY),
        ({"actor": None}, Flaw.COPY, Flaw.HASH),
        ({"actor": "null"}, Flaw.COPY, Flaw.HASH),
        ({"session": "x"}, Flaw.COPY, Flaw.COPY),
        ({"object": 7}, Flaw.COPY, Flaw.COPY),
        ({"result": "failed"}, Flaw.COPY, Flaw.HASH),
        # A value with members of its own would still give the right text if it were only put together.
        ({"actor": 'op-101","session":null,"x":"'}, Flaw.COPY, Flaw.COPY),
    ],
)
def test_a_changed_column_is_seen_both_ways(
    rows: Sequence[Row[Any]], columns: dict[str, Any], kept_whole: Flaw, flaw: Flaw
) -> None:
    for kept, expected in ((whole(rows), kept_whole), (rows, flaw)):
        changed: list[Any] = [kept[0], Changed(kept[1], **columns), *kept[2:]]
        assert digests_of(changed, START, TERMINALS) is None
        assert _one_by_one(changed)[-1] is expected
        assert len(_one_by_one(changed)) == 2


def test_another_order_is_seen_both_ways(rows: Sequence[Row[Any]]) -> None:
    for first, second in pairwise(range(ENTRIES)):
        swapped = list(rows)
        swapped[first], swapped[second] = swapped[second], swapped[first]
        assert digests_of(swapped, START, TERMINALS) is None
        assert _one_by_one(swapped)[-1] is Flaw.GAP


@pytest.mark.parametrize("terminals", [set(), {"t-131041-02"}, {"t-131041-02", "t-131041-03"}])
def test_a_writer_that_was_not_admitted_is_seen_both_ways(rows: Sequence[Row[Any]], terminals: set[str]) -> None:
    assert digests_of(rows, START, terminals) is None
    assert _one_by_one(rows, terminals) == [Flaw.TERMINAL]


def test_one_of_several_writers_is_enough(rows: Sequence[Row[Any]]) -> None:
    assert digests_of(rows, START, {TERMINAL, "t-131041-02"}) == [row.hash for row in rows]


def test_an_entry_that_is_older_than_the_one_before_is_seen(rows: Sequence[Row[Any]]) -> None:
    later = START._replace(at="2026-11-23T03:00:00.000001Z")

    assert digests_of(rows, later, TERMINALS) is None
    assert examine(rows[0], later, TERMINALS) is Flaw.TIME


def test_blocks_go_on_by_their_numbers(database: Database, log: Log) -> None:
    with database.writing() as tx:
        log.append_many(tx, [EntryDraft(Event.MESSAGE_IMPORTED)] * (AT_ONCE + 3))
    with database.reading() as reading:
        numbers = [[row.seq for row in block] for block in blocks(reading, 1)]
        late = [[row.seq for row in block] for block in blocks(reading, AT_ONCE + 2)]

    assert [len(block) for block in numbers] == [AT_ONCE, 3]
    assert [*numbers[0], *numbers[1]] == list(range(1, AT_ONCE + 4))
    assert late == [[AT_ONCE + 2, AT_ONCE + 3]]


def test_bytes_that_are_no_text_are_read_all_the_same(database: Database, log: Log) -> None:
    with database.writing() as tx:
        log.append(tx, Event.TERMINAL_STARTED, actor="op-101", session=None, now=NOON)
        tx.exec_driver_sql("DROP TRIGGER log_entry_stands_UPDATE")
        tx.exec_driver_sql("UPDATE log_entry SET actor = CAST(x'ff' AS TEXT)")
    with database.reading() as reading:
        ((row,),) = blocks(reading, 1)

    assert (row.seq, row.actor, row.event) == (1, b"\xff", "terminal.started")
    assert examine(row, START, TERMINALS) is Flaw.COPY
    assert digests_of([row], START, TERMINALS) is None
