"""The version of the database's tables and the steps from each version to the next, by alembic.

Each step is a numbered revision in `steps/versions/`, and alembic's own table in the database holds the number of the
last one taken. A new database is created directly from the models and marked with the newest number. A test holds the
tables created in these two ways equal. Alembic is imported only when a step is to be taken.
"""

from pathlib import Path
from typing import Final

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, insert, select

from store.errors import DatabaseDamaged, DatabaseNewer, DatabaseOlder
from store.tables import TABLES

HEAD: Final = "0020"
"""The revision that this program works with: the newest in `steps/versions/`."""

_STEPS: Final = Path(__file__).with_name("steps")
VERSIONS: Final = _STEPS / "versions"
"""The directory of the revisions."""

# Defined here so that a start does not import alembic. It is exactly alembic's own table, down to the name of its key,
# because alembic finds and changes it when it takes the next step.
_VERSION: Final = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def make(tx: Connection) -> None:
    """Create all tables of the present version in an empty database."""
    metadata = TABLES[0].metadata
    metadata.create_all(tx, tables=TABLES)
    _VERSION.create(tx)
    tx.execute(insert(_VERSION), {"version_num": HEAD})


def upgrade(tx: Connection, revision: str = "head") -> None:
    """Take all steps that remain, up to `revision`."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_STEPS))
    config.set_main_option("version_locations", str(VERSIONS))
    # Alembic splits lists of paths at this separator. The path of this installation may hold blanks and colons.
    config.set_main_option("path_separator", "newline")
    # The steps run in the caller's transaction, so that an upgrade that fails half-way changes nothing.
    config.attributes["connection"] = tx
    command.upgrade(config, revision)


def revision_of(reading: Connection, name: str) -> str:
    """Return the revision of the database called `name`. Raises DatabaseDamaged when it is not one of ours."""
    if not reading.dialect.has_table(reading, _VERSION.name):
        raise DatabaseDamaged(file=name)
    versions = list(reading.scalars(select(_VERSION.c.version_num)))
    # Alembic's usual revisions are random. Ours are numbers, so that an old program recognises a newer database.
    if len(versions) != 1 or not versions[0].isdecimal():
        raise DatabaseDamaged(file=name)
    return str(versions[0])


def refuse_newer(revision: str) -> None:
    """Raise DatabaseNewer for a revision that this program does not know."""
    if int(revision) > int(HEAD):
        raise DatabaseNewer(found=revision, known=HEAD)


def refuse_other(revision: str) -> None:
    """Raise DatabaseNewer or DatabaseOlder unless `revision` is the one that this program works with."""
    refuse_newer(revision)
    if revision != HEAD:
        raise DatabaseOlder(found=revision, known=HEAD)
