"""A database of an older program is brought to this one's version, on purpose and all at once."""

from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from store import migrations
from store.database import Database
from store.engines import backend_at
from store.errors import DatabaseNewer, DatabaseOlder
from store.log import Event, Log

_NEXT = '''
"""Say more of a session."""

import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = "{down}"


def upgrade() -> None:
    op.add_column("session", sa.Column("more", sa.String(), server_default="said"))
    op.execute("{last}")
'''


def shape(connection: Connection) -> dict[str, object]:
    """Return everything that the engine tells about its tables."""
    looked = inspect(connection)
    return {
        name: [
            [(one["name"], str(one["type"]), one["nullable"]) for one in looked.get_columns(name)],
            looked.get_pk_constraint(name)["constrained_columns"],
            sorted((str(one["name"]), str(one["column_names"]), one["unique"]) for one in looked.get_indexes(name)),
            sorted((str(one["constrained_columns"]), one["referred_table"]) for one in looked.get_foreign_keys(name)),
            sorted(str(one["column_names"]) for one in looked.get_unique_constraints(name)),
        ]
        for name in sorted(looked.get_table_names())
    }


def test_the_program_works_with_the_newest_revision_and_all_are_numbered() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations.VERSIONS.parent))
    directory = ScriptDirectory.from_config(config)
    numbers = [one.revision for one in directory.walk_revisions()][::-1]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
    assert numbers[-1] == migrations.HEAD


def test_a_new_database_is_what_all_steps_lead_to(
    database: Database, engine: str, home: Path, request: pytest.FixtureRequest
) -> None:
    if engine == "sqlite":
        url = f"sqlite:///{home / 'stepwise.sqlite'}"
    else:
        url = request.getfixturevalue("cluster").new_database()
    backend_at(url).make(migrations.upgrade)
    stepwise = Database.open(url)
    with database.reading() as made, stepwise.reading() as stepped:
        assert shape(made) == shape(stepped)
    stepwise.close()


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
    assert caught.value.facts == {"found": "0001", "known": "9001"}
    assert Database.upgrade(url) == ("0001", "9001")
    assert Database.upgrade(url) == ("9001", "9001"), "a second time changes nothing"
    upgraded = Database.open(url)
    with upgraded.reading() as reading:
        assert "more" in [one["name"] for one in inspect(reading).get_columns("session")]
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
        assert migrations.found(reading, backend.name) == "0001"
    backend.close()


def test_a_newer_database_is_not_touched(database: Database, url: str) -> None:
    with database.writing() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '0002'"))
    database.close()
    with pytest.raises(DatabaseNewer):
        Database.upgrade(url)
