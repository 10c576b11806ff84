"""Time as the store keeps it: aware moments in UTC; days are days in Japan."""

from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

JAPAN = timezone(timedelta(hours=9), "JST")
"""Japanese time. Japan has kept UTC+9 without summer time since 1951-09, so no zone table is needed."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def seconds_between(moment: datetime, now: datetime) -> float:
    """Return how far `moment` and `now` are apart, for what waits until so much time has passed since `moment`.

    A moment in the future was written under a clock that has been set back since. It counts like one that lies as far
    in the past: otherwise what waits would wait until the clock gets there, which may be years.
    """
    return abs((now - moment).total_seconds())


def day_in_japan(moment: datetime) -> date:
    """Return the calendar day that `moment` (aware) falls on in Japan: planned days are such days."""
    return moment.astimezone(JAPAN).date()


@lru_cache(maxsize=256)  # What one act writes bears one time.
def to_microseconds(moment: datetime) -> int:
    """Return whole microseconds from 1970-01-01T00:00Z to `moment`; ValueError if it names no zone."""
    if moment.tzinfo is None:
        msg = "a moment without a zone cannot be stored"
        raise ValueError(msg)
    return (moment - _EPOCH) // _MICROSECOND


@lru_cache(maxsize=256)  # What was written at one time is read together.
def from_microseconds(count: int) -> datetime:
    """Return the UTC moment that lies `count` microseconds after 1970-01-01T00:00Z."""
    return _EPOCH + timedelta(microseconds=count)


@lru_cache(maxsize=16)  # What one act writes bears one time.
def to_text(moment: datetime) -> str:
    """Return `moment` as 2026-11-23T07:15:00.000000Z: always UTC, always six digits, so it sorts as text."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
