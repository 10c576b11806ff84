"""Clocks that differ: an agency that runs in the same process as the terminal believes in another time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from typing import Self

import pytest


@contextmanager
def agency_ahead(seconds: float) -> Iterator[None]:
    """Set the agency's clock ahead of the terminal's, which runs in the same process."""

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(time.time() + seconds, tz)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("transport.agency.server.datetime", Shifted)
        patch.setattr("transport.agency.datetime", Shifted)
        yield
