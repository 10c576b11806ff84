"""What all tables share: how a moment is kept, and the way from a model to its table."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import BigInteger, Dialect, Table
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

from store import clock


class UtcMoment(TypeDecorator[datetime]):
    """A moment in UTC, kept as whole microseconds: exact, sorting and the same on every engine."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Turn an aware moment into microseconds; ValueError when it names no zone."""
        return None if value is None else clock.to_microseconds(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Turn microseconds into a moment in UTC."""
        return None if value is None else clock.from_microseconds(value)


def table(model: type[SQLModel]) -> Table:
    """Return the SQLAlchemy Core table of a SQLModel: rows are read and written without entities."""
    return cast("Table", model.__table__)  # type: ignore[attr-defined]  # SQLModel adds it at run time.
