"""How much long work does in one writer's turn, so that nobody else waits long for theirs."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final

from sqlalchemy import Connection

from store.database import Database

_AIM: Final = 0.125
"""How many seconds a turn is to take: eight writers who all do long work then wait for one another for a second."""

_FIRST: Final = 500
_LEAST: Final = 25
_MOST: Final = 4000


class Pace:
    """The `size` of the next portion, adapted to what the last ones took on this machine and this disk."""

    def __init__(self) -> None:
        self.size = _FIRST

    @contextmanager
    def turn(self, database: Database, count: int) -> Iterator[Connection]:
        """Yield a writing block for `count` items and measure it. Raises as `Database.writing`."""
        with database.writing() as tx:
            # From here on others wait; making the work durable, after the block, belongs to it.
            began = monotonic()
            yield tx
        self.adapt(count, monotonic() - began)

    def adapt(self, count: int, seconds: float) -> None:
        """Choose the size of the next portion after `count` items took so many seconds."""
        if count and seconds > 0:
            # At most doubled: a single fast turn, such as one that had nothing to add, proves little.
            self.size = round(max(min(count * _AIM / seconds, 2 * self.size, _MOST), _LEAST))
