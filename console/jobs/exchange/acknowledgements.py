"""Acknowledgements: the peer learns which items of its feed are durable here."""

from collections.abc import Sequence

from sqlalchemy import Connection

from console.jobs.exchange.line import Contact
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.log import Event
from store.queue import Feed, Pending
from transport.bounds import MOST_BODY_BYTES
from transport.evidence.envelope import Label
from transport.evidence.voucher import header_of
from transport.line.client import TakenItem


class Acknowledgements:
    """The acknowledgements of one receiving. Those that the peer does not accept are left to the next one."""

    def __init__(self, terminal: Terminal, session: Session, contact: Contact, feed: Feed) -> None:
        self._terminal = terminal
        self._session = session
        self._contact = contact
        self._feed = feed
        self._up_to = 0

    def send(self) -> None:
        """Acknowledge everything that is stored here and that the peer does not know of yet."""
        size = self._terminal.settings.line.batch
        while True:
            # Read from the database, not remembered from the page: only what is durable may be acknowledged.
            with self._terminal.database.reading() as reading:
                pending = queue.unacknowledged(reading, self._feed, size, after=self._up_to)
                items = self._items_of(reading, pending)
            if not items:
                return
            pending = pending[: len(items)]
            # The next exchange repeats those that the peer does not accept now.
            problems = self._contact.line.acknowledge(items, received_at=self._contact.clock.now())
            acknowledged = [arrival for arrival in pending if arrival.position not in problems]
            with self._terminal.database.writing() as tx:
                queue.mark_acknowledged(tx, self._feed, (arrival.uid for arrival in acknowledged), clock.now())
                queue.erase_results_of_lost(tx, self._feed)
                self._record(tx, acknowledged)
            self._up_to = pending[-1].position

    def _items_of(self, reading: Connection, pending: Sequence[Pending]) -> list[TakenItem]:
        """Return the stored arrivals, the first of them as far as they would fit in one answer of the peer."""
        # The peer decides how large they are, and how many wait when it accepts none for long: memory has to be bounded
        # here as it was when they came.
        items: list[TakenItem] = []
        size = 0
        for arrival in pending:
            envelope = queue.envelope_of(reading, self._feed, arrival.uid) or b""
            size += len(envelope)
            if items and size > MOST_BODY_BYTES:
                break
            items.append(TakenItem(arrival.position, Label(header_of(envelope), arrival.digest.hex())))
        return items

    def _record(self, tx: Connection, acknowledged: Sequence[Pending]) -> None:
        """Record one entry for all of them; the arrival of each has its own entry."""
        if acknowledged:
            self._terminal.log.append(
                tx,
                Event.NOTICE_ACKNOWLEDGED,
                actor=self._session.person_id,
                session=self._session.id,
                detail={"count": len(acknowledged), "position": acknowledged[-1].position},
            )
