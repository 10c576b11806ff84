"""The agency's own database: terminals, messages with their receipts, feeds, alarms. Durable before anything is said.

Every write is one `BEGIN IMMEDIATE` transaction under WAL with synchronous=FULL; a receipt is sent only after the
commit that holds it.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from transport import wire
from transport.agency.validation import Rejection
from transport.errors import AgencyTerminalKnown, AgencyUnsafe, AgencyVersionUnknown
from transport.parties.identity import DatedIdentity, PublicIdentity, bounded

VERSION: Final = 2
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
_Named = tuple[str | None, str | None]
"""By which a message is known to both sides: kind and reference."""


@dataclass(frozen=True, slots=True)
class TerminalRecord:
    """A registered terminal with all its dated identities."""

    name: str
    municipality: str
    versions: tuple[DatedIdentity, ...]


class Incoming(NamedTuple):
    """A verified message as it is to be kept."""

    id: str
    digest: str
    envelope: bytes
    receipt: bytes
    received_at: datetime
    kind: str | None
    reference: str | None
    refusal: Rejection | None


class Kept(NamedTuple):
    """What is kept under an id: the digest of the envelope and the receipt given for it."""

    digest: str
    receipt: bytes


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A message whose result is not in the feed yet."""

    number: int
    id: str
    kind: str | None
    reference: str | None
    refusal: Rejection | None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An envelope for a terminal's feed; a notice has its reference and the digest of its content."""

    id: str
    envelope: bytes
    reference: str | None = None
    content_digest: str | None = None


@dataclass(frozen=True, slots=True)
class Witnessed:
    """The highest checkpoint that a terminal has shown, and the word that was given about it."""

    number: int
    checkpoint: str
    word: bytes


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the agency holds: messages, distinct ones (kind and reference), id conflicts, feed items acknowledged."""

    messages: int
    distinct: int
    alarms: int
    acknowledged: int


class Ledger:
    """The database, used by all threads in turn; other processes may write to it at the same time."""

    def __init__(self, path: Path) -> None:
        """Open the database at `path`. Raises AgencyUnsafe, AgencyVersionUnknown."""
        # Reentrant, so that what reads may also be called within `writing`.
        self._turn = threading.RLock()
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
            # An envelope with its receipt has some 5 kB: three fill a page, where of 8 kB each would leave half empty.
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
        """Hold the database for one transaction: all of it is durable at the end, or nothing of it happened."""
        with self._turn:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                self._terminals = None
                raise
            self._db.execute("COMMIT")

    def register(
        self, public: PublicIdentity, municipality: str, valid_from: datetime, valid_to: datetime | None
    ) -> None:
        """Register a terminal's identity, or change its period. Raises AgencyTerminalKnown; within `writing`."""
        for (other,) in self._db.execute(
            "SELECT municipality FROM terminal WHERE name = ? AND municipality <> ? UNION ALL "
            "SELECT municipality FROM terminal WHERE fingerprint = ? AND name <> ?",
            (public.name, municipality, public.fingerprint, public.name),
        ):
            raise AgencyTerminalKnown(municipality=other)
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

        They are read anew only when somebody else has written to the database: each request asks who is calling.
        """
        with self._turn:
            written = int(self._db.execute("PRAGMA data_version").fetchone()[0])
            if self._terminals is None or self._terminals[0] != written:
                self._terminals = written, self._read_terminals()
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
        """Have the message `reference` refused with `code` when it comes; within `writing`."""
        self._db.execute("INSERT OR REPLACE INTO rule VALUES (?, ?)", (reference, code))

    def known(self, terminal: str, ids: Iterable[str]) -> dict[str, Kept]:
        """Return what is kept under each of `ids`, for those under which something is."""
        with self._turn:
            found = self._db.execute(
                "SELECT id, digest, receipt FROM message WHERE terminal = ? AND id IN (SELECT value FROM json_each(?))",
                (terminal, json.dumps(list(ids))),
            ).fetchall()
        return {message_id: Kept(digest, receipt) for message_id, digest, receipt in found}

    def keep(self, terminal: str, incoming: Sequence[Incoming]) -> dict[str, Kept]:
        """Keep messages unless their ids are known; return what is kept under those ids now. Within `writing`."""
        judged = self._ruled(terminal, incoming)
        done = self._db.executemany(
            "INSERT INTO message"
            " (terminal, id, digest, envelope, receipt, received_at, kind, reference, refusal, field) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (terminal, id) DO NOTHING",
            (_row(terminal, one, refusal) for one, refusal in zip(incoming, judged, strict=True)),
        )
        if done.rowcount == len(incoming):
            return {one.id: Kept(one.digest, one.receipt) for one in incoming}
        return self.known(terminal, [one.id for one in incoming])

    def alarm(self, terminal: str, message_id: str, digest: str, at: datetime) -> None:
        """Note that another envelope came under a known id; within `writing`."""
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
        done = self._db.execute("UPDATE message SET answered = 1 WHERE number = ? AND answered = 0", (number,))
        if done.rowcount == 1:
            self.put(terminal, outgoing)

    def put(self, terminal: str, outgoing: Outgoing) -> None:
        """Put an envelope at the end of a terminal's feed; within `writing`."""
        self._db.execute(
            "INSERT INTO feed (terminal, position, id, reference, content_digest, envelope) "
            "SELECT ?, COALESCE(MAX(position), 0) + 1, ?, ?, ?, ? FROM feed WHERE terminal = ?",
            (terminal, outgoing.id, outgoing.reference, outgoing.content_digest, outgoing.envelope, terminal),
        )

    def notice_digest(self, terminal: str, reference: str | None) -> str | None:
        """Return the digest of the content that was posted as the notice `reference`; within `writing`."""
        row = self._db.execute(
            "SELECT content_digest FROM feed WHERE terminal = ? AND reference = ?", (terminal, reference)
        ).fetchone()
        return str(row[0]) if row else None

    def feed(self, terminal: str, after: int, limit: int) -> list[tuple[int, bytes]]:
        """Return positions and envelopes of a terminal's feed beyond `after`, in order."""
        with self._turn:
            return self._db.execute(
                "SELECT position, envelope FROM feed WHERE terminal = ? AND position > ? ORDER BY position LIMIT ?",
                (terminal, after, limit),
            ).fetchall()

    def envelope_at(self, terminal: str, position: int) -> bytes | None:
        """Return the envelope at a position of a terminal's feed."""
        with self._turn:
            row = self._db.execute(
                "SELECT envelope FROM feed WHERE terminal = ? AND position = ?", (terminal, position)
            ).fetchone()
        return bytes(row[0]) if row else None

    def acknowledge(self, terminal: str, position: int, receipt: bytes) -> None:
        """Keep the terminal's receipt; the first one stands. Within `writing`."""
        self._db.execute(
            "UPDATE feed SET receipt = ? WHERE terminal = ? AND position = ? AND receipt IS NULL",
            (receipt, terminal, position),
        )

    def witness(self, terminal: str, number: int, checkpoint: str, word: bytes) -> Witnessed:
        """Keep the word about a checkpoint above all seen before; return what is kept then. Within `writing`."""
        self._db.execute(
            "INSERT INTO witness VALUES (?, ?, ?, ?) ON CONFLICT (terminal) DO UPDATE SET number = excluded.number, "
            "checkpoint = excluded.checkpoint, word = excluded.word WHERE excluded.number > witness.number",
            (terminal, number, checkpoint, word),
        )
        row = self._db.execute("SELECT number, checkpoint, word FROM witness WHERE terminal = ?", (terminal,))
        return Witnessed(*row.fetchone())

    def received(self) -> Holdings:
        """Count what is held."""
        with self._turn:
            row = self._db.execute(
                "SELECT (SELECT COUNT(*) FROM message),"
                " (SELECT COUNT(*) FROM (SELECT DISTINCT terminal, kind, COALESCE(reference, id) FROM message)),"
                " (SELECT COUNT(*) FROM alarm), (SELECT COUNT(*) FROM feed WHERE receipt IS NOT NULL)"
            ).fetchone()
        return Holdings(*row)

    def _ruled(self, terminal: str, incoming: Sequence[Incoming]) -> Iterator[Rejection | None]:
        """Yield why each message is refused: by its shape, by a rehearsal rule, or as one that was taken already."""
        right = [(one.kind, one.reference) for one in incoming if one.refusal is None]
        rules, taken = self._rules(right), self._taken(terminal, right)
        for one in incoming:
            named = one.kind, one.reference
            if one.refusal is not None:
                yield one.refusal
            elif one.reference in rules:
                yield Rejection(rules[one.reference])
            elif named in taken:
                yield Rejection("reference_known", "reference")
            else:
                taken.add(named)
                yield None

    def _rules(self, named: Sequence[_Named]) -> dict[str | None, str]:
        """Return the rehearsal rules for those messages: with which code a reference is refused."""
        references = json.dumps([reference for _, reference in named])
        return dict(
            self._db.execute(
                "SELECT reference, refusal FROM rule WHERE reference IN (SELECT value FROM json_each(?))", (references,)
            )
        )

    def _taken(self, terminal: str, named: Sequence[_Named]) -> set[_Named]:
        """Return the kinds and references, out of those, under which a message was accepted."""
        return set(
            self._db.execute(
                "SELECT kind, reference FROM json_each(?) AS named CROSS JOIN message"
                " ON terminal = ? AND kind = json_extract(named.value, '$[0]')"
                " AND reference = json_extract(named.value, '$[1]') AND refusal IS NULL",
                (json.dumps(named), terminal),
            )
        )

    def _make_durable(self) -> None:
        self._db.execute("PRAGMA synchronous = FULL")
        # A whole batch stays in memory until its commit, and the log is brought home after many of them.
        self._db.execute("PRAGMA cache_size = -16384")
        self._db.execute("PRAGMA wal_autocheckpoint = 4000")
        wanted = {"journal_mode": "wal", "synchronous": 2}
        for setting, value in wanted.items():
            if self._db.execute(f"PRAGMA {setting}").fetchone()[0] != value:
                raise AgencyUnsafe(setting=setting)

    def _check_version(self) -> None:
        found = self._db.execute("PRAGMA user_version").fetchone()[0]
        if found != VERSION:
            raise AgencyVersionUnknown(found=str(found), known=str(VERSION))


def _row(terminal: str, one: Incoming, refusal: Rejection | None) -> tuple[object, ...]:
    return (
        terminal,
        one.id,
        one.digest,
        one.envelope,
        one.receipt,
        wire.to_time(one.received_at),
        one.kind,
        one.reference,
        refusal.code if refusal else None,
        refusal.field if refusal else "-",
    )
