"""What PostgreSQL alone does: rights of the role that works, promises of the server, and a server that goes away."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from store.database import Database
from store.errors import (
    DatabaseExists,
    DatabaseFailed,
    DatabaseUnreachable,
    DatabaseUnsafe,
)
from store.log import newest
from tests.clusters import OWNER, WORKER, Cluster


def test_who_works_may_add_to_the_log_and_read_it_and_nothing_else(cluster: Cluster) -> None:
    url = cluster.new_database(OWNER)
    database = Database.create(url, owner_url=url.replace(WORKER, OWNER, 1))
    for statement in (
        "UPDATE log_entry SET actor = 'x'",
        "DELETE FROM log_entry",
        "TRUNCATE log_entry",
        "DROP TABLE log_entry",
        "CREATE TABLE more (id integer)",
    ):
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), database.writing() as tx:
            tx.execute(text(statement))
    database.close()


def test_role_that_could_change_the_log_is_refused(cluster: Cluster) -> None:
    url = cluster.new_database()
    Database.create(url).close()
    with pytest.raises(DatabaseUnsafe) as caught:
        Database.open(url.replace(WORKER, cluster.user, 1))
    assert caught.value.facts == {"file": "log_entry", "found": "UPDATE, DELETE, TRUNCATE"}


@pytest.mark.parametrize("setting", ["fsync = off", "full_page_writes = off"])
def test_server_that_does_not_keep_its_promises_is_refused(cluster: Cluster, setting: str) -> None:
    url = cluster.new_store()
    name = setting.partition(" ")[0]
    cluster.set(setting)
    with pytest.raises(DatabaseUnsafe) as caught:
        Database.open(url)
    cluster.set(f"{name} = on")
    assert caught.value.facts == {"file": name, "found": "off"}
    Database.open(url).close()


def test_database_that_holds_something_is_not_made_anew(cluster: Cluster) -> None:
    with pytest.raises(DatabaseExists):
        Database.create(cluster.new_store())


@pytest.mark.parametrize("missing", ["database", "role"])
def test_server_that_lets_nobody_in(cluster: Cluster, missing: str) -> None:
    url = cluster.url("nowhere") if missing == "database" else cluster.url("postgres", "nobody-there")
    with pytest.raises(DatabaseUnreachable):
        Database.open(url)


@pytest.mark.parametrize("query", ["", "?sslmode=prefer", "?sslmode=require"])
def test_open_line_to_another_machine_is_refused(query: str) -> None:
    with pytest.raises(DatabaseUnsafe) as caught:
        Database.open(f"postgresql+psycopg://renkei@192.0.2.1/renkei{query}")
    assert caught.value.facts["file"] == "sslmode"


def test_connection_that_the_server_ends_keeps_nothing_and_the_next_is_a_new_one(cluster: Cluster) -> None:
    url = cluster.new_store()
    database = Database.open(url)

    def end_in_the_middle() -> None:
        with database.writing() as tx:
            own = tx.execute(text("SELECT pg_backend_pid()")).scalar_one()
            cluster.sql(f"SELECT pg_terminate_backend({own}, 10000)")
            newest(tx)

    with pytest.raises(DatabaseUnreachable):
        end_in_the_middle()
    with database.writing() as tx:
        assert newest(tx) == 0
    database.close()


def test_reading_cannot_write(cluster: Cluster) -> None:
    database = Database.open(cluster.new_store())
    with pytest.raises(DatabaseFailed), database.reading() as reading:
        reading.execute(text("DELETE FROM cursor"))
    database.close()
