"""The database's version and the steps from one to the next, by alembic.

Each step is a numbered revision in `steps/versions/`; the database carries the number of the last one in alembic's own
table. A new database is made from the models at once and carries the newest number; a test holds the two ways against
each other. Alembic itself is only imported to take a step.
"""

from pathlib import Path
from typing import Final

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, insert, select

from store.errors import DatabaseDamaged, DatabaseNewer, DatabaseOlder
from store.tables import TABLES

HEAD: Final = "0008"
"""The revision that this program works with."""

_STEPS: Final = Path(__file__).with_name("steps")
VERSIONS: Final = _STEPS / "versions"
"""Where the revisions are."""

# As alembic makes it, down to the name of its key: a step that a later alembic takes finds what it expects.
_VERSION: Final = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def make(tx: Connection) -> None:
    """Make all tables, as they are now, in an empty database."""
    metadata = TABLES[0].metadata
    metadata.create_all(tx, tables=TABLES)
    _VERSION.create(tx)
    tx.execute(insert(_VERSION), {"version_num": HEAD})


def upgrade(tx: Connection, revision: str = "head") -> None:
    """Take all steps that are still to be taken, up to a `revision`."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_STEPS))
    config.set_main_option("version_locations", str(VERSIONS))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = tx
    command.upgrade(config, revision)


def found(reading: Connection, name: str) -> str:
    """Return the revision of the database called `name`. Raises DatabaseDamaged: it is none of ours."""
    if not reading.dialect.has_table(reading, _VERSION.name):
        raise DatabaseDamaged(file=name)
    versions = list(reading.scalars(select(_VERSION.c.version_num)))
    # Revisions are numbered, so that an older program can tell that a database is newer.
    if len(versions) != 1 or not versions[0].isdecimal():
        raise DatabaseDamaged(file=name)
    return str(versions[0])


def refuse_newer(revision: str) -> None:
    """Raise DatabaseNewer for a revision that this program does not know."""
    if int(revision) > int(HEAD):
        raise DatabaseNewer(found=revision, known=HEAD)


def refuse_other(revision: str) -> None:
    """Raise DatabaseNewer or DatabaseOlder unless it is the revision that this program works with."""
    refuse_newer(revision)
    if revision != HEAD:
        raise DatabaseOlder(found=revision, known=HEAD)
