"""What the agency does with a terminal's requests, apart from how they come in (PROTOCOL.md, 6)."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from transport import wire
from transport.agency import texts
from transport.agency.database import Incoming, Kept, Ledger, Outgoing, TerminalRecord, Unanswered
from transport.agency.home import AgencyHome
from transport.agency.validation import judge
from transport.errors import AgencyTerminalUnknown, EnvelopeFault, ReceiptFault
from transport.evidence.envelope import SUITE, Envelope, Opened, Opener, Purpose, Sealer
from transport.evidence.receipts import issue_receipts, verify_receipt
from transport.evidence.witness import issue_witness
from transport.parties.identity import Identity, newest_in_force
from transport.problems import Problem

_FROM_TERMINAL: Final = frozenset({Purpose.MESSAGE})


class Service:
    """Takes in, keeps, receipts, judges and answers; one for all terminals and all threads."""

    def __init__(self, home: AgencyHome, ledger: Ledger) -> None:
        self._home = home
        self._ledger = ledger

    def status(self, terminal: TerminalRecord, now: datetime) -> dict[str, Any]:
        """Say who this is, for which municipality the terminal counts, and what time it is here."""
        return {
            "protocol": wire.PROTOCOL,
            "name": self._home.identity(now).name,
            "municipality": terminal.municipality,
            "time": wire.to_time(now),
            "suites": [SUITE],
        }

    def take_in(self, terminal: TerminalRecord, envelopes: Sequence[bytes], now: datetime) -> list[bytes]:
        """Keep what is right, refuse what is not, item by item: return the receipt of each, or the problem with it.

        The receipts are durable when this returns.
        """
        # One look at the keys for a whole batch: they may change between two of them.
        opener = self._opener(terminal, now)
        read = [self._read(raw) for raw in envelopes]
        known = self._ledger.known(terminal.name, [one.id for one in read if isinstance(one, Envelope)])
        examined = [
            self._examine(one, opener, now) if isinstance(one, Envelope) and one.id not in known else one
            for one in read
        ]
        opened = [one for one in examined if isinstance(one, Opened)]
        incoming = _receipted(opened, opener.recipient, now, terminal.municipality)
        with self._ledger.writing():
            kept = known | self._ledger.keep(terminal.name, incoming)
            return [self._settle(terminal, one, kept, now) for one in examined]

    def receipts(self, terminal: TerminalRecord, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Tell for each id the receipt that was given, byte for byte, or null."""
        known = self._ledger.known(terminal.name, ids)
        return [{"id": one, "receipt": wire.to_base64(known[one].receipt) if one in known else None} for one in ids]

    def feed(self, terminal: TerminalRecord, after: int, limit: int, now: datetime) -> dict[str, Any]:
        """Return a page of the terminal's feed, with the results of what came in until now.

        Results are made here, when they are asked for: what was received is durable, and what is judged later is judged
        the same.
        """
        self._answer(terminal, limit, now)
        rows = self._ledger.feed(terminal.name, after, limit + 1)
        page = [{"position": position, "envelope": wire.to_base64(raw)} for position, raw in rows[:limit]]
        more = len(rows) > limit or bool(page and self._ledger.unanswered(terminal.name, 1))
        return {"items": page, "more": more}

    def acknowledge(self, terminal: TerminalRecord, items: Sequence[tuple[int, bytes]]) -> list[dict[str, Any]]:
        """Keep the terminal's receipts for items of its feed."""
        checked = [(position, receipt, self._check(terminal, position, receipt)) for position, receipt in items]
        with self._ledger.writing():
            for position, receipt, problem in checked:
                if problem is None:
                    self._ledger.acknowledge(terminal.name, position, receipt)
        return [{"position": at, "problem": problem.to_wire() if problem else None} for at, _, problem in checked]

    def witness(self, terminal: TerminalRecord, number: int, checkpoint: str, now: datetime) -> dict[str, Any]:
        """Sign the checkpoint when it is above every one seen before; repeat the word about the highest otherwise."""
        identity = self._home.identity(now)
        word = issue_witness(
            terminal.name, terminal.municipality, number=number, checkpoint=checkpoint, witness=identity, now=now
        )
        with self._ledger.writing():
            kept = self._ledger.witness(terminal.name, number, checkpoint, word)
        if (kept.number, kept.checkpoint) != (number, checkpoint):
            self._home.record_incident("log_behind")
        return {"witness": wire.to_base64(kept.word)}

    def sealer(self, terminal: TerminalRecord, now: datetime) -> Sealer:
        """Return what seals for the terminal's identity in force. Raises AgencyTerminalUnknown."""
        current = newest_in_force(terminal.versions, now)
        if current is None:
            raise AgencyTerminalUnknown(municipality=terminal.municipality)
        return Sealer(self._home.identity(now), current.public, terminal.municipality, self._home.settings.version)

    def _opener(self, terminal: TerminalRecord, now: datetime) -> Opener:
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
        self, terminal: TerminalRecord, one: Opened | Envelope | Problem, kept: Mapping[str, Kept], now: datetime
    ) -> bytes:
        """Say what became of the item, within the transaction that keeps it: a duplicate is a success."""
        if isinstance(one, Problem):
            return wire.encode(one.to_wire())
        envelope = one.envelope if isinstance(one, Opened) else one
        if kept[envelope.id].digest == envelope.digest:
            return kept[envelope.id].receipt
        self._ledger.alarm(terminal.name, envelope.id, envelope.digest, now)
        conflict = texts.problem("id_conflict", self._home.record_incident("id_conflict"))
        return wire.encode(conflict.to_wire())

    def _answer(self, terminal: TerminalRecord, limit: int, now: datetime) -> None:
        outstanding = self._ledger.unanswered(terminal.name, limit)
        if not outstanding:
            return
        sealer = self.sealer(terminal, now)
        answers = [(message.number, _sealed_result(sealer, message, now)) for message in outstanding]
        with self._ledger.writing():
            for number, outgoing in answers:
                self._ledger.answer(terminal.name, number, outgoing)

    def _check(self, terminal: TerminalRecord, position: int, receipt: bytes) -> Problem | None:
        """Return what is wrong with the terminal's receipt for the item at `position`, or None."""
        raw = self._ledger.envelope_at(terminal.name, position)
        if raw is None:
            return texts.problem("position_unknown", self._home.record_incident("position_unknown"))
        try:
            verify_receipt(receipt, envelope=Envelope.read(raw), signers=terminal.versions)
        except ReceiptFault as error:
            return self._problem(error)
        return None

    def _problem(self, error: EnvelopeFault | ReceiptFault) -> Problem:
        field = error.facts.get("place") or error.facts.get("field") or "-"
        return texts.problem(error.code, self._home.record_incident(error.code, error), field)


def _receipted(opened: Sequence[Opened], recipient: Identity, now: datetime, municipality: str) -> list[Incoming]:
    """Do all that is left to do and needs no transaction: judge the contents, sign the receipts."""
    receipts = issue_receipts(opened, recipient=recipient, received_at=now)
    judged = [judge(one.content, municipality) for one in opened]
    return [
        Incoming(
            id=one.envelope.id,
            digest=one.envelope.digest,
            envelope=one.envelope.raw,
            receipt=receipt,
            received_at=now,
            kind=verdict.kind,
            reference=verdict.reference,
            refusal=verdict.refusal,
        )
        for one, receipt, verdict in zip(opened, receipts, judged, strict=True)
    ]


def _sealed_result(sealer: Sealer, message: Unanswered, now: datetime) -> Outgoing:
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
