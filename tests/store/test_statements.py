"""Statements handed to the driver itself: how often an entry waits for the engine, and how they fail."""

import sqlite3
import tempfile
from collections.abc import Callable
from typing import Any

import pytest
from psycopg.pq import Trace
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from store import statements
from store.database import Database
from store.errors import DatabaseUnreachable
from store.log import EntryDraft, Event, Log, newest
from tests.clusters import ON_POSTGRESQL, Cluster

ASKING = {"Query", "Sync"}
"""The messages of PostgreSQL's protocol after which the program waits for the answer."""
ENTRY = EntryDraft(Event.TERMINAL_STARTED)
INSERT = {
    "sqlite": "INSERT INTO cursor (terminal, peer, position) VALUES ('t-1', ?, ?)",
    "postgresql": "INSERT INTO cursor (terminal, peer, position) VALUES ('t-1', %s, %s)",
}


def waits(tx: Connection, act: Callable[[], object]) -> int:
    """Return how often `act` waits for the engine: answers of a server, statements of SQLite."""
    driver: Any = tx.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        traced: list[str] = []
        driver.set_trace_callback(traced.append)
        act()
        driver.set_trace_callback(None)
        return len(traced)
    with tempfile.TemporaryFile("w+") as file:
        driver.pgconn.trace(file.fileno())
        driver.pgconn.set_trace_flags(Trace.SUPPRESS_TIMESTAMPS)
        act()
        driver.pgconn.untrace()
        file.seek(0)
        # Who speaks (F is the program), the length, and the message's name, maybe with more behind it.
        spoken = [text.rstrip("\n").split("\t") for text in file]
    return sum(line[0] == "F" and line[2] in ASKING for line in spoken)


def test_an_entry_waits_for_the_engine_twice(database: Database, log: Log, engine: str) -> None:
    with database.writing() as tx:
        costs = [waits(tx, lambda: log.append_many(tx, [ENTRY])) for _ in range(20)]
    # For the end of the chain, and to add to it; a server is once asked to prepare each of both, when they recur.
    assert sorted(costs) == [*[2] * 19, {"sqlite": 2, "postgresql": 4}[engine]]
    assert costs[10:] == [2] * 10


@ON_POSTGRESQL
def test_many_entries_at_once_wait_no_more_often(database: Database, log: Log) -> None:
    with database.writing() as tx:
        assert waits(tx, lambda: log.append_many(tx, [ENTRY] * 100)) == 2


def test_rows_are_written_counted_and_read(database: Database) -> None:
    with database.writing() as tx:
        insert = INSERT[tx.dialect.name]
        assert statements.run(tx, insert, []) == 0
        assert statements.run(tx, insert, [("a", 1)]) == 1
        assert statements.run(tx, insert, [("b", 2), ("c", 3)]) == 2
    with database.reading() as reading:
        assert statements.first_row(reading, "SELECT peer, position FROM cursor ORDER BY peer DESC") == ("c", 3)
        assert statements.first_row(reading, "SELECT peer FROM cursor WHERE peer = 'd'") is None


@pytest.mark.parametrize("rows", [[("a", 2)], [("b", 1), ("a", 2)]])
def test_what_a_table_refuses_is_an_integrity_error_and_nothing_is_kept(
    database: Database, rows: list[tuple[str, int]]
) -> None:
    with database.writing() as tx:
        statements.run(tx, INSERT[tx.dialect.name], [("a", 1)])
    with pytest.raises(IntegrityError), database.writing() as tx:
        statements.run(tx, INSERT[tx.dialect.name], rows)
    with database.reading() as reading:
        assert statements.first_row(reading, "SELECT count(*) FROM cursor") == (1,)


def test_an_error_does_not_tell_the_values(database: Database) -> None:
    with pytest.raises(DBAPIError) as caught, database.writing() as tx:
        statements.run(tx, INSERT[tx.dialect.name].replace("cursor", "nowhere"), [("a", "JUNG SEOYEON")])
    assert "nowhere" in str(caught.value)
    assert "JUNG" not in str(caught.value)


@ON_POSTGRESQL
def test_an_entry_on_a_connection_that_the_server_has_ended(database: Database, log: Log, cluster: Cluster) -> None:
    def append_to_nobody() -> None:
        with database.writing() as tx:
            own = statements.first_row(tx, "SELECT pg_backend_pid()")
            assert own is not None
            cluster.sql(f"SELECT pg_terminate_backend({own[0]}, 10000)")
            log.append_many(tx, [ENTRY])

    with pytest.raises(DatabaseUnreachable):
        append_to_nobody()
    with database.writing() as tx:
        log.append_many(tx, [ENTRY])
        assert newest(tx) == 1
