"""Time as the store keeps it: moments are aware and in UTC, days are days in Japan."""

from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

JAPAN = timezone(timedelta(hours=9), "JST")
"""Japanese time. Japan has kept UTC+9 without summer time since September 1951, so no zone database is needed."""

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
    """Return the calendar day on which `moment` (aware) falls in Japan.

    Planned days and the days that laws count are days in Japan: between 15:00 and 24:00 UTC, Japan is a day ahead.
    """
    return moment.astimezone(JAPAN).date()


# All rows that one act writes carry the same moment. The three caches below turn thousands of conversions into one.
@lru_cache(maxsize=256)
def to_microseconds(moment: datetime) -> int:
    """Return the whole microseconds from 1970-01-01T00:00Z to `moment`; ValueError if it has no zone."""
    if moment.tzinfo is None:
        # A naive moment would silently be taken for the machine's local time, which differs between terminals.
        msg = "a moment without a zone cannot be stored"
        raise ValueError(msg)
    # Integer division is exact. A float of seconds rounds present moments by up to a microsecond.
    return (moment - _EPOCH) // _MICROSECOND


@lru_cache(maxsize=256)
def from_microseconds(count: int) -> datetime:
    """Return the UTC moment `count` microseconds after 1970-01-01T00:00Z."""
    return _EPOCH + timedelta(microseconds=count)


@lru_cache(maxsize=16)
def to_text(moment: datetime) -> str:
    """Return `moment` as 2026-11-23T07:15:00.000000Z: always UTC and always six digits, so that texts sort by time."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
