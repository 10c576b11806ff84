"""The terminal's end of the line (PROTOCOL.md, 3 and 6). It only calls out; nothing here ever listens.

Every new connection begins with a greeting: the peer says who it is, for which municipality it takes us, and what time
it has. Only then does the first message leave.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Self, TypeVar

from transport import bounds, wire
from transport.bounds import Bound
from transport.errors import (
    LineCancelled,
    LineFault,
    PeerIsAnother,
    PeerServesAnother,
    ProtocolUnknown,
    RequestRefused,
)
from transport.evidence.envelope import Envelope
from transport.evidence.holdings import Inquiry
from transport.evidence.receipts import sign_receipts
from transport.line import answers
from transport.line.answers import Delivery, FeedItem, FeedPage, PeerStatus, TakenItem
from transport.line.connection import Connection
from transport.line.peer import PeerEndpoint
from transport.parties.identity import Identity
from transport.problems import Problem

__all__ = ["Delivery", "FeedItem", "FeedPage", "Line", "LineLimits", "PeerStatus", "TakenItem"]

# The peer may have closed a connection that was idle for longer. Opening a new one costs little; a request on a closed
# one would end without an answer, and the messages in it would count as unknown.
_IDLE_SECONDS: Final = 5.0
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class LineLimits:
    """How long the line waits, in seconds: for a connection with its handshake, and for a whole answer."""

    connect_seconds: float = 5.0
    read_seconds: float = 30.0


class Line:
    """The line to one peer. One call at a time; `close` may come from any thread and ends a call under way.

    Every call raises LineFault leaves (exit 5), and CertificateExpired or CertificateNotYetValid when our own
    certificate is out of date. An error whose `may_have_arrived` is true leaves open whether the peer has the request.
    """

    def __init__(self, peer: PeerEndpoint, identity: Identity, limits: LineLimits | None = None) -> None:
        self._peer = peer
        self._identity = identity
        self._limits = limits or LineLimits()
        # `_turn` is held for a whole call. `_guard` is held only for moments, so that `close` can reach the connection
        # of a call that is waiting for its answer.
        self._turn = threading.Lock()
        self._guard = threading.Lock()
        self._connection: Connection | None = None
        self._used_at = 0.0
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def status(self) -> PeerStatus:
        """Greet the peer on a new connection and return what it says about itself. No message is touched.

        Also raises PeerIsAnother, PeerServesAnother, ProtocolUnknown.
        """
        with self._turn:
            self._drop()
            _, status = self._connect()
            return status

    def deliver(self, envelopes: Sequence[bytes]) -> list[Delivery]:
        """Send at most 512 envelopes (exact stored bytes) and return the peer's answer for each, in the same order.

        The same envelope may be sent again at any time: the peer answers with the same receipt.
        """
        deliveries: list[Delivery] = []
        for some in _fitting(envelopes):
            try:
                deliveries += self._deliver(some)
            except LineFault as error:
                # Whatever became of the last body, those before it have arrived.
                error.may_have_arrived = error.may_have_arrived or bool(deliveries)
                raise
        return deliveries

    def ask(self, ids: Sequence[str]) -> dict[str, bytes | None]:
        """Return for each of at most 512 ids the receipt that the peer gave, or None if it has no such message."""
        value = self._call("/v1/receipts", {"ids": list(ids)}, bounds.receipts(len(ids)))
        return answers.read_receipts(value, ids)

    def pull(self, after: int, limit: int) -> FeedPage:
        """Return at most `limit` (up to 512) items of our feed beyond position `after` (0: from the beginning)."""
        value = self._call("/v1/feed", {"after": after, "limit": limit}, bounds.envelopes(limit))
        return answers.read_page(value, after, limit)

    def acknowledge(
        self, items: Sequence[FeedItem | TakenItem], *, received_at: datetime | None = None
    ) -> dict[int, Problem]:
        """Send the peer a signed receipt for each of `items`, which are verified and durable here since `received_at`.

        Returns by position the problems with those that it did not take; empty when all is well. Acknowledging again
        is harmless.
        """
        now = received_at or datetime.now(UTC)
        receipts = sign_receipts([item.label for item in items], recipient=self._identity, received_at=now)
        rows = [
            {"position": item.position, "receipt": wire.to_base64(receipt)}
            for item, receipt in zip(items, receipts, strict=True)
        ]
        value = self._call("/v1/acknowledgements", {"items": rows}, bounds.problems(len(rows)))
        return answers.read_unacknowledged(value, [item.position for item in items])

    def show_checkpoint(self, number: int, digest: str) -> bytes | None:
        """Show the peer the latest checkpoint of our log and return its statement about the highest one it has seen.

        The statement is not verified yet. None: this peer keeps no such statements.
        """
        try:
            value = self._call("/v1/witness", {"number": number, "checkpoint": digest}, bounds.WITNESS)
        except RequestRefused as error:
            # An agency may lack this endpoint (PROTOCOL.md, 6.6). Any other refusal is a fault.
            if error.facts["problem"] == "path_unknown":
                return None
            raise
        return answers.read_witness(value)

    def holdings(self, asked: Inquiry) -> bytes | None:
        """Return the envelope in which the peer states which of our messages it holds; None if it states none.

        The envelope is not verified yet.
        """
        body = {"since": wire.to_time(asked.since), "after": asked.after, "limit": asked.limit}
        try:
            return answers.read_holdings(self._call("/v1/holdings", body, bounds.envelopes(1)))
        except RequestRefused as error:
            # An agency may lack this endpoint (PROTOCOL.md, 6.7). Any other refusal is a fault.
            if error.facts["problem"] == "path_unknown":
                return None
            raise

    @property
    def connected(self) -> bool:
        """Whether the line is up: nobody ended it, and the last call did not fail."""
        with self._guard:
            return not self._closed and self._connection is not None and self._connection.usable

    def close(self) -> None:
        """End the line; a call under way in another thread ends at once with LineCancelled or AnswerCancelled."""
        with self._guard:
            self._closed = True
            if self._connection is not None:
                self._connection.abort()
        # A call under way closes the connection itself when it fails; an idle connection is closed here. Waiting for
        # the turn would mean waiting for the very call that is to be ended.
        if self._turn.acquire(blocking=False):
            self._drop()
            self._turn.release()

    def _deliver(self, envelopes: Sequence[bytes]) -> list[Delivery]:
        ids = [Envelope.id_of(raw) for raw in envelopes]
        most = bounds.results(len(ids))
        results = self._post("/v1/messages", wire.BYTES_TYPE, wire.join(envelopes), answers.read_parts, most)
        return answers.read_deliveries(results, ids)

    def _call(self, path: str, body: Mapping[str, Any], bound: Bound) -> dict[str, Any]:
        read = partial(answers.read_object, bound=bound)
        return self._post(path, wire.JSON_TYPE, wire.encode(body), read, bound.length)

    def _post(self, path: str, media_type: str, body: bytes, read: Callable[[bytes], _Read], most: int) -> _Read:
        """Send a body; return what `read` makes of the body of the answer, which has to be of the same media type."""
        with self._turn:
            connection = self._ready()
            answer = connection.request("POST", path, self._limits.read_seconds, media_type, body, most=most)
            self._used_at = time.monotonic()
            try:
                return read(answers.good_body(answer, media_type))
            except LineFault:
                # The peer ends the connection after such an answer (PROTOCOL.md, 7), and so do we.
                self._drop()
                raise

    def _ready(self) -> Connection:
        """Return a connection on which the peer was greeted and that was used recently."""
        if self._closed:
            raise LineCancelled
        recent = time.monotonic() - self._used_at <= _IDLE_SECONDS
        if self._connection is not None and self._connection.usable and recent:
            return self._connection
        self._drop()
        connection, _ = self._connect()
        return connection

    def _connect(self) -> tuple[Connection, PeerStatus]:
        """Open a connection to a certificate that is in force now, and greet the peer on it."""
        now = datetime.now(UTC)
        self._identity.check_dates(now)
        certificates = self._peer.certificates_in_force(now)
        connection = Connection(self._peer.address, self._peer.port)
        with self._guard:
            # Checked under the guard: a `close` that came first would find no connection to abort.
            if self._closed:
                raise LineCancelled
            self._connection = connection
        try:
            connection.open(self._identity, certificates, self._limits.connect_seconds)
            status = self._greet(connection)
        except LineFault as error:
            # The greeting may have arrived, but no message has left yet: nothing is unknown because of this error.
            error.may_have_arrived = False
            self._drop()
            raise
        self._used_at = time.monotonic()
        return connection, status

    def _greet(self, connection: Connection) -> PeerStatus:
        """Return the peer's status when protocol, name and municipality are the registered ones."""
        asked = datetime.now(UTC)
        answer = connection.request("GET", "/v1/status", self._limits.read_seconds, most=bounds.STATUS.length)
        answered = datetime.now(UTC)
        value = answers.read_object(answers.good_body(answer, wire.JSON_TYPE), bounds.STATUS)
        status = answers.read_status(value, asked, answered)
        if status.protocol != wire.PROTOCOL:
            raise ProtocolUnknown(found=status.protocol, wanted=wire.PROTOCOL)
        # The certificate proves whom we are connected to; these two find a register that is wrong on either side.
        if status.name != self._peer.name:
            raise PeerIsAnother(found=status.name, wanted=self._peer.name)
        if status.municipality != self._peer.municipality:
            raise PeerServesAnother(found=status.municipality, wanted=self._peer.municipality)
        return status

    def _drop(self) -> None:
        with self._guard:
            connection, self._connection = self._connection, None
        # Closed outside the guard, which is held only for moments.
        if connection is not None:
            connection.close()


def _fitting(envelopes: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Yield the envelopes in their order, as many at a time as fit in one body."""
    # By their bytes: a batch of ordinary messages goes in one body, and only one of very large ones in several.
    some: list[bytes] = []
    size = 0
    for raw in envelopes:
        if some and size + len(raw) + wire.LENGTH_BYTES > bounds.MOST_BODY_BYTES:
            yield some
            some, size = [], 0
        some.append(raw)
        size += len(raw) + wire.LENGTH_BYTES
    if some:
        yield some
