"""All tables of the store, in the order in which they can be filled."""

from typing import Final

from sqlalchemy import Table

from store import log, peers, people, queue

TABLES: Final[tuple[Table, ...]] = (*log.TABLES, *people.TABLES, *peers.TABLES, *queue.TABLES)
