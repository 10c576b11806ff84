"""The database of the agency: terminals, messages with their receipts, feeds, alarms.

Every write is one `BEGIN IMMEDIATE` transaction under WAL with synchronous=FULL. A receipt is sent only after the
commit that stores it, so the agency never claims to hold what a power failure could still take from it.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from transport import bounds, wire
from transport.agency.records import Holdings, Incoming, KnownMessage, Outgoing, TerminalRecord, Unanswered, Witnessed
from transport.agency.texts import Rejection
from transport.errors import AgencyTerminalKnown, AgencyUnsafe, AgencyVersionUnknown
from transport.evidence.holdings import Held, Inquiry
from transport.parties.identity import DatedIdentity, PublicIdentity, bounded

VERSION: Final = 2
# How long a write waits for another process, such as a command that posts notices while the agency serves.
_BUSY_SECONDS: Final = 10.0
_SCHEMA: Final = """
CREATE TABLE terminal (
    fingerprint TEXT PRIMARY KEY, name TEXT NOT NULL, municipality TEXT NOT NULL, identity TEXT NOT NULL,
    valid_from TEXT NOT NULL, valid_to TEXT
) STRICT;
CREATE TABLE message (
    number INTEGER PRIMARY KEY, terminal TEXT NOT NULL, id TEXT NOT NULL, digest TEXT NOT NULL,
    envelope BLOB NOT NULL, receipt BLOB NOT NULL, received_at TEXT NOT NULL, kind TEXT, reference TEXT,
    refusal TEXT, field TEXT NOT NULL, answered INTEGER NOT NULL DEFAULT 0, UNIQUE (terminal, id)
) STRICT;
CREATE INDEX message_reference ON message (terminal, kind, reference);
CREATE INDEX message_unanswered ON message (terminal, number) WHERE answered = 0;
CREATE TABLE feed (
    terminal TEXT NOT NULL, position INTEGER NOT NULL, id TEXT NOT NULL, reference TEXT, content_digest TEXT,
    envelope BLOB NOT NULL, receipt BLOB, PRIMARY KEY (terminal, position)
) STRICT;
CREATE UNIQUE INDEX feed_notice ON feed (terminal, reference) WHERE reference IS NOT NULL;
CREATE TABLE alarm (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, terminal TEXT NOT NULL, id TEXT NOT NULL, digest TEXT NOT NULL
) STRICT;
CREATE TABLE witness (
    terminal TEXT PRIMARY KEY, number INTEGER NOT NULL, checkpoint TEXT NOT NULL, word BLOB NOT NULL
) STRICT;
CREATE TABLE rule (reference TEXT PRIMARY KEY, refusal TEXT NOT NULL) STRICT;
"""
# The JSON around an envelope in an answer: names, position, padding.
_MOST_AROUND_ENVELOPE: Final = 64
_Name = tuple[str | None, str | None]
"""Kind and reference, by which people on both sides know a message."""


class AgencyDatabase:
    """The database, which all threads use in turn. Other processes may write to it at the same time."""

    def __init__(self, path: Path) -> None:
        """Open the database at `path`. Raises AgencyUnsafe, AgencyVersionUnknown."""
        # Reentrant, so that methods that read may also be called within `writing`.
        self._turn = threading.RLock()
        # The registered terminals, with the `data_version` of the database at which they were read.
        self._terminals: tuple[int, tuple[TerminalRecord, ...]] | None = None
        self._db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            self._make_durable()
            self._check_version()
        except BaseException:
            self._db.close()
            raise

    @classmethod
    def create(cls, path: Path) -> None:
        """Make an empty database at `path`."""
        path.touch(mode=0o600, exist_ok=False)
        db = sqlite3.connect(path, isolation_level=None)
        try:
            # An envelope with its receipt has some 5 kB. Three of them fill a page of 16 kB; on pages of 8 kB, each
            # would leave nearly half of its page empty.
            db.execute("PRAGMA page_size = 16384")
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
        finally:
            db.close()

    def close(self) -> None:
        """Close the database."""
        with self._turn:
            self._db.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the database for one transaction: at the end all of it is durable, or none of it happened."""
        with self._turn:
            # IMMEDIATE: a transaction that reads first and then writes would fail at once, whatever the busy timeout,
            # if another process wrote in between.
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                # The terminals may have been read within this transaction, with a registration that never happened.
                self._terminals = None
                raise
            self._db.execute("COMMIT")

    def register(
        self, public: PublicIdentity, municipality: str, valid_from: datetime, valid_to: datetime | None
    ) -> None:
        """Register a terminal's identity, or change its period. Raises AgencyTerminalKnown; within `writing`."""
        # A name has one municipality and a certificate one name: the certificate decides whose messages these are.
        for (other,) in self._db.execute(
            "SELECT municipality FROM terminal WHERE name = ? AND municipality <> ? UNION ALL "
            "SELECT municipality FROM terminal WHERE fingerprint = ? AND name <> ?",
            (public.name, municipality, public.fingerprint, public.name),
        ):
            raise AgencyTerminalKnown(municipality=other)
        # `data_version` does not change with the writes of our own connection.
        self._terminals = None
        self._db.execute(
            "INSERT INTO terminal VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (fingerprint) DO UPDATE SET "
            "identity = excluded.identity, valid_from = excluded.valid_from, valid_to = excluded.valid_to",
            (
                public.fingerprint,
                public.name,
                municipality,
                public.to_json(),
                wire.to_time(valid_from),
                wire.to_time(valid_to) if valid_to else None,
            ),
        )

    def terminals(self) -> tuple[TerminalRecord, ...]:
        """Return all registered terminals with all their identities.

        Every request needs them to learn who is calling. They are therefore remembered, and read again only after
        another connection has written to the database, which saves a twentieth of a millisecond each time.
        """
        with self._turn:
            version = int(self._db.execute("PRAGMA data_version").fetchone()[0])
            if self._terminals is None or self._terminals[0] != version:
                self._terminals = version, self._read_terminals()
            return self._terminals[1]

    def _read_terminals(self) -> tuple[TerminalRecord, ...]:
        rows = self._db.execute(
            "SELECT name, municipality, fingerprint, identity, valid_from, valid_to FROM terminal "
            "ORDER BY name, valid_from"
        ).fetchall()
        versions: dict[tuple[str, str], list[DatedIdentity]] = {}
        for name, municipality, fingerprint, identity, since, until in rows:
            dated = DatedIdentity(
                fingerprint[:16],
                PublicIdentity.from_json(identity),
                wire.from_time(since, "valid_from"),
                wire.from_time(until, "valid_to") if until else None,
            )
            versions.setdefault((name, municipality), []).append(dated)
        return tuple(
            TerminalRecord(name, municipality, bounded(dated)) for (name, municipality), dated in versions.items()
        )

    def refuse(self, reference: str, code: str) -> None:
        """Have the message `reference` refused with `code` when it arrives; within `writing`."""
        self._db.execute("INSERT OR REPLACE INTO rule VALUES (?, ?)", (reference, code))

    def known(self, terminal: str, ids: Iterable[str]) -> dict[str, KnownMessage]:
        """Return what is stored under `ids`, by id; ids under which nothing is stored are left out."""
        # One query for a whole batch, with the same text for any number of ids.
        with self._turn:
            rows = self._db.execute(
                "SELECT id, digest, receipt FROM message WHERE terminal = ? AND id IN (SELECT value FROM json_each(?))",
                (terminal, json.dumps(list(ids))),
            ).fetchall()
        return {message_id: KnownMessage(digest, receipt) for message_id, digest, receipt in rows}

    def keep(self, terminal: str, incoming: Sequence[Incoming]) -> dict[str, KnownMessage]:
        """Store messages whose ids are new; return what is stored under all their ids now. Within `writing`."""
        # DO NOTHING lets the first envelope under an id stand, also when the same id is twice in one batch or another
        # connection has stored it since `known` looked.
        refusals = self._refusals(terminal, incoming)
        done = self._db.executemany(
            "INSERT INTO message"
            " (terminal, id, digest, envelope, receipt, received_at, kind, reference, refusal, field) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (terminal, id) DO NOTHING",
            (_row(terminal, message, refusal) for message, refusal in zip(incoming, refusals, strict=True)),
        )
        # Normally all of them are new. Only otherwise does it take another query to learn what stands under the ids.
        if done.rowcount == len(incoming):
            return {message.id: KnownMessage(message.digest, message.receipt) for message in incoming}
        return self.known(terminal, [message.id for message in incoming])

    def held(self, terminal: str, asked: Inquiry) -> tuple[Held, ...]:
        """Return the messages of a terminal that are asked for, and one more if there is one."""
        with self._turn:
            rows = self._db.execute(
                "SELECT number, id, received_at, kind, reference FROM message"
                " WHERE terminal = ? AND received_at >= ? AND number > ? ORDER BY number LIMIT ?",
                (terminal, wire.to_time(asked.since), asked.after, asked.limit + 1),
            ).fetchall()
        return tuple(
            Held(number, message_id, wire.from_time(received_at, "received_at"), kind, reference)
            for number, message_id, received_at, kind, reference in rows
        )

    def alarm(self, terminal: str, message_id: str, digest: str, at: datetime) -> None:
        """Record that another envelope arrived under a known id; within `writing`."""
        self._db.execute(
            "INSERT INTO alarm (at, terminal, id, digest) VALUES (?, ?, ?, ?)",
            (wire.to_time(at), terminal, message_id, digest),
        )

    def unanswered(self, terminal: str, limit: int) -> list[Unanswered]:
        """Return the oldest messages whose results are not in the feed yet."""
        with self._turn:
            rows = self._db.execute(
                "SELECT number, id, kind, reference, refusal, field FROM message "
                "WHERE terminal = ? AND answered = 0 ORDER BY number LIMIT ?",
                (terminal, limit),
            ).fetchall()
        return [
            Unanswered(number, message_id, kind, reference, Rejection(code, field) if code else None)
            for number, message_id, kind, reference, code, field in rows
        ]

    def answer(self, terminal: str, number: int, outgoing: Outgoing) -> None:
        """Put the result of message `number` into the feed unless it is there already; within `writing`."""
        # Two requests may have sealed a result for the same message at the same time. Only one may enter the feed.
        done = self._db.execute("UPDATE message SET answered = 1 WHERE number = ? AND answered = 0", (number,))
        if done.rowcount == 1:
            self.put(terminal, outgoing)

    def put(self, terminal: str, outgoing: Outgoing) -> None:
        """Append an envelope to a terminal's feed; within `writing`."""
        self._db.execute(
            "INSERT INTO feed (terminal, position, id, reference, content_digest, envelope) "
            "SELECT ?, COALESCE(MAX(position), 0) + 1, ?, ?, ?, ? FROM feed WHERE terminal = ?",
            (terminal, outgoing.id, outgoing.reference, outgoing.content_digest, outgoing.envelope, terminal),
        )

    def notice_digest(self, terminal: str, reference: str | None) -> str | None:
        """Return the digest of the content that was posted as notice `reference`, or None; within `writing`."""
        row = self._db.execute(
            "SELECT content_digest FROM feed WHERE terminal = ? AND reference = ?", (terminal, reference)
        ).fetchone()
        return str(row[0]) if row else None

    def feed(self, terminal: str, after: int, limit: int) -> tuple[list[tuple[int, bytes]], bool]:
        """Return at most `limit` positions and envelopes of a terminal's feed beyond position `after`, in order.

        They are as many as fit in one answer. The second value tells whether more follow.
        """
        page: list[tuple[int, bytes]] = []
        size = 0
        # Row by row, so that a feed of large envelopes is never in memory at once.
        with self._turn, closing(self._db.cursor()) as rows:
            # One more row than asked for shows whether anything follows.
            rows.execute(
                "SELECT position, envelope FROM feed WHERE terminal = ? AND position > ? ORDER BY position LIMIT ?",
                (terminal, after, limit + 1),
            )
            for position, envelope in rows:
                size += len(envelope) * 4 // 3 + _MOST_AROUND_ENVELOPE
                if len(page) == limit or size > bounds.MOST_BODY_BYTES:
                    return page, True
                page.append((position, envelope))
        return page, False

    def envelope_at(self, terminal: str, position: int) -> bytes | None:
        """Return the envelope at a position of a terminal's feed."""
        with self._turn:
            row = self._db.execute(
                "SELECT envelope FROM feed WHERE terminal = ? AND position = ?", (terminal, position)
            ).fetchone()
        return bytes(row[0]) if row else None

    def acknowledge(self, terminal: str, position: int, receipt: bytes) -> None:
        """Store the terminal's receipt unless there is one already. Within `writing`."""
        self._db.execute(
            "UPDATE feed SET receipt = ? WHERE terminal = ? AND position = ? AND receipt IS NULL",
            (receipt, terminal, position),
        )

    def witness(self, terminal: str, number: int, checkpoint: str, statement: bytes) -> Witnessed:
        """Store the statement if the checkpoint is above all before; return what is stored now. Within `writing`."""
        # The comparison is in the statement itself: a lower checkpoint can never replace a higher one.
        self._db.execute(
            "INSERT INTO witness VALUES (?, ?, ?, ?) ON CONFLICT (terminal) DO UPDATE SET number = excluded.number, "
            "checkpoint = excluded.checkpoint, word = excluded.word WHERE excluded.number > witness.number",
            (terminal, number, checkpoint, statement),
        )
        row = self._db.execute("SELECT number, checkpoint, word FROM witness WHERE terminal = ?", (terminal,))
        return Witnessed(*row.fetchone())

    def received(self) -> Holdings:
        """Count what the agency holds."""
        with self._turn:
            row = self._db.execute(
                "SELECT (SELECT COUNT(*) FROM message),"
                " (SELECT COUNT(*) FROM (SELECT DISTINCT terminal, kind, COALESCE(reference, id) FROM message)),"
                " (SELECT COUNT(*) FROM alarm), (SELECT COUNT(*) FROM feed WHERE receipt IS NOT NULL)"
            ).fetchone()
        return Holdings(*row)

    def _refusals(self, terminal: str, incoming: Sequence[Incoming]) -> Iterator[Rejection | None]:
        """Yield for each message why it is refused, or None.

        The reasons are its shape, a rehearsal rule, and an accepted message with the same kind and reference.
        """
        valid = [(message.kind, message.reference) for message in incoming if message.refusal is None]
        rules, accepted = self._rules(valid), self._accepted(terminal, valid)
        for message in incoming:
            name = message.kind, message.reference
            if message.refusal is not None:
                yield message.refusal
            elif message.reference in rules:
                yield Rejection(rules[message.reference])
            elif name in accepted:
                yield Rejection("reference_known", "reference")
            else:
                # The same reference may come again within this batch, which is not in the database yet.
                accepted.add(name)
                yield None

    def _rules(self, names: Sequence[_Name]) -> dict[str | None, str]:
        """Return the rehearsal rules for these messages: the code with which each reference is refused."""
        references = json.dumps([reference for _, reference in names])
        return dict(
            self._db.execute(
                "SELECT reference, refusal FROM rule WHERE reference IN (SELECT value FROM json_each(?))", (references,)
            )
        )

    def _accepted(self, terminal: str, names: Sequence[_Name]) -> set[_Name]:
        """Return those of `names` under which a message was accepted."""
        # CROSS JOIN makes SQLite begin with the few names and look each up in the index, not scan the messages.
        return set(
            self._db.execute(
                "SELECT kind, reference FROM json_each(?) AS named CROSS JOIN message"
                " ON terminal = ? AND kind = json_extract(named.value, '$[0]')"
                " AND reference = json_extract(named.value, '$[1]') AND refusal IS NULL",
                (json.dumps(names), terminal),
            )
        )

    def _make_durable(self) -> None:
        # FULL syncs the write-ahead log at each commit. With NORMAL, a power failure may take commits whose receipts
        # were sent already.
        self._db.execute("PRAGMA synchronous = FULL")
        # A whole batch stays in memory until its commit, and the write-ahead log is checkpointed after many batches.
        self._db.execute("PRAGMA cache_size = -16384")
        self._db.execute("PRAGMA wal_autocheckpoint = 4000")
        # Some file systems cannot do WAL; SQLite then goes on without it and reports no error.
        required = {"journal_mode": "wal", "synchronous": 2}
        for setting, value in required.items():
            if self._db.execute(f"PRAGMA {setting}").fetchone()[0] != value:
                raise AgencyUnsafe(setting=setting)

    def _check_version(self) -> None:
        # A rehearsal database is prepared afresh rather than migrated.
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version != VERSION:
            raise AgencyVersionUnknown(found=str(version), known=str(VERSION))


def _row(terminal: str, message: Incoming, refusal: Rejection | None) -> tuple[object, ...]:
    return (
        terminal,
        message.id,
        message.digest,
        message.envelope,
        message.receipt,
        wire.to_time(message.received_at),
        message.kind,
        message.reference,
        refusal.code if refusal else None,
        refusal.field if refusal else "-",
    )
