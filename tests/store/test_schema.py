"""A moment is stored as a whole number on either engine, and comes back in UTC."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import BigInteger
from sqlalchemy.dialects import registry

from store import clock
from store.queue.tables import ALL_MESSAGES, Message
from store.schema import UtcMoment, table

MOMENT = datetime(2026, 11, 23, 3, 0, 0, 123456, tzinfo=UTC)
KIND = UtcMoment()


@pytest.mark.parametrize("name", ["sqlite", "postgresql"])
def test_a_moment_is_microseconds_in_the_database(name: str) -> None:
    dialect = registry.load(name)()
    stored = KIND.process_bind_param(MOMENT.astimezone(clock.JAPAN), dialect)
    assert stored == 1_795_402_800_123_456
    back = KIND.process_result_value(stored, dialect)
    assert back == MOMENT
    assert back is not None
    assert back.tzinfo is UTC
    assert KIND.process_bind_param(None, dialect) is None
    assert KIND.process_result_value(None, dialect) is None


def test_a_moment_without_a_zone_is_not_stored() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        KIND.process_bind_param(MOMENT.replace(tzinfo=None), registry.load("sqlite")())


def test_a_model_leads_to_its_table() -> None:
    assert table(Message) is ALL_MESSAGES
    assert isinstance(ALL_MESSAGES.c.effective_at.type, UtcMoment)
    assert isinstance(ALL_MESSAGES.c.effective_at.type.impl, BigInteger)


@pytest.mark.parametrize("stored", ["no moment", 10**30, 1.5e300])
def test_what_is_no_moment_is_read_as_the_first_of_all(stored: object) -> None:
    """The seal of its row then tells that somebody has put it there."""
    back = KIND.process_result_value(stored, registry.load("sqlite")())
    assert back is not None
    assert back.year == 1
