"""Receiving: the peer's feed, page by page; what is verified is stored with its log entry, then acknowledged."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, Final

from sqlalchemy import Connection

from console.errors import ItemFault, ItemReplayed, ResultOfAnother, ResultOfNone, ResultUnexpected
from console.incidents import record_incident
from console.jobs import timekeeping
from console.jobs.admission import admit
from console.jobs.exchange.clocks import ClockReason
from console.jobs.exchange.contents import ItemContent, tells_of, words_of
from console.jobs.exchange.line import Contact, Interruption, opened, record_failure
from console.jobs.exchange.outcome import ItemResult
from console.jobs.messages.echo import pseudonym, pseudonyms
from console.jobs.progress import Meter, Report
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.errors import (
    IntegrityFault,
    MessageMissing,
    NoticeConflict,
    QueueFault,
    StepRefused,
    StoreError,
)
from store.log import EntryDraft, Event, LogFilter, Result
from store.log import page as log_page
from store.message.canonical import encode
from store.message.kinds import AgencyNotice
from store.message.states import Direction, Step
from store.queue import (
    Act,
    ArrivalDraft,
    Fate,
    Feed,
    MessageDraft,
    MessageKey,
    MessageRow,
    PeerOutcome,
    Pending,
    ResultRow,
)
from store.rights import Right
from transport.errors import EnvelopeFault, TransportError
from transport.evidence.envelope import Opened, Opener, Purpose
from transport.line.client import FeedItem

_REJECTED_OF_LATE: Final = 200
_STEPS: Final = {PeerOutcome.ACCEPTED: Step.ACCEPT, PeerOutcome.REFUSED: Step.REFUSE}
_EVENTS: Final = {PeerOutcome.ACCEPTED: Event.MESSAGE_ACCEPTED, PeerOutcome.REFUSED: Event.MESSAGE_REFUSED}


@dataclass(slots=True)
class ReceiveOutcome:
    """What a receiving did: new notices, items that did not verify or fit, results; and why it ended early.

    `clock_offset`: seconds by which the peer's clock is ahead, worth a warning where `clock_warned`.
    """

    received: int = 0
    rejected: int = 0
    results: int = 0
    items: list[ItemResult] = field(default_factory=list)
    interruption: Interruption | None = None
    clock_offset: float = 0.0
    clock_warned: bool = False


def receive(
    terminal: Terminal,
    session: Session,
    *,
    after: int | None = None,
    report: Report | None = None,
    cancel: threading.Event | None = None,
    clock_reason: ClockReason | None = None,
) -> ReceiveOutcome:
    """Fetch everything new from the peer's feed. An item that cannot be taken in never blocks the rest.

    `after` is a position from which the feed is read once more: what was rejected gets another chance, and what is
    known stays as it is. `report` gets the phase `receive`, its total not known; `clock_reason` is an officer's, for
    clocks that are apart. Raises RightMissing, PeerMissing, ClocksApart, IdentityFault, or LineFault when the peer
    cannot be reached at all; later failures of the line end the receiving and are told in its result.
    """
    if clock_reason is not None:
        timekeeping.overrule(terminal, session, clock_reason.value)
    admit(terminal, session, Right.EXCHANGE)
    meter = Meter(report, cancel)
    with opened(terminal, session, cancel, clock_reason) as contact:
        receiving = _Receiving(terminal, session, meter, contact)
        try:
            receiving.run(after)
        except TransportError as error:
            record_failure(terminal, session, error)
            receiving.done.interruption = Interruption.of(error)
    return receiving.done


def before_rejected(terminal: Terminal) -> int | None:
    """Return the position before the earliest item of late that this terminal rejected, to read again from there.

    None when there is none. What was taken in since stays as it is when it is read once more.
    """
    with terminal.database.reading() as reading:
        rejected = log_page(
            reading, limit=_REJECTED_OF_LATE, chosen=LogFilter(events=frozenset({Event.NOTICE_REJECTED}))
        )
    positions = [int(entry.detail["position"]) for entry in rejected if entry.terminal == terminal.name]
    return min(positions) - 1 if positions else None


class _Disputed(Exception):
    """The peer says something else under a name that is taken; `uid` is the message here that is disputed."""

    def __init__(self, uid: str) -> None:
        super().__init__(uid)
        self.uid = uid


class _Receiving:
    """One receiving under way."""

    def __init__(self, terminal: Terminal, session: Session, meter: Meter, contact: Contact) -> None:
        self._terminal = terminal
        self._session = session
        self._meter = meter
        self._line = contact.line
        self._peer = contact.endpoint
        self._clock = contact.clock
        self._feed = queue.Feed(terminal.name, contact.endpoint.name)
        # What the peer did not take as acknowledged is not told again in the same receiving.
        self._told_up_to = 0
        self.done = ReceiveOutcome(clock_offset=contact.clock.offset, clock_warned=contact.clock.warned)

    def run(self, after: int | None) -> None:
        """Store page after page; first tell the peer of what was stored earlier without its knowing."""
        self._meter.begin("receive", 0)
        with self._terminal.database.reading() as reading:
            cursor = queue.cursor(reading, self._feed)
        # Never beyond the cursor: what lies between would be lost.
        position = cursor if after is None else min(after, cursor)
        more = True
        while more and not self._meter.cancelled:
            self._acknowledge()
            page = self._line.pull(position, self._terminal.settings.line.batch)
            if page.items:
                self._store(page.items)
                position = page.items[-1].position
            self._meter.advance(len(page.items))
            more = page.more
        self._acknowledge()

    def _store(self, items: Sequence[FeedItem]) -> None:
        """Store a page and move the cursor, in one transaction."""
        opener = self._peer.opener(self._terminal.identity, others=self._terminal.keys.identities())
        examined = [(item, self._open(item, opener)) for item in items]
        with self._terminal.database.writing() as tx:
            for item, found in examined:
                if isinstance(found, EnvelopeFault):
                    self._reject(tx, item, found)
                else:
                    self._take_in(tx, item, found)
            # Another receiving may have stored this page or more of them meanwhile.
            last = max(items[-1].position, queue.cursor(tx, self._feed))
            queue.move_cursor(tx, self._feed, last)

    def _open(self, item: FeedItem, opener: Opener) -> Opened | EnvelopeFault:
        """Verify and open an item; return what is wrong with it instead of raising."""
        try:
            return opener.open(item.envelope, now=self._clock.now())
        except EnvelopeFault as error:
            return error

    def _take_in(self, tx: Connection, item: FeedItem, got: Opened) -> None:
        try:
            content = ItemContent.read(got, self._terminal)
            # What is rejected leaves nothing behind: it is not acknowledged, and may fit when it is read once more.
            with tx.begin_nested():
                self._keep(tx, item, got, content)
        except _Disputed as conflict:
            # Two contents under one id or reference: what came first stands, and people have to talk with the peer.
            self._hold(tx, conflict.uid)
            self._reject(tx, item, NoticeConflict(), Event.NOTICE_CONFLICT, got.header.id)
        except (ItemFault, IntegrityFault, QueueFault) as unfit:
            self._reject(tx, item, unfit)

    def _keep(self, tx: Connection, item: FeedItem, got: Opened, content: ItemContent) -> None:
        """Store the arrival and what it says. Raises _Disputed, ItemReplayed, and why a result does not fit."""
        fate = queue.arrive(tx, _arrival(item, got, self._feed), clock.now())
        if fate is Fate.CONFLICT:
            raise _Disputed(got.header.id)
        if fate is Fate.REPLAYED:
            raise ItemReplayed
        if fate is Fate.KNOWN:
            return
        if content.notice is not None:
            self._keep_notice(tx, got, content.notice)
        else:
            self._keep_result(tx, item, got, content.record)

    def _keep_notice(self, tx: Connection, got: Opened, notice: AgencyNotice) -> None:
        content = encode(notice.to_record())
        key = MessageKey(str(notice.kind), notice.reference)
        before = queue.known(tx, Direction.IN, [key]).get(key)
        if before is not None:
            kept = queue.get(tx, before.id).uid
            if before.digest != self._terminal.vault.digest(content):
                raise _Disputed(kept)
            # It came to another terminal already, or in another envelope.
            queue.note_repeated(tx, self._feed, got.header.id, kept)
            return
        _refuse_used_id(tx, got.header.id)
        stated, abouts = pseudonym(self._terminal, notice), pseudonyms(self._terminal, notice)
        draft = MessageDraft(
            direction=Direction.IN,
            kind=str(notice.kind),
            reference=notice.reference,
            occurred_at=notice.occurred_at.astimezone(UTC),
            content=content,
            subject=stated,
            target=notice.supersedes,
            uid=got.header.id,
        )
        (added,) = queue.add_messages(tx, self._terminal.vault, [draft], now=clock.now())
        queue.add_former_numbers(tx, added.id, abouts - {stated})
        self._log(tx, Event.NOTICE_RECEIVED, added.uid)
        self._supersede_others(tx, added.id, notice, abouts)
        self.done.received += 1
        self.done.items.append(ItemResult(added.id, notice.reference, "received"))

    def _supersede_others(self, tx: Connection, number: int, notice: AgencyNotice, abouts: set[str]) -> None:
        """Let the newest notice about the person stand, which is another one when this one came late."""
        for row in queue.supersede_others(tx, self._terminal.vault, number, notice, abouts, self._act()):
            self._log(tx, Event.NOTICE_SUPERSEDED, row.uid)

    def _keep_result(self, tx: Connection, item: FeedItem, got: Opened, record: dict[str, Any]) -> None:
        outcome = PeerOutcome(record["outcome"])
        code = record.get("code")
        row = self._decide(tx, record, outcome)
        queue.add_result(
            tx,
            self._terminal.vault,
            ResultRow(
                uid=got.header.id,
                message_id=row.id,
                position=item.position,
                outcome=outcome,
                code=code,
                received_at=clock.now(),
                words=words_of(record),
            ),
        )
        self._log(tx, _EVENTS[outcome], row.uid, code=code)
        if outcome is PeerOutcome.ACCEPTED and row.target is not None:
            self._close_undone(tx, MessageKey(row.kind, row.target))
        self.done.results += 1
        self.done.items.append(ItemResult(row.id, row.reference, str(row.state), code))

    def _decide(self, tx: Connection, record: dict[str, Any], outcome: PeerOutcome) -> MessageRow:
        """Take the step that a result leads to. Raises ResultOfNone, ResultOfAnother, ResultUnexpected."""
        try:
            about = queue.get_by_uid(tx, record["message"])
        except MessageMissing:
            raise ResultOfNone from None
        if about.direction is not Direction.OUT or not tells_of(record, about):
            raise ResultOfAnother
        try:
            return queue.move(tx, self._terminal.vault, about.id, _STEPS[outcome], self._act())
        except StepRefused:
            raise ResultUnexpected(reference=about.reference) from None

    def _close_undone(self, tx: Connection, key: MessageKey) -> None:
        """Close the refused message that an accepted one cancels or replaces; an accepted one stays as it is."""
        wrong = queue.known(tx, Direction.OUT, [key]).get(key)
        if wrong is None:
            return
        for row in queue.move_many(tx, self._terminal.vault, [wrong.id], Step.CLOSE, self._act()).changed:
            self._log(tx, Event.MESSAGE_WITHDRAWN, row.uid)

    def _hold(self, tx: Connection, uid: str) -> None:
        """Put a notice on hold that nobody has handled yet, when the peer says something else under its name."""
        with suppress(MessageMissing):
            number = queue.get_by_uid(tx, uid).id
            for row in queue.move_many(tx, self._terminal.vault, [number], Step.PUT_ON_HOLD, self._act()).changed:
                self._log(tx, Event.NOTICE_HELD, row.uid, code=NoticeConflict.code)

    def _reject(
        self,
        tx: Connection,
        item: FeedItem,
        error: EnvelopeFault | ItemFault | StoreError,
        event: Event = Event.NOTICE_REJECTED,
        about: str | None = None,
    ) -> None:
        incident = record_incident(self._terminal.home, error)
        self._terminal.log.append(
            tx,
            event,
            actor=self._session.person_id,
            session=self._session.id,
            object=about,
            result=Result.REFUSED,
            detail={"code": error.code, "position": item.position, "incident": incident},
        )
        self.done.rejected += 1
        self.done.items.append(ItemResult(None, None, "rejected", error.code, incident, error.facts or None))

    def _acknowledge(self) -> None:
        """Tell the peer of everything that is stored here and that it does not know of yet."""
        size = self._terminal.settings.line.batch
        while True:
            with self._terminal.database.reading() as reading:
                pending = queue.unacknowledged(reading, self._feed, size, after=self._told_up_to)
                items = [
                    FeedItem(one.position, queue.envelope_of(reading, self._feed, one.uid) or b"") for one in pending
                ]
            if not items:
                return
            # Those that the peer does not take now are told again in the next exchange.
            problems = self._line.acknowledge(items, received_at=self._clock.now())
            told = [one for one in pending if one.position not in problems]
            with self._terminal.database.writing() as tx:
                queue.mark_acknowledged(tx, self._feed, (one.uid for one in told), clock.now())
                self._record_acknowledged(tx, told)
            self._told_up_to = pending[-1].position

    def _record_acknowledged(self, tx: Connection, told: Sequence[Pending]) -> None:
        """Record one entry for all of them: that each came in has an entry of its own."""
        if told:
            self._terminal.log.append(
                tx,
                Event.NOTICE_ACKNOWLEDGED,
                actor=self._session.person_id,
                session=self._session.id,
                detail={"count": len(told), "position": told[-1].position},
            )

    def _act(self) -> Act:
        return Act(by=None, now=clock.now())

    def _log(self, tx: Connection, event: Event, about: str, *, code: str | None = None) -> None:
        self._terminal.log.append_many(tx, [self._draft(event, about, code=code)])

    def _draft(self, event: Event, about: str, *, code: str | None = None) -> EntryDraft:
        return EntryDraft(
            event,
            actor=self._session.person_id,
            session=self._session.id,
            object=about,
            detail={"code": code} if code else {},
        )


def _refuse_used_id(tx: Connection, uid: str) -> None:
    """Raise _Disputed when the id is already a message's of ours."""
    with suppress(MessageMissing):
        queue.get_by_uid(tx, uid)
        raise _Disputed(uid)


def _arrival(item: FeedItem, got: Opened, feed: Feed) -> ArrivalDraft:
    purpose = queue.ArrivalKind.NOTICE if got.header.purpose is Purpose.NOTICE else queue.ArrivalKind.RESULT
    return ArrivalDraft(
        uid=got.header.id,
        feed=feed,
        position=item.position,
        purpose=purpose,
        digest=bytes.fromhex(got.envelope.digest),
        envelope=item.envelope,
    )
