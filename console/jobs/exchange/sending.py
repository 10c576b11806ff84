"""Sending: every approved message that may leave, batch by batch, each receipt verified before it counts."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from console.errors import record_incident
from console.jobs import peers
from console.jobs.exchange.clocks import ClockReason
from console.jobs.exchange.line import Contact, Interruption, opened, record_failure
from console.jobs.exchange.outcome import Item
from console.jobs.progress import Meter, Report
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.log import Draft, Event, Result
from store.message.canonical import decode, encode
from store.message.states import OutState, Step
from store.queue import Act, MessageRow, QueueFilter, ReceiptDraft, ShipmentRow
from store.rights import Right
from transport.client import Delivery
from transport.envelope import Envelope, Purpose
from transport.errors import ReceiptError, ReceiptOfAnother, TransportError
from transport.identity import DatedIdentity
from transport.problems import Retry
from transport.receipts import verify_receipt

_OPEN_STATES: Final = frozenset({OutState.SENDING, OutState.UNKNOWN})


@dataclass(slots=True)
class Sent:
    """What a sending did.

    `sent` messages were handed over, `delivered` have a verified receipt, `refused` the peer does not take;
    `held` the peer knows for something else, which is an alarm; `unknown` are now without an answer and `waiting` stay
    approved. `clock_offset`: seconds by which the peer's clock is ahead, worth a warning where `clock_warned`.
    `interruption` tells why it ended early.
    """

    sent: int = 0
    delivered: int = 0
    unknown: int = 0
    refused: int = 0
    held: int = 0
    waiting: int = 0
    items: list[Item] = field(default_factory=list)
    interruption: Interruption | None = None
    clock_offset: float = 0.0
    clock_warned: bool = False


def send(
    terminal: Terminal,
    session: Session,
    *,
    report: Report | None = None,
    cancel: threading.Event | None = None,
    clock_reason: ClockReason | None = None,
) -> Sent:
    """Send everything that is approved and may leave, after asking what became of messages without an answer.

    `report` gets the phases `ask` and `send`; `clock_reason` is an officer's, for clocks that are apart. Raises
    RightMissing, PeerMissing, ClocksApart, IdentityError, or LineError when the peer cannot be reached at all; later
    failures of the line end the sending and are told in its result.
    """
    session.require(Right.EXCHANGE)
    release_due(terminal)
    sending = _Sending(terminal, session, Meter(report, cancel))
    with opened(terminal, session, cancel, clock_reason) as contact:
        sending.done.clock_offset, sending.done.clock_warned = contact.clock.offset, contact.clock.warned
        try:
            sending.settle(contact)
            sending.run(contact)
        except TransportError as error:
            record_failure(terminal, session, error)
            sending.done.interruption = Interruption.of(error)
    return sending.finish()


def release_due(terminal: Terminal) -> int:
    """Let go the approved messages whose planned day has come (住基法24条); return how many."""
    with terminal.database.writing() as tx:
        released = queue.release_due(tx, clock.now())
        terminal.log.append_many(
            tx, [Draft(Event.MESSAGE_RELEASED, object=row.uid, detail={"cause": "planned_day"}) for row in released]
        )
    return len(released)


class _Sending:
    """One sending under way."""

    def __init__(self, terminal: Terminal, session: Session, meter: Meter) -> None:
        self._terminal = terminal
        self._session = session
        self._meter = meter
        # What the peer asked to send later is not tried again in the same sending.
        self._put_off: set[int] = set()
        self.done = Sent()

    def settle(self, contact: Contact) -> None:
        """Ask what became of messages that were sent without an answer; those the peer has not are sent again."""
        with self._terminal.database.reading() as reading:
            numbers = queue.ids(reading, QueueFilter(states=_OPEN_STATES))
        self._meter.begin("ask", len(numbers))
        size = self._terminal.settings.line.batch
        for start in range(0, len(numbers), size):
            rows, shipments = self._kept(numbers[start : start + size])
            receipts = contact.line.ask([row.uid for row in rows])
            answers = [Delivery(row.uid, receipts[row.uid], None) for row in rows]
            self._conclude(rows, shipments, answers)
            self._meter.advance(len(rows))

    def run(self, contact: Contact) -> None:
        """Send batch after batch until nothing may leave any more."""
        with self._terminal.database.reading() as reading:
            self._meter.begin("send", queue.count(reading, QueueFilter(states=frozenset({OutState.APPROVED}))))
        while not self._meter.cancelled:
            rows, shipments = self._next_batch(contact)
            if not rows:
                return
            self.done.sent += len(rows)
            try:
                answers = contact.line.deliver([shipments[row.id].envelope for row in rows])
            except TransportError as error:
                self._leave(rows, Step.LOSE if error.may_have_arrived else Step.REQUEUE)
                raise
            self._conclude(rows, shipments, answers)
            self._meter.advance(len(rows))

    def finish(self) -> Sent:
        """Count what stays and return the result."""
        with self._terminal.database.reading() as reading:
            self.done.unknown = queue.count(reading, QueueFilter(states=_OPEN_STATES))
            self.done.waiting = queue.count(reading, QueueFilter(states=frozenset({OutState.APPROVED})))
        return self.done

    def _kept(self, numbers: Sequence[int]) -> tuple[list[MessageRow], dict[int, ShipmentRow]]:
        with self._terminal.database.reading() as reading:
            return queue.rows_of(reading, numbers), queue.shipments_of(reading, numbers)

    def _next_batch(self, contact: Contact) -> tuple[list[MessageRow], dict[int, ShipmentRow]]:
        """Mark the next messages as being sent, their exact bytes kept, before the first byte leaves."""
        size = self._terminal.settings.line.batch + len(self._put_off)
        with self._terminal.database.reading() as reading:
            found = queue.next_to_send(reading, clock.now(), size)
            ready = [row for row in found if row.id not in self._put_off]
            kept = queue.shipments_of(reading, (row.id for row in ready))
            contents = queue.contents_of(reading, self._terminal.vault, (r.id for r in ready if r.id not in kept))
        # Sealing costs the most and needs no transaction: nobody else waits for it.
        made = {row.id: self._seal(row, contents[row.id], contact) for row in ready if row.id in contents}
        with self._terminal.database.writing() as tx:
            rows = self._mark_sending(tx, ready)
            queue.add_shipments(tx, [made[row.id] for row in rows if row.id in made])
            queue.mark_sent(tx, (row.id for row in rows), clock.now())
        return rows, {**kept, **made}

    def _mark_sending(self, tx: Connection, ready: Sequence[MessageRow]) -> list[MessageRow]:
        # Another terminal may have taken or returned a message since it was read; its version tells.
        read = {row.id: row.version for row in ready}
        same = [row.id for row in queue.rows_of(tx, read) if row.version == read[row.id]]
        return self._move(tx, same, Step.SHIP)

    def _seal(self, row: MessageRow, content: bytes, contact: Contact) -> ShipmentRow:
        now = contact.clock.now()
        # The resident-record system's key of the person is kept here and never sent.
        record = {name: value for name, value in decode(content).items() if name != "subject"}
        sealer = contact.endpoint.sealer(self._terminal.identity, now)
        envelope = sealer.seal(encode(record), message_id=row.uid, purpose=Purpose.MESSAGE, created_at=now)
        return ShipmentRow(
            message_id=row.id,
            revision=row.revision,
            envelope=envelope.raw,
            digest=bytes.fromhex(envelope.digest),
            content_digest=bytes.fromhex(envelope.header.content_digest),
            peer_version=int(sealer.peer_version.removeprefix("v")),
            made_at=now,
        )

    def _conclude(
        self,
        rows: Sequence[MessageRow],
        shipments: Mapping[int, ShipmentRow],
        answers: Sequence[Delivery],
    ) -> None:
        """Verify the peer's answers and keep what each message has become."""
        by_step: dict[Step, dict[int, Answer]] = {}
        with self._terminal.database.reading() as reading:
            # The register as it is now: the peer may have got its next keys since this exchange began.
            signers = peers.versions(reading)
        for row, delivery in zip(rows, answers, strict=True):
            answer = _judge(delivery, shipments[row.id], signers, self._terminal.home)
            by_step.setdefault(answer.step, {})[row.id] = answer
        with self._terminal.database.writing() as tx:
            for step, judged in by_step.items():
                moved = self._move(tx, list(judged), step, judged)
                for row in moved:
                    self._count(row, judged[row.id])
            receipts = [
                ReceiptDraft(number, answer.receipt)
                for number, answer in by_step.get(Step.DELIVER, {}).items()
                if answer.receipt is not None
            ]
            queue.keep_receipts(tx, receipts, clock.now())

    def _leave(self, rows: Sequence[MessageRow], step: Step) -> None:
        with self._terminal.database.writing() as tx:
            moved = self._move(tx, [row.id for row in rows], step)
        self.done.items += (Item(row.id, row.reference, str(row.state)) for row in moved)

    def _move(
        self,
        tx: Connection,
        numbers: Sequence[int],
        step: Step,
        answers: Mapping[int, "Answer"] | None = None,
    ) -> list[MessageRow]:
        act = Act(by=self._session.person_id, now=clock.now())
        moved = queue.move_many(tx, self._terminal.vault, numbers, step, act).changed
        told = answers or {}
        self._terminal.log.append_many(tx, [self._entry(row, step, told.get(row.id)) for row in moved])
        return moved

    def _entry(self, row: MessageRow, step: Step, answer: "Answer | None") -> Draft:
        told = {"code": answer.code, "incident": answer.incident} if answer is not None else {}
        return Draft(
            _EVENTS[step],
            actor=self._session.person_id,
            session=self._session.id,
            object=row.uid,
            result=Result.DONE if step in {Step.SHIP, Step.DELIVER} else Result.FAILED,
            detail={"revision": row.revision, **{name: value for name, value in told.items() if value is not None}},
        )

    def _count(self, row: MessageRow, answer: "Answer") -> None:
        self.done.items.append(Item(row.id, row.reference, str(row.state), answer.code, answer.incident))
        self.done.delivered += answer.step is Step.DELIVER
        self.done.refused += answer.step is Step.REFUSE
        self.done.held += answer.step is Step.SET_ASIDE
        if answer.step is Step.REQUEUE and answer.code is not None:
            self._put_off.add(row.id)


@dataclass(frozen=True, slots=True)
class Answer:
    """The step that the peer's answer leads to, its verified receipt, or what is wrong and where that is recorded."""

    step: Step
    receipt: bytes | None = None
    code: str | None = None
    incident: str | None = None


_EVENTS: Final[Mapping[Step, Event]] = {
    Step.SHIP: Event.MESSAGE_SENDING,
    Step.DELIVER: Event.MESSAGE_DELIVERED,
    Step.REFUSE: Event.MESSAGE_REFUSED,
    Step.REQUEUE: Event.MESSAGE_REQUEUED,
    Step.LOSE: Event.MESSAGE_UNKNOWN,
    Step.SET_ASIDE: Event.MESSAGE_CONFLICT,
}
# The peer holds something else under the id of ours: no sending mends that, people have to talk.
_CONFLICT: Final = "id_conflict"


def _judge(delivery: Delivery, shipment: ShipmentRow, signers: Sequence[DatedIdentity], home: Path) -> Answer:
    """Tell what an answer means: only a receipt that verifies against the stored bytes makes a message delivered."""
    if delivery.receipt is not None:
        try:
            verify_receipt(delivery.receipt, envelope=Envelope.read(shipment.envelope), signers=signers)
        except ReceiptError as error:
            # A receipt for something else under this id is a matter for people. Otherwise the peer may have the
            # message, but nothing proves that: it is asked again.
            step = Step.SET_ASIDE if isinstance(error, ReceiptOfAnother) else Step.LOSE
            return Answer(step, code=error.code, incident=record_incident(home, error))
        return Answer(Step.DELIVER, receipt=delivery.receipt)
    problem = delivery.problem
    if problem is None:
        return Answer(Step.REQUEUE)
    if problem.code == _CONFLICT:
        return Answer(Step.SET_ASIDE, code=problem.code, incident=problem.incident)
    step = Step.REFUSE if problem.retry is Retry.NEVER else Step.REQUEUE
    return Answer(step, code=problem.code, incident=problem.incident)
