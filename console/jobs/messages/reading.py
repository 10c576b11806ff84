"""One complete message: its content, the findings of the rules, its state, and what became of it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from console.jobs.admission import admit
from console.jobs.exchange.contents import signed_in, words_in
from console.jobs.exchange.kept_bytes import label_of
from console.jobs.messages.candidates import Candidate
from console.jobs.messages.contradictions import find_contradictions
from console.jobs.messages.listing import QueueRow, occurred_at, row_of
from console.jobs.messages.partners import Counterpart, beside_correction, partner
from console.jobs.peers import register
from console.jobs.residents import protection
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.errors import MessageClaimed, RowSealBroken
from store.log import Event, LogFilter, LogRow
from store.log import page as log_page
from store.message.canonical import decode
from store.message.checks.checking import check
from store.message.checks.rules import Finding
from store.message.states import CONFIRMABLE, Direction, Hold, OutState, Pointer
from store.queue import MessageKey, MessageRow, ResultRow, ShipmentRow, Task
from store.queue.tables import RESULTS
from store.rights import Right
from transport.errors import EnvelopeFault
from transport.evidence.receipts import ReceiptVerifier
from transport.evidence.voucher import Voucher

# A page of history, from the newest entry back: what happened last is what people ask about.
_MOST_HISTORY: Final = 200
SAME_EVENT: Final = "same_event"


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """One act on a message, as the log recorded it."""

    at: datetime
    actor: str | None
    event: str


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """The peer's signed receipt: when it received the message, under which version, and the envelope's digest."""

    received_at: datetime
    peer_version: str
    digest: str


@dataclass(frozen=True, slots=True)
class OutcomeView:
    """The peer's decision: `accepted` or `refused`, with its code and explanation (cause, remedy) by language."""

    outcome: str
    code: str | None
    cause: Mapping[str, str]
    remedy: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TroubleView:
    """Why a message does not go on: the code with which the peer refused its envelope unread, or of an alarm.

    `incident`: the number of the technical record.
    """

    code: str
    incident: str | None


@dataclass(frozen=True, slots=True)
class CounterView:
    """A message that cancels or replaces another one: its number and reference, which of the two it does, its state.

    For a notice it is another notice about the same present or former number; its `pointer` is `same_number`. That of
    the other message of the same event is `same_event`.
    """

    id: int
    reference: str
    pointer: str
    state: str


@dataclass(frozen=True, slots=True)
class HalfView:
    """The other half of a pair, as far as people need it to decide about both."""

    row: QueueRow
    record: Mapping[str, Any]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class FormerView:
    """What a message corrects: the reference and content of the one that it replaces, or its own former revision."""

    reference: str
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MessageView:
    """One complete message: its row, its content, the findings of the rules, and what became of it.

    `counters` are the messages that cancel or replace it, or the other notices about the same number. `terminal` is the
    one that made its bytes for the peer; only that one sends it and asks what became of it (None: there are none yet).
    `trouble` is why it does not go on. `protected`: the address of the person is hidden, also in `record` unless it was
    asked for. `half`: the other half of the pair, where both were asked for. `former`: what it corrects. `beside`: what
    the other half of the event says now, beside a correction.
    """

    row: QueueRow
    record: Mapping[str, Any]
    protected: bool
    findings: tuple[Finding, ...]
    history: list[HistoryStep]
    reason: str | None
    receipt: ReceiptView | None
    outcome: OutcomeView | None
    counters: list[CounterView]
    terminal: str | None
    trouble: TroubleView | None
    half: HalfView | None
    former: FormerView | None
    beside: Counterpart | None

    @property
    def partner(self) -> CounterView | None:
        """The other message of the same event."""
        return next((counter for counter in self.counters if counter.pointer == SAME_EVENT), None)

    @property
    def unread(self) -> bool:
        """Whether the peer refused it before reading its content, so that it may be sealed again."""
        return self.row.state == OutState.REFUSED and self.receipt is None and self.outcome is None


@dataclass(frozen=True, slots=True)
class RevisionView:
    """The content of a message in an earlier revision, beside its present content."""

    revision: int
    present: int
    kind: str
    occurred_at: datetime
    record: Mapping[str, Any]
    record_now: Mapping[str, Any]


def read(
    terminal: Terminal,
    session: Session,
    number: int,
    *,
    take: bool = False,
    address: bool = False,
    pair: bool = False,
) -> MessageView:
    """Return one complete message, and record that the person looked at it; with `pair`, both halves of its pair.

    Where the address of the person is hidden, it is there only with `address`, which is recorded as well.
    With `take`, a person who may approve or confirm it claims it while it waits for that, unless somebody else has it
    (then `row.claim` names them). `claims.put_back` drops the claim. Raises MessageMissing, SealBroken, RowSealBroken,
    RowOutdated, ReceiptFault.
    """
    admit(terminal, session, Right.READ)
    # The entry first: if the log cannot be written, nobody looks at anything.
    with terminal.database.writing() as tx:
        row = queue.get(tx, number)
        other = _half_of(terminal, tx, row) if pair else None
        noted = False
        for each in (row,) if other is None else (row, other):
            event = Event.MESSAGE_READ if each.direction is Direction.OUT else Event.NOTICE_READ
            terminal.log.append(tx, event, actor=session.person_id, session=session.id, object=each.uid)
            noted = address and protection.note_shown(terminal, session, tx, each)
            if take:
                _take(tx, session, each)
    # Opening and verifying happen in a snapshot, so that other writers need not wait for them. The row is read again,
    # because it may have changed since.
    with terminal.database.reading() as reading:
        row = queue.get(reading, number)
        queue.refuse_unsound(reading, terminal.vault, row)
        # Somebody may have protected the person a moment ago: what was not noted is not shown.
        hidden = protection.is_protected(terminal, reading, row)
        masked = hidden and not noted
        # Only what the entries above name is shown: a pair that came about since is seen at the next look.
        half = None if other is None else _half_view(terminal, session, reading, row, other, masked=masked)
        return replace(_view(terminal, session, reading, row, hidden=hidden, masked=masked), half=half)


def _half_of(terminal: Terminal, reading: Connection, row: MessageRow) -> MessageRow | None:
    """Return the other half of a pair, if it is where this one is, so that people decide about both."""
    other = partner(terminal, reading, row)
    return other if other is not None and other.state is row.state else None


def _half_view(
    terminal: Terminal, session: Session, reading: Connection, row: MessageRow, named: MessageRow, *, masked: bool
) -> HalfView | None:
    other = _half_of(terminal, reading, row)
    if other is None or other.id != named.id:
        return None
    queue.refuse_unsound(reading, terminal.vault, other)
    record = decode(queue.content_of(reading, terminal.vault, other))
    claims = queue.claims_of_others(reading, session.id, clock.now())
    return HalfView(
        row=row_of(terminal, other, record, claims, row),
        record=protection.without_address(record) if masked else record,
        findings=_findings(terminal, reading, other, record),
    )


def _view(
    terminal: Terminal, session: Session, reading: Connection, row: MessageRow, *, hidden: bool, masked: bool
) -> MessageView:
    record = decode(queue.content_of(reading, terminal.vault, row))
    other = partner(terminal, reading, row) if row.direction is Direction.OUT else None
    beside = beside_correction(terminal, reading, row)
    notes = queue.notes_of(reading, terminal.vault, row)
    history = log_page(reading, limit=_MOST_HISTORY, chosen=LogFilter(objects=frozenset({row.uid})))
    shipment = queue.shipments_of(reading, [row.id]).get(row.id)
    outcome = outcome_of(terminal, reading, row.id)
    return MessageView(
        row=row_of(terminal, row, record, queue.claims_of_others(reading, session.id, clock.now()), other),
        record=protection.without_address(record) if masked else record,
        protected=hidden,
        findings=_findings(terminal, reading, row, record),
        history=[HistoryStep(entry.at, entry.actor, entry.event) for entry in reversed(history)],
        reason=notes[-1].text if notes else None,
        receipt=_receipt(terminal, reading, shipment) or _recovered_receipt(terminal, reading, row),
        outcome=outcome,
        counters=_counters(reading, row, other),
        terminal=shipment.terminal if shipment is not None else None,
        trouble=_trouble(row, outcome, history),
        half=None,
        former=_former(terminal, reading, row, masked=masked),
        beside=beside if beside is None or not masked else beside.without_address(),
    )


def read_revision(terminal: Terminal, session: Session, number: int, revision: int) -> RevisionView:
    """Return the content of a message in an earlier revision, and record that the person looked at it.

    Raises MessageMissing (no such message or revision), SealBroken.
    """
    admit(terminal, session, Right.READ)
    with terminal.database.writing() as tx:
        row = queue.get(tx, number)
        record = decode(queue.content_of(tx, terminal.vault, row, revision))
        detail = {"revision": revision}
        terminal.log.append(
            tx, Event.MESSAGE_READ, actor=session.person_id, session=session.id, object=row.uid, detail=detail
        )
        now = decode(queue.content_of(tx, terminal.vault, row))
        if protection.is_protected(terminal, tx, row):
            record, now = protection.without_address(record), protection.without_address(now)
    return RevisionView(revision, row.revision, row.kind, occurred_at(row, record), record, now)


def _take(tx: Connection, session: Session, row: MessageRow) -> None:
    """Claim a message that waits for something that this person may do with it."""
    # The second confirmation of a deletion is not for the person who gave the first (`author`).
    if row.state is OutState.REVIEW and session.may(Right.APPROVE):
        task = Task.REVIEW
    elif row.state in CONFIRMABLE and session.may(Right.CONFIRM) and row.author != session.person_id:
        task = Task.CONFIRM
    else:
        return
    # Reading must never fail because somebody else was first: the row itself says who that is.
    with suppress(MessageClaimed):
        queue.claim(tx, row, task, session_id=session.id, now=clock.now())


def _former(terminal: Terminal, reading: Connection, row: MessageRow, *, masked: bool) -> FormerView | None:
    """Return what a message corrects: by pointing at another one, or by a new revision."""
    if row.pointer is Pointer.REPLACES and row.target is not None:
        key = MessageKey(row.kind, row.target)
        known = queue.known(reading, Direction.OUT, [key]).get(key)
        record = None if known is None else queue.contents_of(reading, terminal.vault, [known.id]).get(known.id)
        former = None if record is None else FormerView(row.target, decode(record))
    elif row.revision > 1 and row.direction is Direction.OUT:
        record = queue.content_of(reading, terminal.vault, row, row.revision - 1)
        former = FormerView(row.reference, decode(record))
    else:
        return None
    if former is None or not masked:
        return former
    return replace(former, record=protection.without_address(former.record))


def _counters(reading: Connection, row: MessageRow, other: MessageRow | None) -> list[CounterView]:
    if row.direction is Direction.OUT:
        related = [(counter, str(counter.pointer)) for counter in queue.pointing_at(reading, row)]
        related += [] if other is None else [(other, SAME_EVENT)]
    else:
        related = [(notice, "same_number") for notice in queue.notices_beside(reading, row)]
    return [CounterView(each.id, each.reference, pointer, str(each.state)) for each, pointer in related]


def _findings(
    terminal: Terminal, reading: Connection, row: MessageRow, record: Mapping[str, Any]
) -> tuple[Finding, ...]:
    # Checked again, not stored: rules depend on the day, and what was fine on entry may be a warning by now.
    ours = terminal.settings.municipality
    checked = check(
        record,
        municipality=ours.code,
        now=clock.now(),
        direction=row.direction,
        subject_digits=ours.subject_digits,
    )
    if checked.message is None or row.direction is Direction.IN:
        return checked.findings
    (others,) = find_contradictions(terminal, reading, [Candidate.of(checked.message, warnings=0)])
    beside = beside_correction(terminal, reading, row)
    return checked.findings + others + (() if beside is None else beside.findings(record))


def _receipt(terminal: Terminal, reading: Connection, shipment: ShipmentRow | None) -> ReceiptView | None:
    if shipment is None or shipment.receipt is None:
        return None
    # It was verified before it was stored, but a database can be changed. What a person relies on is verified again.
    verifier = ReceiptVerifier(register.versions(reading, terminal.vault.rows))
    receipt = verifier.verify(shipment.receipt, label_of(shipment))
    return ReceiptView(receipt.received_at, receipt.peer_version, receipt.envelope_digest)


def _recovered_receipt(terminal: Terminal, reading: Connection, row: queue.MessageRow) -> ReceiptView | None:
    """Return the receipt for bytes that are lost here: it proves that the peer has the message."""
    recovered = queue.recovered_receipt(reading, row.id)
    if recovered is None:
        return None
    sender, raw = recovered
    receipt = ReceiptVerifier(register.versions(reading, terminal.vault.rows)).verify_without_envelope(
        raw, message_id=row.uid, sender=sender, municipality=terminal.settings.municipality.code
    )
    return ReceiptView(receipt.received_at, receipt.peer_version, receipt.envelope_digest)


def _trouble(row: MessageRow, outcome: OutcomeView | None, history: Sequence[LogRow]) -> TroubleView | None:
    """Return the code of the newest entry that has one, if that is why the message does not go on."""
    # A result explains its refusal itself. The log only explains a message that was refused without a result.
    unread = row.state is OutState.REFUSED and outcome is None
    if not unread and row.hold is not Hold.ALARM:
        return None
    for detail in (entry.detail for entry in history if "code" in entry.detail):
        incident = detail.get("incident")
        return TroubleView(str(detail["code"]), None if incident is None else str(incident))
    return None


def _prove(terminal: Terminal, reading: Connection, result: ResultRow) -> None:
    """Verify again that the peer signed this result, as far as more is kept of it than an older program kept.

    Raises RowSealBroken.
    """
    voucher, content, salt = queue.voucher_of(reading, result.uid), *signed_in(result.words)
    if not voucher or not salt:
        return
    senders = register.versions(reading, terminal.vault.rows)
    broken = RowSealBroken(table=RESULTS.name, row=result.uid)
    try:
        Voucher.read(voucher).verify(content, salt, senders=senders)
    except EnvelopeFault as error:
        raise broken from error
    stated = decode(content)
    # Outcome and code have columns of their own.
    if (stated.get("outcome"), stated.get("code")) != (result.outcome, result.code):
        raise broken


def outcome_of(terminal: Terminal, reading: Connection, number: int) -> OutcomeView | None:
    """Return the peer's decision about a message, or None. Raises RowSealBroken for one that the peer did not sign."""
    results = queue.results_of(reading, terminal.vault, number)
    if not results:
        return None
    # The feed's order decides, not the time of receiving: a page may be read again later.
    last = results[-1]
    # The peer's words were checked when they came in, but either part may be missing.
    words = words_in(last.words)
    _prove(terminal, reading, last)
    return OutcomeView(str(last.outcome), last.code, words.get("cause") or {}, words.get("remedy") or {})
