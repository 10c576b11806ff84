"""Receiving: the peer's feed, page by page; verified items are stored with their log entries, then acknowledged."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, Final

from sqlalchemy import Connection

from console.errors import FeedFault, ItemFault, ItemReplayed, ResultOfAnother, ResultOfNone, ResultUnexpected
from console.jobs import timekeeping
from console.jobs.admission import admit, keep_reserve
from console.jobs.exchange import reach
from console.jobs.exchange.acknowledgements import Acknowledgements
from console.jobs.exchange.clocks import ClockReason
from console.jobs.exchange.contents import ItemContent, is_about, kept_of, key_of
from console.jobs.exchange.line import Contact, Interruption, open_line, record_failure
from console.jobs.exchange.outcome import ItemResult
from console.jobs.exchange.rebuilding import lost_item, rebuild_if_due
from console.jobs.exchange.rejections import Rejections
from console.jobs.messages.echo import pseudonym, pseudonyms
from console.jobs.progress import Meter, Report
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.errors import (
    DiskLow,
    IntegrityFault,
    MessageMissing,
    NoticeConflict,
    QueueFault,
    StepRefused,
)
from store.log import EntryDraft, Event, LogFilter
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
    ResultRow,
)
from store.rights import Right
from transport.errors import EnvelopeFault, TransportError
from transport.evidence.envelope import Opened, Opener, Purpose
from transport.evidence.voucher import Voucher
from transport.line.client import FeedItem

# How many of the newest rejections count. Reading the feed again from a much older one would take long.
_REJECTED_OF_LATE: Final = 200
_STEPS: Final = {PeerOutcome.ACCEPTED: Step.ACCEPT, PeerOutcome.REFUSED: Step.REFUSE}
_EVENTS: Final = {PeerOutcome.ACCEPTED: Event.MESSAGE_ACCEPTED, PeerOutcome.REFUSED: Event.MESSAGE_REFUSED}


@dataclass(slots=True)
class ReceiveOutcome:
    """The outcome of a receiving: counts of new notices, of rejected items and of results, and why it ended early.

    Items are rejected that do not verify or do not fit. `clock_offset`: seconds by which the peer's clock is ahead,
    worth a warning if `clock_warned`.
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

    `after` is a position from which the feed is read again: rejected items get another chance, and known ones stay as
    they are. `report` gets the phase `receive`, whose total is unknown. `clock_reason` is given by an officer when the
    clocks are apart. Raises RightMissing, PeerMissing, ClocksApart, IdentityFault, or LineFault when the peer cannot be
    reached at all. What ends the receiving later is reported in its outcome: a failure of the line, a feed that cannot
    be read on (FeedFault), or a disk that is nearly full.
    """
    if clock_reason is not None:
        timekeeping.overrule(terminal, session, clock_reason.value)
    admit(terminal, session, Right.EXCHANGE)
    done = ReceiveOutcome()
    meter = Meter(report, cancel, done.items)
    with open_line(terminal, session, cancel, clock_reason) as contact:
        done.clock_offset, done.clock_warned = contact.clock.offset, contact.clock.warned
        try:
            rebuild_if_due(terminal, session, contact, meter, done.items)
            _Receiving(terminal, session, meter, contact, done).run(after)
        except TransportError as error:
            record_failure(terminal, session, error)
            done.interruption = Interruption.of(error)
        except (FeedFault, DiskLow) as error:
            done.interruption = Interruption.of(error)
    return done


def before_rejected(terminal: Terminal, codes: frozenset[str] | None = None) -> int | None:
    """Return the position before the earliest item that this terminal rejected of late, to read again from there.

    With `codes`, only what was rejected for these reasons counts. None when there is no such item. Items that were
    taken in since stay as they are when they are read again.
    """
    with terminal.database.reading() as reading:
        rejected = log_page(
            reading, limit=_REJECTED_OF_LATE, chosen=LogFilter(events=frozenset({Event.NOTICE_REJECTED}))
        )
    own = [entry.detail for entry in rejected if entry.terminal == terminal.name]
    positions = [int(detail["position"]) for detail in own if codes is None or detail["code"] in codes]
    return min(positions) - 1 if positions else None


class _Disputed(Exception):
    """The peer sent other content under a known id or reference; `uid` is the stored message that it disputes."""

    def __init__(self, uid: str) -> None:
        super().__init__(uid)
        self.uid = uid


class _Receiving:
    """One receiving while it is under way."""

    def __init__(
        self, terminal: Terminal, session: Session, meter: Meter, contact: Contact, done: ReceiveOutcome
    ) -> None:
        self._terminal = terminal
        self._session = session
        self._meter = meter
        self._line = contact.line
        self._peer = contact.endpoint
        self._clock = contact.clock
        self._feed = queue.Feed(terminal.name, contact.endpoint.name)
        self._acknowledgements = Acknowledgements(terminal, session, contact, self._feed)
        self._rejections = Rejections(terminal, session)
        # The last position that something was taken in from: a signature vouches for what stands there.
        self._vouched = 0
        self.done = done

    def run(self, after: int | None) -> None:
        """Store page after page; first acknowledge what an earlier receiving stored and could not acknowledge."""
        self._meter.begin("receive", 0)
        with self._terminal.database.reading() as reading:
            cursor = queue.cursor(reading, self._feed)
        # Never beyond the cursor: the items in between would be lost.
        start = position = self._vouched = cursor if after is None else min(after, cursor)
        more = True
        while more and not self._meter.cancelled:
            # Before the next page is fetched, so that a cut leaves at most one page without its acknowledgement.
            self._acknowledgements.send()
            keep_reserve(self._terminal)
            page = self._line.pull(position, self._terminal.settings.line.batch)
            if page.items:
                position = self._store(page.items)
            self._meter.advance(len(page.items))
            more = page.more and not self._rejections.too_many
        self._acknowledgements.send()
        if self._rejections.too_many:
            raise self._rejections.fault(position)
        # Nothing beyond the cursor is the usual end. No answer says where a feed ends, so the item there is asked for.
        nothing_new = position == start == cursor > 0
        if not more and (position < cursor or (nothing_new and reach.falls_short(self._line, cursor))):
            raise reach.ends_early(self._terminal, self._session, self._feed, cursor)

    def _store(self, items: Sequence[FeedItem]) -> int:
        """Store a page and move the cursor, in one transaction; return the position up to which it was looked at."""
        # With former keys as well: the peer may have sealed an item before it registered our present ones.
        opener = self._peer.opener(self._terminal.identity, others=self._terminal.keys.identities())
        # Verified and opened before the writing block, since that takes most of the time and needs no database.
        examined = [(item, self._open(item, opener)) for item in items]
        position = self._vouched
        with self._terminal.database.writing() as tx:
            for item, opened_or_fault in examined:
                position = item.position
                if isinstance(opened_or_fault, EnvelopeFault):
                    self._note_rejected(self._rejections.reject(tx, item, opened_or_fault))
                elif self._take_in(tx, item, opened_or_fault):
                    self._rejections.end_run()
                    self._vouched = position
                if self._rejections.too_many:
                    break
            self._rejections.write_runs(tx)
            # Nobody vouches for the position of a rejected item: it moves what is durable by a page at most.
            bound = self._vouched + self._terminal.settings.line.batch
            # Another process may have received this page, or more of them, meanwhile; the cursor never goes back.
            queue.move_cursor(tx, self._feed, max(min(position, bound), queue.cursor(tx, self._feed)))
        return position

    def _open(self, item: FeedItem, opener: Opener) -> Opened | EnvelopeFault:
        """Verify and open an item; return what is wrong with it instead of raising it."""
        try:
            return opener.open(item.envelope, now=self._clock.now())
        except EnvelopeFault as error:
            return error

    def _note_rejected(self, item: ItemResult) -> None:
        self.done.rejected += 1
        self.done.items.append(item)

    def _take_in(self, tx: Connection, item: FeedItem, opened: Opened) -> bool:
        """Keep an item that verified, or reject it; tell whether it was kept or known."""
        try:
            content = ItemContent.read(opened, self._terminal, self._clock.now())
            # A savepoint, so that a rejected item leaves nothing behind while the rest of the page is stored. It is not
            # acknowledged either, and may fit when it is read again.
            with tx.begin_nested():
                self._keep(tx, item, opened, content)
        except _Disputed as conflict:
            # Two contents under one id or reference: the first one is kept, and people have to talk to the peer.
            self._hold(tx, conflict.uid)
            disputed = self._rejections.reject_disputed(tx, item, NoticeConflict(), opened.header.id)
            self._note_rejected(disputed)
        except (ItemFault, IntegrityFault, QueueFault) as unfit:
            self._note_rejected(self._rejections.reject(tx, item, unfit))
        else:
            return True
        return False

    def _keep(self, tx: Connection, item: FeedItem, opened: Opened, content: ItemContent) -> None:
        """Store the arrival and its content. Raises _Disputed, ItemReplayed, and what `_decide` raises."""
        fate = queue.arrive(tx, _arrival(item, opened, self._feed), clock.now())
        if fate is Fate.CONFLICT:
            raise _Disputed(opened.header.id)
        if fate is Fate.REPLAYED:
            raise ItemReplayed
        if fate is Fate.KNOWN:
            return
        if content.notice is not None:
            self._keep_notice(tx, opened, content.notice)
        else:
            self._keep_result(tx, item, opened, content.record)

    def _keep_notice(self, tx: Connection, opened: Opened, notice: AgencyNotice) -> None:
        content = encode(notice.to_record())
        key = MessageKey(str(notice.kind), notice.reference)
        before = queue.known(tx, Direction.IN, [key]).get(key)
        if before is not None:
            kept = queue.get(tx, before.id).uid
            if before.digest != self._terminal.vault.digest(content):
                raise _Disputed(kept)
            # It came before, to another terminal or in another envelope. It counts once, and this envelope is erased
            # together with the first one.
            queue.note_about(tx, self._feed, opened.header.id, kept)
            return
        _refuse_used_id(tx, opened.header.id)
        # The number changes at every issue of a card: a late notice is recognised by the former numbers that it states.
        stated, abouts = pseudonym(self._terminal, notice), pseudonyms(self._terminal, notice)
        draft = MessageDraft(
            direction=Direction.IN,
            kind=str(notice.kind),
            reference=notice.reference,
            effective_at=notice.effective_at.astimezone(UTC),
            content=content,
            subject=stated,
            target=notice.supersedes,
            uid=opened.header.id,
        )
        (added,) = queue.add_messages(tx, self._terminal.vault, [draft], now=clock.now())
        queue.add_former_numbers(tx, added.id, abouts - {stated})
        self._log(tx, Event.NOTICE_RECEIVED, added.uid, version=1)
        self._supersede_others(tx, added.id, notice, abouts)
        self.done.received += 1
        self.done.items.append(ItemResult(added.id, notice.reference, "received"))

    def _supersede_others(self, tx: Connection, number: int, notice: AgencyNotice, abouts: set[str]) -> None:
        """Supersede all notices about the person but the newest, which is not this one if it came late."""
        for row in queue.supersede_others(tx, self._terminal.vault, number, notice, abouts, self._act()):
            self._log(tx, Event.NOTICE_SUPERSEDED, row.uid, version=row.version)

    def _keep_result(self, tx: Connection, item: FeedItem, opened: Opened, record: dict[str, Any]) -> None:
        outcome = PeerOutcome(record["outcome"])
        code = record.get("code")
        for lost in queue.lost(tx, uid=record["message"]):
            self._keep_result_of_lost(tx, opened.header.id, lost, record, outcome)
            return
        row = self._decide(tx, record, outcome)
        queue.add_result(
            tx,
            self._terminal.vault,
            ResultRow(
                uid=opened.header.id,
                message_id=row.id,
                position=item.position,
                outcome=outcome,
                code=code,
                received_at=clock.now(),
                words=kept_of(opened),
            ),
        )
        # The state, the result and the entry belong to one transaction: none of them exists without the others.
        self._log(tx, _EVENTS[outcome], row.uid, version=row.version, code=code)
        if outcome is PeerOutcome.ACCEPTED and row.target is not None:
            self._close_undone(tx, MessageKey(row.kind, row.target))
        self.done.results += 1
        self.done.items.append(ItemResult(row.id, row.reference, str(row.state), code))

    def _keep_result_of_lost(
        self, tx: Connection, uid: str, lost: queue.Lost, record: dict[str, Any], outcome: PeerOutcome
    ) -> None:
        """Keep what the peer decided about a message that only the peer has. Raises ResultOfAnother."""
        key = key_of(record)
        stated = None if lost.reference is None else MessageKey(lost.kind or "", lost.reference)
        # As with a message that is here: a refusal may leave out what the peer could not read.
        if stated not in {None, key} and not (key is None and outcome is PeerOutcome.REFUSED):
            raise ResultOfAnother
        queue.decide_lost(tx, lost.uid, key, outcome, record.get("code"))
        # Of the peer's words nothing is kept: without the message, nobody could tell when they are to be erased.
        queue.note_about(tx, self._feed, uid, lost.uid)
        self._log(tx, Event.LOST_DECIDED, lost.uid, version=None, code=outcome.value)
        self.done.results += 1
        self.done.items.append(lost_item(lost.uid, key.reference if key else None, lost.received_at))

    def _decide(self, tx: Connection, record: dict[str, Any], outcome: PeerOutcome) -> MessageRow:
        """Take the step to which a result leads. Raises ResultOfNone, ResultOfAnother, ResultUnexpected."""
        try:
            about = queue.get_by_uid(tx, record["message"])
        except MessageMissing:
            raise ResultOfNone from None
        # The id alone does not suffice: kind and reference have to agree, so that a mix-up at the peer closes nothing.
        if about.direction is not Direction.OUT or not is_about(record, about):
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
            self._log(tx, Event.MESSAGE_WITHDRAWN, row.uid, version=row.version)

    def _hold(self, tx: Connection, uid: str) -> None:
        """Put a notice on hold that the peer disputes, unless somebody has handled it already."""
        with suppress(MessageMissing):
            number = queue.get_by_uid(tx, uid).id
            for row in queue.move_many(tx, self._terminal.vault, [number], Step.PUT_ON_HOLD, self._act()).changed:
                self._log(tx, Event.NOTICE_HELD, row.uid, version=row.version, code=NoticeConflict.code)

    def _act(self) -> Act:
        return Act(by=None, now=clock.now())

    def _log(self, tx: Connection, event: Event, about: str, *, version: int | None, code: str | None = None) -> None:
        """Record what changed the message `about`, whose row has this version now; None when it is not here."""
        given = {"version": version, "code": code}
        detail: dict[str, str | int] = {name: value for name, value in given.items() if value is not None}
        draft = EntryDraft(event, self._session.person_id, self._session.id, about, detail=detail)
        self._terminal.log.append_many(tx, [draft])


def _refuse_used_id(tx: Connection, uid: str) -> None:
    """Raise _Disputed when a stored message already has the id."""
    with suppress(MessageMissing):
        queue.get_by_uid(tx, uid)
        raise _Disputed(uid)


def _arrival(item: FeedItem, opened: Opened, feed: Feed) -> ArrivalDraft:
    is_notice = opened.header.purpose is Purpose.NOTICE
    return ArrivalDraft(
        uid=opened.header.id,
        feed=feed,
        position=item.position,
        purpose=queue.ArrivalKind.NOTICE if is_notice else queue.ArrivalKind.RESULT,
        digest=bytes.fromhex(opened.envelope.digest),
        # Of a result the content is kept sealed, as the peer wrote it, and what the peer signed.
        envelope=item.envelope if is_notice else Voucher.of(opened.envelope).to_bytes(),
    )
