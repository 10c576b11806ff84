"""The terminal's end of the line (PROTOCOL.md, 3 and 6). It only calls out; nothing here ever listens.

Every new connection begins with a greeting: the peer says who it is, for which municipality it takes us, and what time
it is there. Only then does the first message leave.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, Self, TypeVar

from transport import wire
from transport.errors import (
    AnswerMalformed,
    AnswerRedirects,
    LineCancelled,
    LineFault,
    PeerFailed,
    PeerIsAnother,
    PeerServesAnother,
    ProtocolUnknown,
    RequestRefused,
)
from transport.evidence.envelope import Envelope
from transport.evidence.receipts import MOST_RECEIPT_BYTES, sign_receipts
from transport.evidence.witness import MOST_WITNESS_BYTES
from transport.line.connection import Connection, Response
from transport.line.peer import PeerEndpoint
from transport.parties.identity import Identity
from transport.problems import Problem

# A connection that lay still for longer may be closed by the peer already; a new one is opened rather than to lose an
# answer on it.
_IDLE_SECONDS: Final = 5.0
_OK: Final = 200
_REDIRECTS: Final = range(300, 400)
_FAILURES: Final = range(500, 600)
# What a problem begins with, and no receipt does: that begins with the length of its body, which is below 2,048.
_BRACE: Final = b"{"
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class LineLimits:
    """How long the line waits: for a connection with its handshake, and for a whole answer. Seconds."""

    connect_seconds: float = 5.0
    read_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class PeerStatus:
    """What the peer said of itself.

    `clock_offset` is how many seconds its clock is ahead of ours, give or take `uncertainty`: half the time that
    question and answer took.
    """

    name: str
    protocol: str
    municipality: str
    time: datetime
    clock_offset: float
    uncertainty: float


class Delivery(NamedTuple):
    """What became of one envelope: the peer's receipt, not verified yet, or the problem that it has with it."""

    id: str
    receipt: bytes | None
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One envelope from the peer at its position in our feed; nothing is verified yet."""

    position: int
    envelope: bytes


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Items of the feed in ascending order of position, and whether more follow."""

    items: tuple[FeedItem, ...]
    more: bool


class Line:
    """The line to one peer. One call at a time; `close` may come from any thread and ends a call under way.

    Every call raises LineFault leaves (exit 5) and, when the own certificate is out of date, CertificateExpired or
    CertificateNotYetValid. An error whose `may_have_arrived` is true leaves open whether the peer has the request.
    """

    def __init__(self, peer: PeerEndpoint, identity: Identity, settings: LineLimits | None = None) -> None:
        self._peer = peer
        self._identity = identity
        self._settings = settings or LineLimits()
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
        """Greet the peer and return what it says of itself. No message is touched.

        Raises PeerIsAnother, PeerServesAnother, ProtocolUnknown besides.
        """
        with self._turn:
            self._drop()
            _, status = self._connect()
            return status

    def deliver(self, envelopes: Sequence[bytes]) -> list[Delivery]:
        """Hand over at most 512 envelopes (exact stored bytes) and return what became of each, in the same order.

        The same envelope may be handed over again at any time: the peer answers with the same receipt.
        """
        ids = [Envelope.id_of(raw) for raw in envelopes]
        results = self._post("/v1/messages", wire.BYTES_TYPE, wire.join(envelopes), _parts)
        with _strict():
            return _deliveries(results, ids)

    def ask(self, ids: Sequence[str]) -> dict[str, bytes | None]:
        """Return for each of at most 512 ids the receipt that the peer gave, or None if it has no such message."""
        with _strict():
            return _receipts(self._call("/v1/receipts", {"ids": list(ids)}), ids)

    def pull(self, after: int, limit: int) -> FeedPage:
        """Return at most `limit` (up to 512) items of our feed beyond position `after` (0: from the beginning)."""
        with _strict():
            return _page(self._call("/v1/feed", {"after": after, "limit": limit}), after, limit)

    def acknowledge(self, items: Sequence[FeedItem], *, received_at: datetime | None = None) -> dict[int, Problem]:
        """Tell the peer with a signed receipt for each that `items` are verified and durable here since `received_at`.

        Returns the problems of those it did not take, by position; empty when all is well. Acknowledging again is
        harmless.
        """
        now = received_at or datetime.now(UTC)
        envelopes = [Envelope.read(item.envelope) for item in items]
        receipts = sign_receipts(envelopes, recipient=self._identity, received_at=now)
        told = [
            {"position": item.position, "receipt": wire.to_base64(receipt)}
            for item, receipt in zip(items, receipts, strict=True)
        ]
        positions = [item.position for item in items]
        with _strict():
            return _unacknowledged(self._call("/v1/acknowledgements", {"items": told}), positions)

    def show_checkpoint(self, number: int, digest: str) -> bytes | None:
        """Show the peer the latest checkpoint of our log; return its word about the highest one that it has seen.

        The word is not verified yet. None: this peer keeps no such word.
        """
        try:
            answer = self._call("/v1/witness", {"number": number, "checkpoint": digest})
        except RequestRefused as error:
            if error.facts["problem"] == "path_unknown":
                return None
            raise
        with _strict():
            return wire.from_base64(wire.only(answer, "witness")["witness"], "witness", MOST_WITNESS_BYTES)

    @property
    def connected(self) -> bool:
        """Whether the line stands: nobody ended it, and the last call did not fail."""
        with self._guard:
            return not self._closed and self._connection is not None and self._connection.usable

    def close(self) -> None:
        """End the line; a call under way in another thread ends at once with LineCancelled or AnswerCancelled."""
        with self._guard:
            self._closed = True
            if self._connection is not None:
                self._connection.abort()
        # A call under way closes the connection itself when it fails; an idle connection is closed here.
        if self._turn.acquire(blocking=False):
            self._drop()
            self._turn.release()

    def _call(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._post(path, wire.JSON_TYPE, wire.encode(body), _object)

    def _post(self, path: str, media_type: str, body: bytes, read: Callable[[bytes], _Read]) -> _Read:
        """Send a body and return what `read` makes of that of a good answer, which is of the same type."""
        with self._turn:
            connection = self._ready()
            answer = connection.request("POST", path, self._settings.read_seconds, media_type, body)
            self._used_at = time.monotonic()
            try:
                return read(_good(answer, media_type))
            except LineFault:
                # After such an answer the peer ends the connection (PROTOCOL.md, 7), and so do we.
                self._drop()
                raise

    def _ready(self) -> Connection:
        """Return a connection that was greeted and is fresh enough."""
        if self._closed:
            raise LineCancelled
        fresh = time.monotonic() - self._used_at <= _IDLE_SECONDS
        if self._connection is not None and self._connection.usable and fresh:
            return self._connection
        self._drop()
        connection, _ = self._connect()
        return connection

    def _connect(self) -> tuple[Connection, PeerStatus]:
        now = datetime.now(UTC)
        self._identity.check_dates(now)
        certificates = self._peer.certificates_in_force(now)
        connection = Connection(self._peer.address, self._peer.port)
        with self._guard:
            if self._closed:
                raise LineCancelled
            self._connection = connection
        try:
            connection.open(self._identity, certificates, self._settings.connect_seconds)
            status = self._greet(connection)
        except LineFault as error:
            # Whatever happened, no message had left yet.
            error.may_have_arrived = False
            self._drop()
            raise
        self._used_at = time.monotonic()
        return connection, status

    def _greet(self, connection: Connection) -> PeerStatus:
        asked = datetime.now(UTC)
        answer = connection.request("GET", "/v1/status", self._settings.read_seconds)
        answered = datetime.now(UTC)
        with _strict():
            status = _status(_object(_good(answer, wire.JSON_TYPE)), asked, answered)
        if status.protocol != wire.PROTOCOL:
            raise ProtocolUnknown(found=status.protocol, wanted=wire.PROTOCOL)
        if status.name != self._peer.name:
            raise PeerIsAnother(found=status.name, wanted=self._peer.name)
        if status.municipality != self._peer.municipality:
            raise PeerServesAnother(found=status.municipality, wanted=self._peer.municipality)
        return status

    def _drop(self) -> None:
        with self._guard:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _good(answer: Response, media_type: str) -> bytes:
    """Return the body of a good answer; raise what a bad one says."""
    if answer.status in _REDIRECTS:
        raise AnswerRedirects
    if answer.status == _OK and answer.media_type == media_type:
        return answer.body
    with _strict():
        if answer.media_type == wire.PROBLEM_TYPE:
            raise _refusal(answer.status, Problem.from_wire(wire.decode(answer.body, "problem")))
    if answer.status in _FAILURES:
        raise PeerFailed(status=str(answer.status), incident="-")
    raise AnswerMalformed(place="status")


def _refusal(status: int, problem: Problem) -> LineFault:
    if status in _FAILURES:
        return PeerFailed(status=str(status), incident=problem.incident)
    return RequestRefused(problem=problem.code, incident=problem.incident)


@contextmanager
def _strict() -> Iterator[None]:
    """Turn what breaks the protocol in an answer into the line's error."""
    try:
        yield
    except wire.WireError as error:
        raise AnswerMalformed(place=error.place) from error


def _status(value: dict[str, Any], asked: datetime, answered: datetime) -> PeerStatus:
    # Later versions of a peer may say more of themselves; what is needed here has to be there.
    name = wire.name(value.get("name"), "name")
    half_way = (answered - asked) / 2
    moment = wire.from_time(value.get("time"), "time")
    return PeerStatus(
        name=name,
        protocol=wire.text(value.get("protocol"), "protocol", most=64),
        municipality=wire.municipality(value.get("municipality")),
        time=moment,
        clock_offset=(moment - (asked + half_way)).total_seconds(),
        uncertainty=half_way.total_seconds(),
    )


def _object(body: bytes) -> dict[str, Any]:
    with _strict():
        return wire.decode(body, "body")


def _parts(body: bytes) -> list[bytes]:
    with _strict():
        return wire.split(body, "results", wire.MOST_ENVELOPE_BYTES)


def _deliveries(results: Sequence[bytes], ids: Sequence[str]) -> list[Delivery]:
    if len(results) != len(ids):
        raise wire.WireError("results")
    return [_delivery(result, wanted) for result, wanted in zip(results, ids, strict=True)]


def _delivery(result: bytes, wanted: str) -> Delivery:
    if result.startswith(_BRACE):
        return Delivery(wanted, None, Problem.from_wire(wire.decode(result, "problem")))
    if not 0 < len(result) <= MOST_RECEIPT_BYTES:
        raise wire.WireError("results")
    return Delivery(wanted, result, None)


def _receipts(value: dict[str, Any], ids: Sequence[str]) -> dict[str, bytes | None]:
    found = wire.items(wire.only(value, "receipts")["receipts"], "receipts")
    told = [wire.only(wire.table(one, "receipts"), "id", "receipt") for one in found]
    if [one["id"] for one in told] != list(ids):
        raise wire.WireError("receipts")
    return {one["id"]: _receipt(one["receipt"]) for one in told}


def _receipt(value: Any) -> bytes | None:
    return None if value is None else wire.from_base64(value, "receipt", MOST_RECEIPT_BYTES)


def _problem(value: Any) -> Problem | None:
    return None if value is None else Problem.from_wire(value)


def _page(value: dict[str, Any], after: int, limit: int) -> FeedPage:
    wire.only(value, "items", "more")
    found = [
        wire.only(wire.table(one, "items"), "position", "envelope")
        for one in wire.items(value["items"], "items", limit)
    ]
    least = after + 1
    items = []
    for one in found:
        # Ascending positions beyond the cursor: a page can neither repeat nor go back.
        position = wire.whole(one["position"], "position", least=least)
        least = position + 1
        items.append(FeedItem(position, wire.from_base64(one["envelope"], "envelope", wire.MOST_ENVELOPE_BYTES)))
    more = wire.flag(value["more"], "more")
    if more and not items:
        raise wire.WireError("more")
    return FeedPage(tuple(items), more)


def _unacknowledged(value: dict[str, Any], positions: Sequence[int]) -> dict[int, Problem]:
    results = wire.items(wire.only(value, "results")["results"], "results")
    told = [wire.only(wire.table(one, "results"), "position", "problem") for one in results]
    if [one["position"] for one in told] != list(positions):
        raise wire.WireError("results")
    problems = {one["position"]: _problem(one["problem"]) for one in told}
    return {position: problem for position, problem in problems.items() if problem is not None}
