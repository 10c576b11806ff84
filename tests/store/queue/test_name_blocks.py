"""Names are found in blocks that hold what the contents say, are readable nowhere, and open by the thousand."""

from datetime import datetime
from unittest.mock import patch

import pytest
from sqlalchemy import select, update

from store import queue
from store.database import Database
from store.errors import SealBroken
from store.message.canonical import encode
from store.message.search import SearchPart
from store.message.states import Direction
from store.queue import Act, MessageDraft, Revision
from store.queue.tables import CONTENTS, NAME_BLOCK, NAME_BLOCKS
from store.sealing.vault import Vault

ACT_BY = "op-101"


def content(number: int, name: str) -> bytes:
    return encode({"kind": "resident_record", "person": {"name": name, "number": number}})


def take_in(database: Database, vault: Vault, now: datetime, names: list[str], *, first: int = 1) -> list[int]:
    drafts = [
        MessageDraft(Direction.OUT, "resident_record", f"R-{number}", now, content(number, name), author=ACT_BY)
        for number, name in enumerate(names, first)
    ]
    with database.writing() as tx:
        return [added.id for added in queue.add_messages(tx, vault, drafts, now=now)]


def found(database: Database, vault: Vault, part: str) -> list[int]:
    """Return what a search finds; make no block for it."""
    with database.reading() as reading:
        assert queue.missing_blocks(reading) == []
        return sorted(queue.numbers_found(reading, vault, SearchPart(part)))


def test_messages_are_found_from_the_moment_they_are_in(database: Database, vault: Vault, now: datetime) -> None:
    first = take_in(database, vault, now, ["NGUYEN VAN AN", "HOSSAIN RAFIQ"])
    second = take_in(database, vault, now, ["ＮＧＵＹＥＮ　ＴＨＩ"], first=3)
    assert found(database, vault, "nguyen") == [first[0], second[0]]
    assert found(database, vault, "") == [*first, *second]
    assert found(database, vault, "TRAN") == []


def test_a_block_ends_where_its_numbers_end(database: Database, vault: Vault, now: datetime) -> None:
    numbers = take_in(database, vault, now, ["NGUYEN"] * (NAME_BLOCK + 1))
    assert found(database, vault, "NGUYEN") == numbers
    with database.reading() as reading:
        sizes = list(
            reading.execute(select(NAME_BLOCKS.c.number, NAME_BLOCKS.c.messages).order_by(NAME_BLOCKS.c.number))
        )
    # Numbers begin at 1.
    assert [tuple(row) for row in sizes] == [(0, NAME_BLOCK - 1), (1, 2)]
    with database.reading() as reading, patch.object(vault, "unseal", wraps=vault.unseal) as opened:
        assert len(list(queue.numbers_found(reading, vault, SearchPart("nguyen")))) == len(numbers)
    assert opened.call_count == len(sizes), "one seal for a thousand messages"


def test_no_name_is_readable(database: Database, vault: Vault, now: datetime) -> None:
    take_in(database, vault, now, ["NGUYEN VAN AN"])
    with database.reading() as reading:
        ((kept,),) = reading.execute(select(NAME_BLOCKS.c.ciphertext))
    assert b"NGUYEN" not in kept.upper()


def test_a_new_revision_and_an_erased_content_take_the_names_away_at_once(
    database: Database, vault: Vault, now: datetime
) -> None:
    first, second = take_in(database, vault, now, ["NGUYEN VAN AN", "TRAN NGOC ANH"])
    with database.writing() as tx:
        queue.revise(tx, vault, first, Revision(content=content(1, "LE VAN AN")), Act(by=ACT_BY, now=now))
        assert tx.execute(select(NAME_BLOCKS)).all() == []
        assert queue.missing_blocks(tx) == [0]
        queue.make_block(tx, vault, 0)
    assert (found(database, vault, "NGUYEN"), found(database, vault, "LE VAN")) == ([], [first])
    with database.writing() as tx:
        queue.erase(tx, queue.rows_of(tx, [second]))
        assert tx.execute(select(NAME_BLOCKS)).all() == []
        queue.make_block(tx, vault, 0)
    assert (found(database, vault, "TRAN"), found(database, vault, "LE VAN")) == ([], [first])


def test_messages_of_a_file_that_was_given_up_leave_no_name(database: Database, vault: Vault, now: datetime) -> None:
    kept = take_in(database, vault, now, ["TRAN NGOC ANH"])
    drafts = [MessageDraft(Direction.OUT, "resident_record", "R-9", now, content(9, "NGUYEN VAN AN"), author=ACT_BY)]
    with database.writing() as tx:
        sealed = queue.seal_drafts(vault, drafts, now=now)
        queue.add_sealed(tx, vault, sealed, now=now, intake_id="0" * 32)
        # Made anew meanwhile, it holds what is hidden as well: nothing makes it anew when the file is in.
        queue.make_block(tx, vault, 0)
        assert len(list(queue.numbers_found(tx, vault, SearchPart("NGUYEN")))) == 1
        queue.remove_given_up(tx, 10)
        assert tx.execute(select(NAME_BLOCKS)).all() == []
        queue.make_block(tx, vault, 0)
    assert (found(database, vault, "NGUYEN"), found(database, vault, "TRAN")) == ([], kept)


def test_what_an_older_program_took_in_is_covered_by_the_first_search(
    database: Database, vault: Vault, now: datetime
) -> None:
    numbers = take_in(database, vault, now, ["NGUYEN VAN AN", "TRAN NGOC ANH"])
    with database.writing() as tx:
        tx.execute(NAME_BLOCKS.delete())
    more = take_in(database, vault, now, ["NGUYEN THI MAI"], first=3)
    with database.writing() as tx:
        assert queue.missing_blocks(tx) == [0], "a block that has some of its messages is not all of it"
        queue.make_block(tx, vault, 0)
    assert found(database, vault, "NGUYEN") == [numbers[0], more[0]]


def test_a_block_opens_in_its_place_alone(database: Database, vault: Vault, now: datetime) -> None:
    take_in(database, vault, now, ["NGUYEN"] * (NAME_BLOCK + 1))
    with database.writing() as tx:
        last = tx.execute(select(NAME_BLOCKS).where(NAME_BLOCKS.c.number == 1)).one()
        values = {"ciphertext": last.ciphertext, "wrapped_key": last.wrapped_key}
        tx.execute(update(NAME_BLOCKS).where(NAME_BLOCKS.c.number == 0).values(values))
        with pytest.raises(SealBroken):
            list(queue.numbers_found(tx, vault, SearchPart("NGUYEN")))


def test_a_content_that_does_not_open_is_told(database: Database, vault: Vault, now: datetime) -> None:
    take_in(database, vault, now, ["NGUYEN VAN AN"])
    with database.writing() as tx:
        tx.execute(update(CONTENTS).values(ciphertext=b"x" * 40))
        with pytest.raises(SealBroken):
            queue.make_block(tx, vault, 0)
