"""What the agency does with the requests of terminals (PROTOCOL.md, 6). `server` is how they arrive."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from transport import wire
from transport.agency import texts
from transport.agency.database import AgencyDatabase
from transport.agency.home import AgencyHome
from transport.agency.records import Incoming, KnownMessage, Outgoing, TerminalRecord, Unanswered
from transport.agency.validation import validate
from transport.errors import AgencyTerminalUnknown, EnvelopeFault, ReceiptFault
from transport.evidence.envelope import SUITE, Envelope, Opened, Opener, Purpose, Sealer
from transport.evidence.holdings import Inquiry, Statement
from transport.evidence.receipts import issue_receipts, verify_receipt
from transport.evidence.witness import issue_witness
from transport.parties.identity import Identity, newest_in_force
from transport.problems import Problem

_FROM_TERMINAL: Final = frozenset({Purpose.MESSAGE})


class Service:
    """Receives messages, stores them with receipts, and answers them. One service for all terminals and threads."""

    def __init__(self, home: AgencyHome, database: AgencyDatabase) -> None:
        self._home = home
        self._database = database

    def status(self, terminal: TerminalRecord, now: datetime) -> dict[str, Any]:
        """Return who this agency is, for which municipality the terminal is registered, and the agency's time."""
        return {
            "protocol": wire.PROTOCOL,
            "name": self._home.identity(now).name,
            "municipality": terminal.municipality,
            "time": wire.to_time(now),
            "suites": [SUITE],
        }

    def take_in(self, terminal: TerminalRecord, envelopes: Sequence[bytes], now: datetime) -> list[bytes]:
        """Store what is right and refuse what is not, item by item; return for each its receipt or its problem.

        The receipts are durable when this returns.
        """
        # The keys are read once for a whole batch: they may change between two batches.
        opener = self._opener(terminal, now)
        items = [self._read(raw) for raw in envelopes]
        known = self._database.known(terminal.name, [item.id for item in items if isinstance(item, Envelope)])
        # A known id is not opened again: its digest alone decides between the same receipt and a conflict.
        examined = [
            self._examine(item, opener, now) if isinstance(item, Envelope) and item.id not in known else item
            for item in items
        ]
        opened = [item for item in examined if isinstance(item, Opened)]
        # Everything slow, above all the public-key work, is done before the database is held for writing.
        incoming = _prepare(opened, opener.recipient, now, terminal.municipality)
        with self._database.writing():
            stored = known | self._database.keep(terminal.name, incoming)
            return [self._settle(terminal, item, stored, now) for item in examined]

    def receipts(self, terminal: TerminalRecord, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Return for each id the receipt that was given, byte for byte, or null."""
        known = self._database.known(terminal.name, ids)
        return [
            {"id": message_id, "receipt": wire.to_base64(known[message_id].receipt) if message_id in known else None}
            for message_id in ids
        ]

    def feed(self, terminal: TerminalRecord, after: int, limit: int, now: datetime) -> dict[str, Any]:
        """Return a page of the terminal's feed, including the results of the messages received until now.

        Results are made here, when they are asked for. Nothing can be lost by that: the verdict is stored with the
        message, so a result that is made later says the same.
        """
        self._answer(terminal, limit, now)
        rows, more = self._database.feed(terminal.name, after, limit)
        page = [{"position": position, "envelope": wire.to_base64(raw)} for position, raw in rows]
        # Messages without a result will fill further pages. An empty page must not promise more (PROTOCOL.md, 6.4).
        more = more or bool(page and self._database.unanswered(terminal.name, 1))
        return {"items": page, "more": more}

    def acknowledge(self, terminal: TerminalRecord, items: Sequence[tuple[int, bytes]]) -> list[dict[str, Any]]:
        """Store the terminal's receipts for items of its feed; return for each position the problem, or null."""
        checked = [(position, receipt, self._check(terminal, position, receipt)) for position, receipt in items]
        with self._database.writing():
            for position, receipt, problem in checked:
                if problem is None:
                    self._database.acknowledge(terminal.name, position, receipt)
        return [{"position": at, "problem": problem.to_wire() if problem else None} for at, _, problem in checked]

    def witness(self, terminal: TerminalRecord, number: int, checkpoint: str, now: datetime) -> dict[str, Any]:
        """Sign the checkpoint if it is above all seen before; otherwise repeat the statement about the highest."""
        # Signed before it is known to be needed: the public-key work stays outside the transaction.
        identity = self._home.identity(now)
        statement = issue_witness(
            terminal.name, terminal.municipality, number=number, checkpoint=checkpoint, witness=identity, now=now
        )
        with self._database.writing():
            highest = self._database.witness(terminal.name, number, checkpoint, statement)
        # A lower number, or another digest under the same number: the terminal's log was rolled back.
        if (highest.number, highest.checkpoint) != (number, checkpoint):
            self._home.record_incident("log_behind")
        return {"witness": wire.to_base64(highest.statement)}

    def holdings(self, terminal: TerminalRecord, asked: Inquiry, now: datetime) -> dict[str, Any]:
        """State, signed and sealed, which messages of the terminal are stored."""
        held = self._database.held(terminal.name, asked)
        # One more message than asked for shows whether anything follows.
        statement = Statement(held[: asked.limit], more=len(held) > asked.limit)
        envelope = self.sealer(terminal, now).seal(
            statement.to_bytes(asked), message_id=uuid.uuid4().hex, purpose=Purpose.HOLDINGS, created_at=now
        )
        return {"envelope": wire.to_base64(envelope.raw)}

    def sealer(self, terminal: TerminalRecord, now: datetime) -> Sealer:
        """Return a sealer for the terminal's identity in force. Raises AgencyTerminalUnknown."""
        current = newest_in_force(terminal.versions, now)
        if current is None:
            raise AgencyTerminalUnknown(municipality=terminal.municipality)
        return Sealer(self._home.identity(now), current.public, terminal.municipality, self._home.settings.version)

    def _opener(self, terminal: TerminalRecord, now: datetime) -> Opener:
        # All identities of the agency: an envelope may be sealed to a former key, or to a coming one.
        identity, others = self._home.identity(now), self._home.keys.identities()
        return Opener(identity, terminal.versions, terminal.municipality, _FROM_TERMINAL, others)

    def _read(self, raw: bytes) -> Envelope | Problem:
        try:
            return Envelope.read(raw)
        except EnvelopeFault as error:
            return self._problem(error)

    def _examine(self, envelope: Envelope, opener: Opener, now: datetime) -> Opened | Problem:
        try:
            return opener.verify(envelope, now=now)
        except EnvelopeFault as error:
            return self._problem(error)

    def _settle(
        self,
        terminal: TerminalRecord,
        item: Opened | Envelope | Problem,
        stored: Mapping[str, KnownMessage],
        now: datetime,
    ) -> bytes:
        """Return the answer for an item, within the transaction that stores it. A duplicate is a success."""
        if isinstance(item, Problem):
            return wire.encode(item.to_wire())
        envelope = item.envelope if isinstance(item, Opened) else item
        if stored[envelope.id].digest == envelope.digest:
            return stored[envelope.id].receipt
        # Another envelope under a known id: the first one stands, and people have to compare both (PROTOCOL.md, 6.2).
        self._database.alarm(terminal.name, envelope.id, envelope.digest, now)
        conflict = texts.problem("id_conflict", self._home.record_incident("id_conflict"))
        return wire.encode(conflict.to_wire())

    def _answer(self, terminal: TerminalRecord, limit: int, now: datetime) -> None:
        """Put the results of at most `limit` unanswered messages into the terminal's feed."""
        unanswered = self._database.unanswered(terminal.name, limit)
        # Most requests for the feed find nothing to do, and then need no write transaction.
        if not unanswered:
            return
        sealer = self.sealer(terminal, now)
        results = [(message.number, _seal_result(sealer, message, now)) for message in unanswered]
        with self._database.writing():
            for number, outgoing in results:
                self._database.answer(terminal.name, number, outgoing)

    def _check(self, terminal: TerminalRecord, position: int, receipt: bytes) -> Problem | None:
        """Return what is wrong with the terminal's receipt for the item at `position`, or None."""
        raw = self._database.envelope_at(terminal.name, position)
        if raw is None:
            return texts.problem("position_unknown", self._home.record_incident("position_unknown"))
        try:
            verify_receipt(receipt, envelope=Envelope.read(raw), signers=terminal.versions)
        except ReceiptFault as error:
            return self._problem(error)
        return None

    def _problem(self, error: EnvelopeFault | ReceiptFault) -> Problem:
        # The code of the error is the code on the wire: the tables of PROTOCOL.md, sections 4 and 5, name these.
        field = error.facts.get("place") or error.facts.get("field") or "-"
        return texts.problem(error.code, self._home.record_incident(error.code, error), field)


def _prepare(opened: Sequence[Opened], recipient: Identity, now: datetime, municipality: str) -> list[Incoming]:
    """Validate the contents and sign the receipts, which needs no transaction."""
    # A message gets its receipt whether its content is accepted or not: received and accepted are two facts.
    receipts = issue_receipts(opened, recipient=recipient, received_at=now)
    verdicts = [validate(item.content, municipality, now) for item in opened]
    return [
        Incoming(
            id=item.envelope.id,
            digest=item.envelope.digest,
            envelope=item.envelope.raw,
            receipt=receipt,
            received_at=now,
            kind=verdict.kind,
            reference=verdict.reference,
            refusal=verdict.refusal,
        )
        for item, receipt, verdict in zip(opened, receipts, verdicts, strict=True)
    ]


def _seal_result(sealer: Sealer, message: Unanswered, now: datetime) -> Outgoing:
    """Seal the result of a message (PROTOCOL.md, 6.4): accepted, or refused with code, cause and remedy."""
    content: dict[str, Any] = {
        "message": message.id,
        "kind": message.kind,
        "reference": message.reference,
        "outcome": "refused" if message.refusal else "accepted",
        "code": None,
        "cause": None,
        "remedy": None,
    }
    if message.refusal is not None:
        cause, remedy = texts.refusal(message.refusal.code, message.refusal.field)
        content |= {"code": message.refusal.code, "cause": cause.to_wire(), "remedy": remedy.to_wire()}
    result_id = uuid.uuid4().hex
    envelope = sealer.seal(wire.encode(content), message_id=result_id, purpose=Purpose.RESULT, created_at=now)
    return Outgoing(result_id, envelope.raw)
