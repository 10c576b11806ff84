"""Moments and days as arguments of commands: Japanese time, unless an offset is given."""

from datetime import date, datetime
from typing import Any, Final

import click

from store.clock import JAPAN
from store.message.entry.typed import typed_day

# What a filter of the log takes: a day, which means its beginning, or a minute. `click.DateTime` reads no offset.
MOMENT_FORMATS: Final = ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")


class MomentType(click.ParamType[datetime, Any]):
    """A moment in ISO 8601, such as 2026-12-01T00:00 in Japanese time, or 2026-11-30T15:00Z."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return `value` as a moment that has a time zone."""
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            # The example is the same in every language, so it is not in a catalogue.
            self.fail(f"{value!r}: 2026-12-01T00:00", param, ctx)
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=JAPAN)


MOMENT: Final = MomentType()


class DayType(click.ParamType[date, Any]):
    """A day as the form of entry takes it: 2026-11-23, 20261123, R8.11.23."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return `value` as a day."""
        day = typed_day(str(value))
        if day is None:
            self.fail(f"{value!r}: 2026-12-01", param, ctx)
        return day


DAY: Final = DayType()


def in_japan(moment: datetime | None) -> datetime | None:
    """Return a moment without a time zone as the same time of day in Japan; None stays None."""
    return None if moment is None else moment.replace(tzinfo=JAPAN)
