"""Moments as arguments of commands: ISO 8601, in Japanese time unless an offset is given."""

from datetime import datetime
from typing import Any

import click

from store.clock import JAPAN


class MomentType(click.ParamType[datetime, Any]):
    """A moment such as 2026-12-01T00:00, Japanese time, or 2026-11-30T15:00Z."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the aware moment."""
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r}: 2026-12-01T00:00", param, ctx)
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=JAPAN)


MOMENT = MomentType()
