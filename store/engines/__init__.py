"""The engines under the database: SQLite for one terminal, PostgreSQL when several terminals share one queue.

Whatever concerns only one of them is here, in its own module.
"""

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from store.engines.backend import Backend, Fill
from store.errors import DatabaseUrlUnknown

__all__ = ["Backend", "Fill", "backend_at"]


def backend_at(url: str, *, owner_url: str | None = None) -> Backend:
    """Return the engine for `url`: sqlite:////absolute/path or postgresql+psycopg://role@host/name.

    `owner_url` names the same PostgreSQL database with the role that owns its tables, where that is another role.
    Raises DatabaseUrlUnknown, DatabaseDriverMissing, DatabaseUnsafe.
    """
    try:
        parsed = make_url(url)
        owner = make_url(owner_url) if owner_url is not None else parsed
    except ArgumentError:
        raise DatabaseUrlUnknown(scheme="") from None
    # Each engine is imported only where it is used, so that no start waits for the other one.
    if parsed.drivername == "postgresql+psycopg":
        from store.engines.postgresql import PostgreSQL

        return PostgreSQL(parsed, owner)
    if parsed.get_backend_name() == "sqlite":
        from store.engines.sqlite import SQLite

        return SQLite.at(parsed)
    raise DatabaseUrlUnknown(scheme=parsed.drivername)
