"""The rows of a store become lines and rows again, on either engine, and a line that somebody made is refused."""

import json
from collections.abc import Iterable
from datetime import datetime

import pytest
from sqlalchemy import func, select

from store import dump, queue
from store.database import Database
from store.errors import DumpUnreadable
from store.message.states import Step
from store.queue import Act
from store.queue.tables import CONTENTS, MESSAGES
from store.sealing.vault import Vault
from store.tables import TABLES
from tests.store.conftest import Fill


def lines_of(database: Database) -> list[bytes]:
    with database.reading() as reading:
        return list(dump.lines(reading))


def load(database: Database, lines: Iterable[bytes]) -> None:
    with database.writing() as tx:
        dump.load(tx, lines)


def test_what_was_dumped_is_loaded_and_gives_the_same_lines(
    database: Database, vault: Vault, fill: Fill, now: datetime, tmp_path_factory: pytest.TempPathFactory
) -> None:
    added = fill(["R-1", "R-2"], due_on=now.date())
    with database.writing() as tx:
        queue.move(tx, vault, added[0].id, Step.APPROVE, Act(by="ap-201", now=now))
    lines = lines_of(database)
    place = tmp_path_factory.mktemp("restored")
    place.chmod(0o700)
    # Written on one engine, restored on the other or the same: the lines do not differ.
    restored = Database.create(f"sqlite:///{place / 'store.sqlite'}")
    try:
        load(restored, lines)
        assert lines_of(restored) == lines
        with restored.reading() as reading:
            assert queue.content_of(reading, vault, queue.get(reading, added[1].id)) == b"content of R-2"
    finally:
        restored.close()


def test_every_table_has_its_heading_in_the_order_in_which_tables_are_filled(database: Database) -> None:
    headings = [json.loads(line)[0] for line in lines_of(database)]
    assert headings == [table.name for table in TABLES]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "lines",
    [
        [b"no json"],
        [b"[1]"],
        [b"7"],
        [b"[" * 100_000],
        [b'["person; DROP TABLE message", []]'],
        [b'["message", ["id", "1; DROP TABLE content"]]'],
        [b'["", []]'],
    ],
    ids=["no JSON", "half a pair", "no pair", "too deep", "table", "column", "row first"],
)
def test_a_line_that_is_none_of_ours_is_refused_and_nothing_is_kept(database: Database, lines: list[bytes]) -> None:
    with pytest.raises(DumpUnreadable):
        load(database, lines)
    with database.reading() as reading:
        assert [reading.scalar(select(func.count()).select_from(table)) for table in (MESSAGES, CONTENTS)] == [0, 0]
