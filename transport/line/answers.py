"""What the peer's answers say (PROTOCOL.md, 6), read strictly: an answer that breaks the protocol is an error.

The functions take the body of an answer and what was asked. They check that the answer belongs to the question: the
same ids or positions in the same order, and no more items than were asked for.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from transport import bounds, wire
from transport.bounds import Bound
from transport.errors import AnswerMalformed, AnswerRedirects, LineFault, PeerFailed, RequestRefused
from transport.evidence.envelope import Envelope, Label
from transport.evidence.receipts import MOST_RECEIPT_BYTES
from transport.evidence.witness import MOST_WITNESS_BYTES
from transport.line.connection import Response
from transport.problems import Problem

_OK: Final = 200
_REDIRECTS: Final = range(300, 400)
_FAILURES: Final = range(500, 600)
# A problem begins with a brace. A receipt never does: it begins with the length of its body, which is below 2,048, so
# that its first byte is zero.
_BRACE: Final = b"{"


@dataclass(frozen=True, slots=True)
class PeerStatus:
    """What the peer says about itself.

    `clock_offset`: by how many seconds its clock is ahead of ours, give or take `uncertainty`, which is half the time
    that question and answer took.
    """

    name: str
    protocol: str
    municipality: str
    time: datetime
    clock_offset: float
    uncertainty: float


class Delivery(NamedTuple):
    """The peer's answer for one envelope: a receipt, which is not verified yet, or a problem."""

    id: str
    receipt: bytes | None
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One envelope from the peer at its position in our feed; nothing is verified yet."""

    position: int
    envelope: bytes

    @property
    def label(self) -> Label:
        """What the receipt for it refers to. Raises EnvelopeFault."""
        return Envelope.read(self.envelope).label


class TakenItem(NamedTuple):
    """An item of the feed that is kept here: its position, and what the receipt for it refers to."""

    position: int
    label: Label


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Items of the feed in ascending order of position, and whether more follow."""

    items: tuple[FeedItem, ...]
    more: bool


@contextmanager
def strictly() -> Iterator[None]:
    """Turn an error of the strict readers into AnswerMalformed."""
    try:
        yield
    except wire.WireError as error:
        raise AnswerMalformed(place=error.place) from error


def good_body(answer: Response, media_type: str) -> bytes:
    """Return the body of an answer of `media_type` with status 200.

    Raises AnswerRedirects, RequestRefused, PeerFailed, AnswerMalformed for any other answer.
    """
    if answer.status in _REDIRECTS:
        raise AnswerRedirects
    if answer.status == _OK and answer.media_type == media_type:
        return answer.body
    with strictly():
        if answer.media_type == wire.PROBLEM_TYPE:
            raise _refusal(answer.status, Problem.from_wire(wire.decode(answer.body, "problem", bounds.PROBLEM)))
    # A server that fails may not get as far as writing a problem. The status is then all there is.
    if answer.status in _FAILURES:
        raise PeerFailed(status=str(answer.status), incident="-")
    raise AnswerMalformed(place="status")


def _refusal(status: int, problem: Problem) -> LineFault:
    # The status decides what is known about the request: below 500 the peer kept nothing, from 500 it may have.
    if status in _FAILURES:
        return PeerFailed(status=str(status), incident=problem.incident)
    return RequestRefused(problem=problem.code, incident=problem.incident)


def read_object(body: bytes, bound: Bound) -> dict[str, Any]:
    """Read a body that is one JSON object within `bound`. Raises AnswerMalformed."""
    with strictly():
        return wire.decode(body, "body", bound)


def read_parts(body: bytes) -> list[bytes]:
    """Read a body that is parts in a row. Raises AnswerMalformed."""
    with strictly():
        return wire.split(body, "results", bounds.PROBLEM.length)


def read_status(value: dict[str, Any], asked: datetime, answered: datetime) -> PeerStatus:
    """Read the greeting, which was asked for and answered at those moments of our clock. Raises AnswerMalformed."""
    with strictly():
        # Unlike everywhere else, additional fields are accepted: later versions may add some (PROTOCOL.md, 6.1), and
        # this is where a terminal learns which version the peer speaks.
        name = wire.name(value.get("name"), "name")
        # The peer read its clock somewhere between question and answer. The middle is the best guess, and it is wrong
        # by half of that time at most.
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


def read_deliveries(results: Sequence[bytes], ids: Sequence[str]) -> list[Delivery]:
    """Read the results for the envelopes with `ids`, in the same order. Raises AnswerMalformed."""
    with strictly():
        if len(results) != len(ids):
            raise wire.WireError("results")
        return [_delivery(result, message_id) for result, message_id in zip(results, ids, strict=True)]


def _delivery(result: bytes, message_id: str) -> Delivery:
    if result.startswith(_BRACE):
        return Delivery(message_id, None, Problem.from_wire(wire.decode(result, "problem", bounds.PROBLEM)))
    # Only the size is checked here. Verifying is public-key work, which happens in bulk elsewhere.
    if not 0 < len(result) <= MOST_RECEIPT_BYTES:
        raise wire.WireError("results")
    return Delivery(message_id, result, None)


def read_receipts(value: dict[str, Any], ids: Sequence[str]) -> dict[str, bytes | None]:
    """Read the receipts that were asked for under `ids`, in the same order. Raises AnswerMalformed."""
    with strictly():
        rows = _rows(value, "receipts", "id", "receipt")
        if [row["id"] for row in rows] != list(ids):
            raise wire.WireError("receipts")
        return {row["id"]: _receipt(row["receipt"]) for row in rows}


def _rows(value: dict[str, Any], place: str, *fields: str) -> list[Any]:
    """Return the list that is the only member of `value`, of objects that have exactly `fields`."""
    rows = wire.items(wire.only(value, place)[place], place)
    return [wire.only(wire.table(row, place), *fields) for row in rows]


def _receipt(value: Any) -> bytes | None:
    return None if value is None else wire.from_base64(value, "receipt", MOST_RECEIPT_BYTES)


def _problem(value: Any) -> Problem | None:
    return None if value is None else Problem.from_wire(value)


def read_page(value: dict[str, Any], after: int, limit: int) -> FeedPage:
    """Read a page of at most `limit` items beyond position `after`. Raises AnswerMalformed."""
    with strictly():
        wire.only(value, "items", "more")
        rows = [
            wire.only(wire.table(row, "items"), "position", "envelope")
            for row in wire.items(value["items"], "items", limit)
        ]
        items = []
        least = after + 1
        for row in rows:
            # Positions are dense and ascend from where was asked: a page can neither repeat an item, go back, nor leap
            # ahead. No signature covers a position, so nothing else keeps it from taking a terminal past its own feed.
            position = wire.whole(row["position"], "position", least=least, most=after + limit)
            least = position + 1
            items.append(FeedItem(position, wire.from_base64(row["envelope"], "envelope", bounds.MOST_ENVELOPE_BYTES)))
        more = wire.flag(value["more"], "more")
        # An empty page that promises more would keep the terminal asking for the same page for ever.
        if more and not items:
            raise wire.WireError("more")
        return FeedPage(tuple(items), more)


def read_unacknowledged(value: dict[str, Any], positions: Sequence[int]) -> dict[int, Problem]:
    """Read the problems with the acknowledgements of `positions`, in the same order. Raises AnswerMalformed."""
    with strictly():
        rows = _rows(value, "results", "position", "problem")
        if [row["position"] for row in rows] != list(positions):
            raise wire.WireError("results")
        problems = {row["position"]: _problem(row["problem"]) for row in rows}
        return {position: problem for position, problem in problems.items() if problem is not None}


def read_holdings(value: dict[str, Any]) -> bytes:
    """Read the envelope of a statement of holdings, which is not verified yet. Raises AnswerMalformed."""
    with strictly():
        return wire.from_base64(wire.only(value, "envelope")["envelope"], "envelope", bounds.MOST_ENVELOPE_BYTES)


def read_witness(value: dict[str, Any]) -> bytes:
    """Read the witness statement, which is not verified yet. Raises AnswerMalformed."""
    with strictly():
        return wire.from_base64(wire.only(value, "witness")["witness"], "witness", MOST_WITNESS_BYTES)
