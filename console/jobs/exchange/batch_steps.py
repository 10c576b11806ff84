"""The steps that a sending takes with a batch of messages; each is one transaction, with its log entries."""

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from sqlalchemy import Connection

from console.errors import ContentSealBroken, SentBefore
from console.incidents import record_incident, record_refusal
from console.jobs.exchange.kept_bytes import label_of, replaced_bytes
from console.jobs.exchange.line import Contact
from console.jobs.exchange.outcome import ItemResult, SendOutcome
from console.jobs.peers import register
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.errors import IntegrityFault, SealBroken
from store.log import EntryDraft, Event, Result
from store.message.canonical import decode, encode
from store.message.declarations.common import KEPT_HERE
from store.message.states import Step
from store.queue import Act, MessageKey, MessageRow, PageKey, ReceiptDraft, ShipmentRow
from transport.errors import ReceiptFault, ReceiptOfAnother
from transport.evidence.receipts import ReceiptVerifier
from transport.line.client import Delivery
from transport.line.crypto_worker import CryptoWorker, PlainContent, Proof, SealedEnvelope
from transport.parties.identity import DatedIdentity
from transport.problems import Retry


@dataclass(slots=True)
class Batch:
    """Messages on their way, and what is being made for them.

    `rows` are the messages as they are now. `shipments` holds the stored bytes for them; those of `fresh` are added
    once they are sealed. `last` is the key after which the next batch begins. `call` is the answer of the line,
    `verified` that of the crypto worker.
    """

    rows: list[MessageRow]
    shipments: dict[int, ShipmentRow]
    last: PageKey | None = None
    fresh: "Fresh | None" = None
    call: "Future[list[Delivery]]" = field(default_factory=Future)
    deliveries: Sequence[Delivery] = ()
    signers: Sequence[DatedIdentity] = ()
    verified: "Future[list[bool]]" = field(default_factory=Future)

    @property
    def envelopes(self) -> list[bytes]:
        """The exact bytes to be sent, in the order of the rows."""
        return [self.shipments[row.id].envelope for row in self.rows]


@dataclass(frozen=True, slots=True)
class Fresh:
    """Messages whose bytes are being made now, for the version of the peer with the number `peer_version`."""

    rows: Sequence[MessageRow]
    sealed: "Future[list[SealedEnvelope]]"
    peer_version: int
    made_at: datetime

    def shipments(self, terminal: str, sent_at: datetime) -> dict[int, ShipmentRow]:
        """Wait for the bytes and return them as they will be stored for `terminal`, which signed them."""
        return {
            row.id: ShipmentRow(
                message_id=row.id,
                terminal=terminal,
                revision=row.revision,
                header=made.header,
                envelope=made.raw,
                digest=made.digest,
                content_digest=made.content_digest,
                peer_version=self.peer_version,
                made_at=self.made_at,
                sent_at=sent_at,
            )
            for row, made in zip(self.rows, self.sealed.result(), strict=True)
        }


class BatchSteps:
    """Takes batches of messages through their steps, each durable before the next, and adds up the outcome."""

    def __init__(
        self, terminal: Terminal, session: Session, contact: Contact, worker: CryptoWorker, done: SendOutcome
    ) -> None:
        self._terminal = terminal
        self._session = session
        self._contact = contact
        self._worker = worker
        self._done = done
        # What the peer asked to get later is not tried again in the same sending, or it would go round without end.
        self._put_off: set[int] = set()

    def read(self, after: PageKey | None) -> Batch | None:
        """Read the messages that may leave next and begin to seal them; None when no more come after `after`."""
        limit = self._terminal.settings.line.batch
        with self._terminal.database.reading() as reading:
            candidates = queue.next_to_send(reading, self._terminal.name, clock.now(), limit, after)
            if not candidates:
                return None
            ready, unproved, kept = self._sift(reading, candidates)
            unmade = [row.id for row in ready if row.id not in kept]
            contents = queue.sound_contents_of(reading, self._terminal.vault, unmade)
            lost = queue.lost_among(reading, (MessageKey(row.kind, row.reference) for row in ready))
        alarms = {number: self._alarm(broken) for number, broken in contents.broken.items()}
        alarms |= {row.id: _sent_before(row) for row in ready if MessageKey(row.kind, row.reference) in lost}
        if unproved:
            with self._terminal.database.writing() as tx:
                self._terminal.log.append_many(tx, self._leave_out(candidates, unproved))
        if alarms:
            self._set_aside([row for row in ready if row.id in alarms], alarms)
            ready = [row for row in ready if row.id not in alarms]
        # From the candidates, not from those that are ready: a batch of nothing but put-off ones must not end the pass.
        last = PageKey(candidates[-1].effective_at, candidates[-1].id)
        opened = contents.opened
        return Batch(ready, kept, last, self._seal([row for row in ready if row.id in opened], opened))

    def _sift(
        self, reading: Connection, candidates: Sequence[MessageRow]
    ) -> tuple[list[MessageRow], list[tuple[int, IntegrityFault]], dict[int, ShipmentRow]]:
        """Return the messages that may leave, those that seal or log do not prove, and the bytes kept of the former."""
        ready, unproved = queue.fit_to_leave(
            reading,
            self._terminal.vault,
            [row for row in candidates if row.id not in self._put_off],
            two_persons=self._terminal.settings.review.two_persons,
        )
        # Bytes that were made once are sent again exactly as they are: anything else under the same id would be a
        # conflict at the peer.
        kept = queue.shipments_of(reading, (row.id for row in ready))
        replaced = replaced_bytes(reading, ready, kept)
        return [row for row in ready if row.id not in replaced], [*unproved, *replaced.items()], kept

    def keep(self, *, ship: Batch | None = None, conclude: Batch | None = None) -> None:
        """Store what became of the batch `conclude`, and mark the batch `ship` as being sent, in one transaction.

        Nothing of `ship` may leave before this returns: then its exact bytes are durable.
        """
        # One transaction for both batches, because each transaction waits for the disk once. The wait for the crypto
        # worker comes before it, so that no other writer has to wait for that.
        answers = self._verdicts(conclude) if conclude is not None else {}
        now = clock.now()
        made = ship.fresh.shipments(self._terminal.name, now) if ship is not None and ship.fresh is not None else {}
        with self._terminal.database.writing() as tx:
            entries = self._conclude(tx, conclude, answers) if conclude is not None else []
            entries += self._ship(tx, ship, made, now) if ship is not None else []
            self._terminal.log.append_many(tx, entries)

    def verify(self, batch: Batch, deliveries: Sequence[Delivery]) -> None:
        """Begin to verify the peer's answers for a batch."""
        with self._terminal.database.reading() as reading:
            # Read now, not at the start: the peer may have begun to use its next keys since this exchange began.
            batch.signers = register.versions(reading, self._terminal.vault.rows)
        batch.deliveries = deliveries
        proofs = [
            Proof(delivery.receipt, label_of(batch.shipments[row.id]))
            for row, delivery in zip(batch.rows, deliveries, strict=True)
            if delivery.receipt is not None
        ]
        batch.verified = self._worker.verify(proofs, batch.signers)

    def leave(self, batch: Batch, step: Step) -> None:
        """Take `step` with every message of a batch that got no answer."""
        with self._terminal.database.writing() as tx:
            moved, entries, _ = self._move(tx, batch.rows, step)
            self._terminal.log.append_many(tx, entries)
        self._done.items += (ItemResult(row.id, row.reference, row.state.value) for row in moved)

    def ask(self, numbers: Sequence[int]) -> int:
        """Ask what became of messages without an answer, and store it; return how many there were."""
        with self._terminal.database.reading() as reading:
            asked = queue.rows_of(reading, numbers)
            rows, unsound = queue.sound(reading, self._terminal.vault, asked)
            batch = Batch(rows, queue.shipments_of(reading, numbers))
        if unsound:
            # Their answers wait at the peer until people have looked into it.
            with self._terminal.database.writing() as tx:
                self._terminal.log.append_many(tx, self._leave_out(asked, unsound))
        receipts = self._contact.line.ask([row.uid for row in batch.rows])
        self.verify(batch, [Delivery(row.uid, receipts[row.uid], None) for row in batch.rows])
        self.keep(conclude=batch)
        return len(asked)

    def _ship(self, tx: Connection, batch: Batch, made: Mapping[int, ShipmentRow], now: datetime) -> list[EntryDraft]:
        # Somebody may have returned or changed a message since it was read. It stays where it is, and its bytes, made
        # for nothing, are dropped.
        before = batch.rows
        shipments = {**batch.shipments, **made}
        batch.rows, entries, refused = self._move(tx, before, Step.SHIP, shipments=shipments)
        entries += self._leave_out(before, refused)
        queue.add_shipments(tx, [made[row.id] for row in batch.rows if row.id in made])
        queue.mark_sent(tx, (row.id for row in batch.rows if row.id not in made), now)
        batch.shipments = shipments
        batch.fresh = None
        self._done.sent += len(batch.rows)
        return entries

    def _conclude(self, tx: Connection, batch: Batch, answers: "Mapping[int, Verdict]") -> list[EntryDraft]:
        by_step: dict[Step, list[MessageRow]] = {}
        for row in batch.rows:
            by_step.setdefault(answers[row.id].step, []).append(row)
        entries: list[EntryDraft] = []
        for step, rows in by_step.items():
            moved, of_step, _ = self._move(tx, rows, step, answers)
            entries += of_step
            for row in moved:
                self._count(row, answers[row.id])
        # Also for a message that could not take its step: a verified receipt is evidence and is never thrown away.
        receipts = [
            ReceiptDraft(number, verdict.receipt) for number, verdict in answers.items() if verdict.receipt is not None
        ]
        queue.keep_receipts(tx, receipts, clock.now())
        return entries

    def _set_aside(self, rows: Sequence[MessageRow], answers: "Mapping[int, Verdict]") -> None:
        """Hold messages that must not leave, for people to examine; the others do not wait for them."""
        with self._terminal.database.writing() as tx:
            moved, entries, _ = self._move(tx, rows, Step.SET_ASIDE, answers)
            self._terminal.log.append_many(tx, entries)
        for row in moved:
            self._count(row, answers[row.id])

    def _leave_out(
        self, rows: Sequence[MessageRow], unproved: Sequence[tuple[int, IntegrityFault]]
    ) -> list[EntryDraft]:
        """Leave messages where they are that seal or log do not prove; return the log entries about them.

        Their rows are not written: a new seal would make what somebody put there the terminal's own word.
        """
        known = {row.id: row for row in rows}
        entries = []
        for number, error in unproved:
            row, incident = known[number], record_incident(self._terminal.home, error)
            self._put_off.add(number)
            self._done.unproved += 1
            self._done.items.append(
                ItemResult(number, row.reference, row.state.value, error.code, incident, error.facts)
            )
            detail = {"protection": "tables", "code": error.code, "incident": incident}
            draft = EntryDraft(Event.PROTECTION_FAILED, None, None, row.uid, Result.FAILED, detail)
            entries.append(draft)
        return entries

    def _alarm(self, broken: SealBroken) -> "Verdict":
        alarm = ContentSealBroken()
        alarm.__cause__ = broken
        return Verdict(Step.SET_ASIDE, code=alarm.code, incident=record_incident(self._terminal.home, alarm))

    def _seal(self, rows: Sequence[MessageRow], contents: Mapping[int, bytes]) -> Fresh:
        now = self._contact.clock.now()
        sealer = self._contact.endpoint.sealer(self._terminal.identity, now)
        sealed = self._worker.seal(
            sealer, [PlainContent(row.uid, _as_it_travels(contents[row.id])) for row in rows], now
        )
        return Fresh(rows, sealed, int(sealer.peer_version.removeprefix("v")), now)

    def _verdicts(self, batch: Batch) -> "dict[int, Verdict]":
        # The crypto worker answers only yes or no, fast and for all. Why a receipt does not verify is worked out here,
        # for the few that do not.
        verified = iter(batch.verified.result())
        answers = {}
        for row, delivery in zip(batch.rows, batch.deliveries, strict=True):
            if delivery.receipt is not None and next(verified):
                answers[row.id] = Verdict(Step.DELIVER, receipt=delivery.receipt)
            else:
                answers[row.id] = _verdict(delivery, batch.shipments[row.id], batch.signers, self._terminal.home)
        return answers

    def _move(
        self,
        tx: Connection,
        rows: Sequence[MessageRow],
        step: Step,
        answers: "Mapping[int, Verdict] | None" = None,
        *,
        shipments: Mapping[int, ShipmentRow] | None = None,
    ) -> tuple[list[MessageRow], list[EntryDraft], list[tuple[int, IntegrityFault]]]:
        """Take `step` with messages; return those that took it, their log entries, and those that are not sound."""
        # Others that are refused are left out without a word: somebody else has changed them, and their own entry tells
        # that.
        act = Act(by=self._session.person_id, now=clock.now())
        done = queue.move_rows(tx, self._terminal.vault, rows, step, act)
        moved = done.changed
        unsound = [(item.id, item.error) for item in done.refused if isinstance(item.error, IntegrityFault)]
        verdicts, sent = answers or {}, shipments or {}
        event, result = _EVENTS[step], Result.DONE if step in _GONE_WELL else Result.FAILED
        entries = [self._entry(row, event, result, verdicts.get(row.id), sent.get(row.id)) for row in moved]
        return moved, entries, unsound

    def _entry(
        self, row: MessageRow, event: Event, result: Result, answer: "Verdict | None", sent: ShipmentRow | None
    ) -> EntryDraft:
        detail: dict[str, str | int] = {"revision": row.revision, "version": row.version}
        if sent is not None:
            # Before these bytes leave again, they are held against this (`replaced_bytes`).
            detail["envelope"] = sent.digest.hex()
        if answer is not None and answer.code is not None:
            detail["code"] = answer.code
            if answer.code in {ContentSealBroken.code, SentBefore.code}:
                # The terminal itself raised this alarm, so it is no conflict with the peer.
                event = Event.MESSAGE_HELD
        if answer is not None and answer.incident is not None:
            detail["incident"] = answer.incident
        return EntryDraft(event, self._session.person_id, self._session.id, row.uid, result, detail)

    def _count(self, row: MessageRow, answer: "Verdict") -> None:
        # As a plain dictionary: commands write items down as JSON.
        item = ItemResult(row.id, row.reference, row.state.value, answer.code, answer.incident, dict(answer.facts))
        self._done.items.append(item)
        self._done.delivered += answer.step is Step.DELIVER
        self._done.refused += answer.step is Step.REFUSE
        self._done.held += answer.step is Step.SET_ASIDE
        if answer.step is Step.REQUEUE and answer.code is not None:
            self._put_off.add(row.id)


class Verdict(NamedTuple):
    """What the peer's answer means: the step it leads to, and its verified receipt or what is wrong with it.

    `code` and `facts` name the fault; `incident` is the number of its technical record.
    """

    step: Step
    receipt: bytes | None = None
    code: str | None = None
    incident: str | None = None
    facts: Mapping[str, str] = MappingProxyType({})


def _sent_before(row: MessageRow) -> "Verdict":
    """Return the alarm for a message whose kind and reference left before the database was set back."""
    # It was taken in anew under another id, so the peer would count it as another message.
    return Verdict(Step.SET_ASIDE, code=SentBefore.code, facts={"reference": row.reference})


def _as_it_travels(content: bytes) -> bytes:
    """Return the content without what is ours alone: the key of the person (宛名番号), and the mark of a protection."""
    # The usual case is cut out of the bytes, which spares decoding and encoding each message. In canonical bytes an
    # unescaped quote belongs to a name or ends a text, so what is found here is the subject, and only if it comes last.
    before, mark, after = content.rpartition(b',"subject":"')
    if mark and _LAST_TEXT.fullmatch(after) and _PROTECTED not in content:
        return before + b"}"
    return encode({name: value for name, value in decode(content).items() if name not in KEPT_HERE})


_PROTECTED: Final = b'"protected":'
_LAST_TEXT: Final = re.compile(rb'[^"\\]*"}')
_EVENTS: Final[Mapping[Step, Event]] = {
    Step.SHIP: Event.MESSAGE_SENDING,
    Step.DELIVER: Event.MESSAGE_DELIVERED,
    Step.REFUSE: Event.MESSAGE_REFUSED,
    Step.REQUEUE: Event.MESSAGE_REQUEUED,
    Step.LOSE: Event.MESSAGE_UNKNOWN,
    Step.SET_ASIDE: Event.MESSAGE_CONFLICT,
}
_GONE_WELL: Final = frozenset({Step.SHIP, Step.DELIVER})
# The peer holds other bytes under the id of our message. No sending mends that; people have to talk.
_CONFLICT: Final = "id_conflict"


def _verdict(delivery: Delivery, shipment: ShipmentRow, signers: Sequence[DatedIdentity], home: Path) -> Verdict:
    """Return what an answer means; only a receipt that verifies against the stored bytes makes a message delivered."""
    if delivery.receipt is not None:
        try:
            ReceiptVerifier(signers).verify(delivery.receipt, label_of(shipment))
        except ReceiptFault as error:
            # A receipt for other bytes under this id is a matter for people. In all other cases the peer may have the
            # message, but nothing proves it, so the peer is asked again.
            step = Step.SET_ASIDE if isinstance(error, ReceiptOfAnother) else Step.LOSE
            return Verdict(step, code=error.code, incident=record_incident(home, error), facts=error.facts)
        return Verdict(Step.DELIVER, receipt=delivery.receipt)
    problem = delivery.problem
    if problem is None:
        # Asked about, the peer says that it holds no such message: the same bytes may go out again.
        return Verdict(Step.REQUEUE)
    step = Step.REFUSE if problem.retry is Retry.NEVER else Step.REQUEUE
    incident = record_refusal(home, problem.code, problem.incident)
    return Verdict(Step.SET_ASIDE if problem.code == _CONFLICT else step, code=problem.code, incident=incident)
