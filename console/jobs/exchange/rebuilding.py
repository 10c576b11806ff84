"""Rebuilding after the database was set back: what left in the lost time is learnt from the peer's signed evidence.

A restored backup has forgotten what was sent since it was made. Before anything is sent or received again, each
terminal asks the peer for the receipts of all messages of which nothing here proves that the peer has them, and for a
signed statement of what else it holds. A message that the peer has is delivered, wherever this database believes it to
be. One that is not here at all is lost: it is listed, and nothing is sent again under its reference.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import Connection

from console.errors import ContentUnproved, MessageLost, RecoveryAwaited
from console.incidents import record_incident
from console.jobs.exchange.kept_bytes import label_of
from console.jobs.exchange.line import Contact
from console.jobs.exchange.outcome import ItemResult
from console.jobs.peers import register
from console.jobs.progress import Meter
from console.session import Session
from console.terminal import Terminal
from store import clock, queue
from store.errors import LogBehind
from store.log import EntryDraft, Event, LogFilter, LogRow, Result, in_force, page
from store.message.states import Step
from store.queue import Act, MessageRow, ReceiptDraft, RecoveredDraft, ShipmentRow
from transport import wire
from transport.errors import AnswerMalformed, LineCancelled, ReceiptFault
from transport.evidence.envelope import Purpose
from transport.evidence.holdings import Held, Inquiry, Statement
from transport.evidence.receipts import ReceiptVerifier, read_receipt

_SET_BACK: Final = frozenset({Event.LOG_RESUMED, Event.BACKUP_RESTORED})
_PAGE: Final = 100
# The peer dates receipts by its own clock. What was received a day earlier is asked for once more and changes nothing.
_MARGIN: Final = timedelta(days=1)
_BEFORE_ALL: Final = datetime(2000, 1, 1, tzinfo=UTC)


def is_due(reading: Connection, terminal: str) -> bool:
    """Tell whether `terminal` has not yet rebuilt what it sent, since the database was set back the last time."""
    since = _newest(reading, _SET_BACK, terminal=terminal, also_of_others=True)
    return since > _newest(reading, frozenset({Event.RECOVERY_DONE}), terminal=terminal)


def awaited(reading: Connection, terminal: Terminal) -> list[str]:
    """Return the other terminals that have not rebuilt yet: what they sent may still look unsent here."""
    # Retired terminals are not waited for: they will never ask.
    others = [name for name in in_force(terminal.log.next_keys(reading)) if name != terminal.name]
    # What was set back at one terminal alone, such as its keys, concerns no other.
    since = _newest(reading, _SET_BACK, terminal=None, also_of_others=True) if others else 0
    return [name for name in others if since > max(_done(reading, name), _admitted(reading, name))]


def refuse_awaited(terminal: Terminal) -> None:
    """Raise RecoveryAwaited while another terminal has not rebuilt what it sent."""
    with terminal.database.reading() as reading:
        names = awaited(reading, terminal)
    if names:
        raise RecoveryAwaited(terminals=", ".join(names))


def rebuild_if_due(
    terminal: Terminal, session: Session, contact: Contact, meter: Meter, found: list[ItemResult]
) -> None:
    """Rebuild from the peer's evidence if that is due, and add what is found to `found`.

    Raises TransportError when it could not be done to the end; until it is, nothing may be sent or received.
    """
    with terminal.database.reading() as reading:
        due = is_due(reading, terminal.name)
    if due:
        Rebuilding(terminal, session, contact, meter, found).run()


def _done(reading: Connection, terminal: str) -> int:
    return _newest(reading, frozenset({Event.RECOVERY_DONE}), terminal=terminal)


def _admitted(reading: Connection, terminal: str) -> int:
    chosen = LogFilter(events=frozenset({Event.TERMINAL_ADMITTED}))
    return next((row.seq for row in _rows(reading, chosen) if row.detail["terminal"] == terminal), 0)


def _newest(
    reading: Connection, events: frozenset[Event], *, terminal: str | None, also_of_others: bool = False
) -> int:
    """Return the number of the newest entry of `terminal` with one of the events; 0 when there is none.

    `also_of_others`: also of any terminal, where the entry says that the whole database was set back.
    """
    # Newest first, so the first that fits is the one; there are few of these entries in the life of a terminal.
    for row in _rows(reading, LogFilter(events=events)):
        whole = row.event == Event.BACKUP_RESTORED or row.detail.get("code") == LogBehind.code
        if row.terminal == terminal or (also_of_others and whole):
            return row.seq
    return 0


def _rows(reading: Connection, chosen: LogFilter) -> Iterable[LogRow]:
    before = None
    while rows := page(reading, before=before, limit=_PAGE, chosen=chosen):
        yield from rows
        before = rows[-1].seq


class _Proof(NamedTuple):
    """A verified receipt: when the peer received the message, and whether it is for the bytes that are kept here."""

    receipt: bytes
    received_at: datetime
    of_kept_bytes: bool


class Rebuilding:
    """One rebuilding on an open line. Each step is durable before the next one, and may be repeated."""

    def __init__(
        self, terminal: Terminal, session: Session, contact: Contact, meter: Meter, found: list[ItemResult]
    ) -> None:
        self._terminal = terminal
        self._session = session
        self._contact = contact
        self._meter = meter
        with terminal.database.reading() as reading:
            self._verifier = ReceiptVerifier(register.versions(reading, terminal.vault.rows))
        self._found = found
        self._unproved: ReceiptFault | None = None
        self.recovered = 0
        self.lost = 0

    def run(self) -> None:
        """Ask for everything, store what is proved, and record that it was done.

        Raises TransportError: of the line, LineCancelled, or the first ReceiptFault, of which a receipt of a peer's key
        that is not registered here is the likeliest. It is then done anew.
        """
        # The statement first: it begins at the newest receipt that is here, and asking brings newer ones.
        self._ask_for_lost()
        self._ask_about_known()
        if self._unproved is not None:
            raise self._unproved
        self._record_done()

    def _ask_for_lost(self) -> None:
        """Go through the statement of what the peer holds, and list what is not here."""
        asked = Inquiry(self._since(), 0)
        while True:
            self._stop_if_cancelled()
            raw = self._contact.line.holdings(asked)
            if raw is None:
                return
            # Page by page, each durable before the next is asked for: a cut costs the page under way and no more.
            statement = self._open(raw, asked)
            self._take_in(statement.messages)
            if not statement.more:
                return
            asked = asked._replace(after=statement.messages[-1].position)

    def _stop_if_cancelled(self) -> None:
        if self._meter.cancelled:
            raise LineCancelled

    def _since(self) -> datetime:
        with self._terminal.database.reading() as reading:
            newest = queue.newest_receipt(reading, self._terminal.name)
        return _BEFORE_ALL if newest is None else read_receipt(newest).received_at - _MARGIN

    def _open(self, raw: bytes, asked: Inquiry) -> Statement:
        identity, others = self._terminal.identity, self._terminal.keys.identities()
        opener = self._contact.endpoint.opener(identity, others=others, purposes={Purpose.HOLDINGS})
        try:
            return Statement.from_bytes(opener.open(raw, now=self._contact.clock.now()).content, asked)
        except wire.WireError as error:
            raise AnswerMalformed(place=error.place) from error

    def _take_in(self, held: Sequence[Held]) -> None:
        """List those of the messages that are not here, each with the peer's receipt for it."""
        by_id = {message.id: message for message in held}
        with self._terminal.database.reading() as reading:
            absent = by_id.keys() - queue.known_uids(reading, by_id) - queue.is_recovered(reading, by_id)
        proofs = self._proofs({uid: None for uid in by_id if uid in absent})
        name = self._terminal.name
        drafts = [
            RecoveredDraft(uid, name, proof.receipt, proof.received_at, None, by_id[uid].kind, by_id[uid].reference)
            for uid, proof in proofs.items()
        ]
        with self._terminal.database.writing() as tx:
            queue.add_recovered(tx, drafts, clock.now())
            self._log(tx, [self._entry(Event.MESSAGE_LOST, draft.uid, {}) for draft in drafts])
        self.lost += len(drafts)
        self._found += [lost_item(draft.uid, draft.reference, draft.received_at) for draft in drafts]

    def _ask_about_known(self) -> None:
        """Ask about every message of which nothing here proves that the peer has it."""
        with self._terminal.database.reading() as reading:
            numbers = queue.without_evidence(reading, self._terminal.name)
        self._meter.begin("recover", len(numbers))
        size = self._terminal.settings.line.batch
        for start in range(0, len(numbers), size):
            self._stop_if_cancelled()
            self._ask(numbers[start : start + size])
            self._meter.advance(len(numbers[start : start + size]))

    def _ask(self, numbers: Sequence[int]) -> None:
        with self._terminal.database.reading() as reading:
            # What seal or log do not prove is told by `check`; a receipt for it waits at the peer.
            rows = queue.sound(reading, self._terminal.vault, queue.rows_of(reading, numbers)).rows
            shipments = queue.shipments_of(reading, numbers)
        proofs = self._proofs({row.uid: shipments.get(row.id) for row in rows})
        proved = [row for row in rows if row.uid in proofs]
        if not proved:
            return
        act = Act(by=self._session.person_id, now=clock.now())
        # The step, the receipt and the entry belong to one transaction: none of them exists without the others.
        with self._terminal.database.writing() as tx:
            moved = queue.move_rows(tx, self._terminal.vault, proved, Step.RECOVER, act).changed
            self._keep(tx, moved, proofs)
            former = {row.id: row for row in proved}
            self._log(tx, [self._recovered_entry(row, former[row.id]) for row in moved])
        self.recovered += len(moved)
        self._found += [_recovered_item(row, former[row.id]) for row in moved]

    def _keep(self, tx: Connection, moved: Sequence[MessageRow], proofs: Mapping[str, _Proof]) -> None:
        """Keep the receipts: beside the bytes that they are for, or by themselves where those bytes are lost."""
        now, name = clock.now(), self._terminal.name
        own = [row for row in moved if proofs[row.uid].of_kept_bytes]
        queue.keep_receipts(tx, [ReceiptDraft(row.id, proofs[row.uid].receipt) for row in own], now)
        drafts = [
            RecoveredDraft(row.uid, name, proofs[row.uid].receipt, proofs[row.uid].received_at, row.id)
            for row in moved
            if not proofs[row.uid].of_kept_bytes
        ]
        queue.add_recovered(tx, drafts, now)

    def _proofs(self, asked: Mapping[str, ShipmentRow | None]) -> dict[str, _Proof]:
        """Ask for receipts, and return those that verify, by id; of the others a technical record is made."""
        # Most pages of the statement bring nothing new, and then nothing is asked.
        if not asked:
            return {}
        receipts = self._contact.line.ask(list(asked))
        proofs = {}
        for uid, raw in receipts.items():
            try:
                if raw is not None:
                    proofs[uid] = self._prove(uid, raw, asked[uid])
            except ReceiptFault as error:
                self._unproved = self._unproved or error
                error.incident = record_incident(self._terminal.home, error)
                self._found.append(ItemResult(None, None, "rejected", error.code, error.incident, error.facts))
        return proofs

    def _prove(self, uid: str, raw: bytes, kept: ShipmentRow | None) -> _Proof:
        if kept is not None:
            label = label_of(kept)
            # Other bytes may have left under this id in the lost time. Then the receipt proves those.
            if read_receipt(raw).envelope_digest == label.digest:
                return _Proof(raw, self._verifier.verify(raw, label).received_at, of_kept_bytes=True)
        receipt = self._verifier.verify_without_envelope(
            raw, message_id=uid, sender=self._terminal.identity.name, municipality=self._contact.endpoint.municipality
        )
        return _Proof(raw, receipt.received_at, of_kept_bytes=False)

    def _record_done(self) -> None:
        detail: dict[str, str | int] = {
            "peer": self._contact.endpoint.name,
            "count": self.recovered,
            "unknown": self.lost,
        }
        with self._terminal.database.writing() as tx:
            self._log(tx, [self._entry(Event.RECOVERY_DONE, None, detail)])

    def _recovered_entry(self, row: MessageRow, former: MessageRow) -> EntryDraft:
        detail: dict[str, str | int] = {"revision": row.revision, "from": str(former.state), "version": row.version}
        return self._entry(Event.MESSAGE_RECOVERED, row.uid, detail)

    def _entry(self, event: Event, about: str | None, detail: dict[str, str | int]) -> EntryDraft:
        return EntryDraft(event, self._session.person_id, self._session.id, about, Result.DONE, detail)

    def _log(self, tx: Connection, entries: Sequence[EntryDraft]) -> None:
        self._terminal.log.append_many(tx, entries)


def lost_item(uid: str, reference: str | None, received_at: datetime) -> ItemResult:
    """Return a message that only the peer has, as a person reads it."""
    day = received_at.astimezone(clock.JAPAN).strftime("%Y-%m-%d %H:%M")
    facts = {"id": uid, "reference": reference or "-", "received_at": day}
    return ItemResult(None, reference, "lost", MessageLost.code, None, facts)


def _recovered_item(row: MessageRow, former: MessageRow) -> ItemResult:
    # Approved content left as it was approved. Anything else was changed or decided in the lost time.
    code = None if former.approved else ContentUnproved.code
    return ItemResult(row.id, row.reference, "recovered", code, None, {"reference": row.reference} if code else {})
