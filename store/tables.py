"""All tables of the store, in the order in which they can be filled."""

from typing import Final

from sqlalchemy import Table

from store import log, peers, people, protected_persons, queue, settings_in_force
from store.handins import outcomes

# A table comes after those that its foreign keys refer to: a restored backup fills them in this order, and both engines
# check the keys at the end of each statement.
TABLES: Final[tuple[Table, ...]] = (
    *log.TABLES,
    *people.TABLES,
    *peers.TABLES,
    *settings_in_force.TABLES,
    *protected_persons.TABLES,
    *queue.TABLES,
    *outcomes.TABLES,
)
