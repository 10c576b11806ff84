"""A database of an older program is brought to this one's version, on purpose and all at once.

Its tables are those of `store.tables`.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, Date, Index, MetaData, String, bindparam, inspect, text

from store import migrations, queue
from store.database import Database
from store.engines import backend_at
from store.errors import DatabaseNewer, DatabaseOlder
from store.log import Event, Log
from store.tables import TABLES

_NEXT = '''
"""Say more of a session."""

import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = "{down}"


def upgrade() -> None:
    op.add_column("session", sa.Column("more", sa.String(), server_default="nothing"))
    op.execute("{last}")
'''


def shape(connection: Connection) -> dict[str, object]:
    """Return everything that the engine tells about its tables."""
    inspector = inspect(connection)
    made: dict[str, object] = {
        name: [
            [(column["name"], str(column["type"]), column["nullable"]) for column in inspector.get_columns(name)],
            inspector.get_pk_constraint(name)["constrained_columns"],
            sorted(
                (str(index["name"]), str(index["column_names"]), index["unique"])
                for index in inspector.get_indexes(name)
            ),
            sorted(
                (str(key["constrained_columns"]), key["referred_table"]) for key in inspector.get_foreign_keys(name)
            ),
            sorted(str(rule["column_names"]) for rule in inspector.get_unique_constraints(name)),
        ]
        for name in sorted(inspector.get_table_names())
    }
    indexes = {
        "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name",
        "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname",
    }
    # Also what only some of the rows are in, which the inspector does not tell of every engine.
    made["indexes"] = [tuple(row) for row in connection.execute(text(indexes[connection.dialect.name]))]
    return made


def differences(connection: Connection, models: MetaData) -> list[object]:
    """Return what the tables of a database lack, or have too much, to be as the models say."""
    return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), models))


def test_the_program_works_with_the_newest_revision_and_all_are_numbered() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations.VERSIONS.parent))
    directory = ScriptDirectory.from_config(config)
    numbers = [script.revision for script in directory.walk_revisions()][::-1]
    assert numbers == sorted(set(numbers))
    assert {len(number) for number in numbers} == {4}
    assert numbers[-1] == migrations.HEAD


@pytest.fixture
def stepwise(engine: str, home: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database that all revisions made, one after the other, and the models had no part in."""
    if engine == "sqlite":
        url = f"sqlite:///{home / 'stepwise.sqlite'}"
    else:
        url = request.getfixturevalue("cluster").new_database()
    backend_at(url).make(migrations.upgrade)
    made = Database.open(url)
    yield made
    made.close()


def test_a_new_database_is_what_all_steps_lead_to(database: Database, stepwise: Database) -> None:
    with database.reading() as made, stepwise.reading() as stepped:
        assert shape(made) == shape(stepped)


def test_no_revision_looks_at_the_models() -> None:
    for path in migrations.VERSIONS.glob("*.py"):
        imported = {line for line in path.read_text(encoding="utf-8").splitlines() if "import " in line}
        assert imported <= {"import sqlalchemy as sa", "from alembic import op"}, path.name


def test_what_has_a_planned_day_is_effective_from_the_beginning_of_that_day_in_japan(
    engine: str, home: Path, request: pytest.FixtureRequest
) -> None:
    if engine == "sqlite":
        url = f"sqlite:///{home / 'older.sqlite'}"
    else:
        url = request.getfixturevalue("cluster").new_database()
    noon, planned = 1_764_471_600_000_000, 1_764_514_800_000_000  # 2025-11-30 12:00 and 2025-12-01 00:00 in Japan.
    row = text(
        "INSERT INTO message (id, uid, direction, kind, reference, state, occurred_at, taken_at, due_on, revision, "
        "digest, warnings, state_since, version) "
        "VALUES (:id, :uid, 'out', 'k', :uid, 'held', :at, :at, :due, 1, :digest, 0, :at, 1)"
    ).bindparams(bindparam("due", type_=Date))

    effective: list[int] = []

    def make(tx: Connection) -> None:
        migrations.upgrade(tx, "0011")
        for number, due in enumerate((None, date(2025, 12, 1), date(2025, 11, 29)), 1):
            tx.execute(row, {"id": number, "uid": str(number), "at": noon, "due": due, "digest": b""})
        migrations.upgrade(tx, "0012")
        effective.extend(tx.scalars(text("SELECT effective_at FROM message ORDER BY id")))

    backend_at(url).make(make)
    # A day that lies before the change itself moves nothing.
    assert effective == [noon, planned, noon]


def test_a_model_that_no_revision_makes_is_told(stepwise: Database) -> None:
    models = MetaData()
    copied = {table.name: table.to_metadata(models) for table in TABLES}
    with stepwise.reading() as reading:
        assert differences(reading, models) == []
        copied["person"].append_column(Column("more", String))
        Index("message_more", copied["message"].c.kind)
        assert len(differences(reading, models)) == 2


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A program one revision ahead."""
    versions = tmp_path / "versions"
    versions.mkdir()
    for path in migrations.VERSIONS.glob("*.py"):
        (versions / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (versions / "9001_more.py").write_text(_NEXT.format(down=migrations.HEAD, last="SELECT 1"), encoding="utf-8")
    monkeypatch.setattr(migrations, "VERSIONS", versions)
    monkeypatch.setattr(migrations, "HEAD", "9001")
    return versions / "9001_more.py"


def test_an_older_database_is_refused_until_it_is_upgraded(database: Database, url: str, log: Log, newer: Path) -> None:
    with database.writing() as tx:
        log.append(tx, Event.TERMINAL_STARTED, actor=None, session=None)
    database.close()
    with pytest.raises(DatabaseOlder) as caught:
        Database.open(url)
    before = caught.value.facts["found"]
    assert caught.value.facts == {"found": before, "known": "9001"}
    assert Database.upgrade(url) == (before, "9001")
    assert Database.upgrade(url) == ("9001", "9001"), "a second time changes nothing"
    upgraded = Database.open(url)
    with upgraded.reading() as reading:
        assert "more" in [column["name"] for column in inspect(reading).get_columns("session")]
        assert log.verify(reading).entries == 1
    for statement in ("UPDATE log_entry SET actor = 'x'", "DELETE FROM log_entry"):
        with pytest.raises(Exception, match=r"never changed|permission denied"), upgraded.writing() as tx:
            tx.execute(text(statement))
    upgraded.close()


def test_an_upgrade_that_fails_changes_nothing(database: Database, url: str, newer: Path) -> None:
    with database.reading() as reading:
        before = shape(reading)
    database.close()
    newer.write_text(newer.read_text(encoding="utf-8").replace("SELECT 1", "SELECT * FROM nowhere"), encoding="utf-8")
    with pytest.raises(Exception, match="nowhere"):
        Database.upgrade(url)
    backend = backend_at(url)
    with backend.reader.begin() as reading:
        assert shape(reading) == before
        assert migrations.revision_of(reading, backend.name) != migrations.HEAD
    backend.close()


def test_a_newer_database_is_not_touched(database: Database, url: str) -> None:
    with database.writing() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9000'"))
    database.close()
    with pytest.raises(DatabaseNewer):
        Database.upgrade(url)


def test_what_is_there_goes_to_the_one_terminal_that_there_was(
    engine: str, home: Path, request: pytest.FixtureRequest
) -> None:
    url = (
        f"sqlite:///{home / 'stepwise.sqlite'}"
        if engine == "sqlite"
        else request.getfixturevalue("cluster").new_database()
    )
    backend = backend_at(url)
    body = b'{"detail":{"terminal":"x"},"terminal":"t-131041-01","v":1}'.hex()
    backend.make(lambda tx: migrations.upgrade(tx, "0004"))
    with backend.writer.begin() as tx:
        blob = f"X'{body}'" if engine == "sqlite" else f"'\\x{body}'"
        tx.execute(text(f"INSERT INTO log_entry VALUES (1, {blob}, {blob}, 1, 'e', NULL, NULL, NULL, 'done')"))
        tx.execute(text("INSERT INTO cursor VALUES ('agency', 7)"))
        tx.execute(text(f"INSERT INTO arrival VALUES ('u', 'agency', 7, 'notice', {blob}, {blob}, 1, NULL)"))
    backend.close()
    assert Database.upgrade(url) == ("0004", migrations.HEAD)
    upgraded = Database.open(url)
    with upgraded.reading() as reading:
        feed = queue.Feed("t-131041-01", "agency")
        assert queue.cursor(reading, feed) == 7
        assert [pending.uid for pending in queue.unacknowledged(reading, feed, 10)] == ["u"]
    upgraded.close()
