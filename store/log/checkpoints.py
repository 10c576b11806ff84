"""Checkpoints: signed marks in the chain. Nobody can later change what lies before one.

A checkpoint names an entry and its hash, the checkpoint before it, the public key that signed it, the public key of the
same terminal's next one, and the keys of the other terminals where several share the log. Its body is canonical JSON in
ASCII. The signature (Ed25519, 64 raw bytes) is over exactly these bytes, so `openssl pkeyutl -verify -rawin` checks it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, Index, Row, func, insert, select
from sqlmodel import Field, SQLModel

from store import clock
from store.errors import LadderBroken, LogBroken, TerminalNotAdmitted
from store.log.entries import ENTRIES, FIRST_PREVIOUS
from store.log.signing_keys import SigningKeys, key_from_text, key_text
from store.log.terminals import RETIRED, from_texts, to_texts
from store.schema import UtcMoment, table

FORMAT: Final = 1
"""The version of the body's format, its `v`, while only one terminal writes the log."""
SHARED_FORMAT: Final = 2
"""The version of a body that also names the keys of other terminals."""
ALGORITHM: Final = "ed25519"
# Rows per page: the walk along a long log holds few checkpoints in memory at a time.
_PAGE: Final = 256
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
# Enough for hundreds of terminals. A body may come from a medium, and JSON takes many times its size in memory.
_MOST_BODY_BYTES: Final = 64 * 1024
_encode: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode


class Occasion(StrEnum):
    """Why a checkpoint was made."""

    CREATED = "created"
    ACTIVITY = "activity"
    LOG_OFF = "log_off"
    EXCHANGE = "exchange"
    EXPORT = "export"
    START = "start"
    STOP = "stop"
    ADMITTED = "admitted"  # Another terminal was admitted, with the key that will sign its first checkpoint.
    RETIRED = "retired"  # Another terminal signs no more.
    RESUMED = "resumed"  # Two persons went on after a roll-back or the loss of the keys, with new signing keys.


class LogCheckpoint(SQLModel, table=True):
    """A checkpoint as stored. `number` goes up by one; it jumps only where two persons went on after a roll-back."""

    __tablename__ = "log_checkpoint"

    number: int = Field(primary_key=True)
    seq: int
    body: bytes
    signature: bytes

    # Exports and pruning look a checkpoint up by its entry. The index is not unique, because `resume` makes another
    # checkpoint even where one already signs the newest entry.
    __table_args__ = (Index("log_checkpoint_seq", "seq"),)


class LogWitness(SQLModel, table=True):
    """The peer's signed word that it saw checkpoint `number`; its `statement` is stored as it came."""

    __tablename__ = "log_witness"

    number: int = Field(primary_key=True)
    digest: bytes
    peer: str
    statement: bytes
    at: datetime = Field(sa_type=UtcMoment)


CHECKPOINTS: Final = table(LogCheckpoint)
WITNESSES: Final = table(LogWitness)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint: the exact bytes, their signature, and their content.

    `hash` is the hash of the entry `seq`, `previous` the digest of the checkpoint before. `key` and `next_key` have 32
    bytes each. `others`: by terminal, the key that will sign that terminal's next checkpoint.
    """

    body: bytes
    signature: bytes
    number: int
    seq: int
    hash: bytes
    previous: bytes
    key: bytes
    next_key: bytes
    terminal: str
    cause: str
    at: str
    others: Mapping[str, bytes]

    @property
    def next_keys(self) -> dict[str, bytes]:
        """By terminal, the key that will sign its next checkpoint; RETIRED for a terminal that signs no more."""
        return {**self.others, self.terminal: self.next_key}

    @property
    def digest(self) -> bytes:
        """SHA-256 of the body. The next checkpoint and the peer's witness name it."""
        return sha256(self.body).digest()

    @property
    def resumed(self) -> bool:
        """Whether two persons went on here after a roll-back."""
        return self.cause == Occasion.RESUMED


@dataclass(frozen=True, slots=True)
class WitnessRow:
    """The peer's word as stored: which checkpoint it saw, and its signed statement."""

    number: int
    digest: bytes
    peer: str
    statement: bytes
    at: datetime


def read(body: object, signature: object) -> Checkpoint | None:
    """Return the checkpoint in these bytes, or None when they are none. The signature is not verified."""
    # A tampered database may give any type here: SQLite stores a text in a column of bytes.
    if not isinstance(body, bytes) or not isinstance(signature, bytes) or len(body) > _MOST_BODY_BYTES:
        return None
    try:
        fields = json.loads(body.decode("ascii"))
        made = _checkpoint(fields, body, signature)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    # Bytes must have one meaning: encoding them again refuses doubled keys, other spellings and unknown members.
    return made if made is not None and _body(fields) == body else None


def latest(reading: Connection) -> Checkpoint | None:
    """Return the newest checkpoint, or None. An unreadable one counts as none; verification is what names it."""
    row = reading.execute(_columns().order_by(CHECKPOINTS.c.number.desc()).limit(1)).one_or_none()
    return None if row is None else read(row.body, row.signature)


def at_entry(reading: Connection, seq: int) -> Checkpoint | None:
    """Return the last checkpoint that signs entry `seq`, or None."""
    statement = _columns().where(CHECKPOINTS.c.seq == seq).order_by(CHECKPOINTS.c.number.desc()).limit(1)
    row = reading.execute(statement).one_or_none()
    return None if row is None else read(row.body, row.signature)


def numbered(reading: Connection, number: int) -> Checkpoint | None:
    """Return checkpoint `number`, or None."""
    row = reading.execute(_columns().where(CHECKPOINTS.c.number == number)).one_or_none()
    return None if row is None else read(row.body, row.signature)


def before(reading: Connection, number: int) -> Checkpoint | None:
    """Return the last checkpoint below `number`, or None."""
    statement = _columns().where(CHECKPOINTS.c.number < number).order_by(CHECKPOINTS.c.number.desc()).limit(1)
    row = reading.execute(statement).one_or_none()
    return None if row is None else read(row.body, row.signature)


def since(reading: Connection, number: int) -> Iterator[Row[Any]]:
    """Yield the stored rows (number, seq, body, signature) from `number` on, in order, page by page."""
    at_least = number
    while True:
        statement = _columns().where(CHECKPOINTS.c.number >= at_least).order_by(CHECKPOINTS.c.number).limit(_PAGE)
        rows = list(reading.execute(statement))
        yield from rows
        if len(rows) < _PAGE:
            return
        at_least = rows[-1].number + 1


def make(
    tx: Connection, keys: SigningKeys, terminal_id: str, cause: Occasion, *, now: datetime | None = None
) -> Checkpoint | None:
    """Sign the newest entry inside the writing transaction `tx`; None when the last checkpoint already signs it.

    Call `keys.erase_below(number + 1)` as soon as the transaction is durable. Raises LadderBroken when the key that the
    terminal's last checkpoint named is gone, LogBroken when signed entries are, TerminalNotAdmitted, KeyFileExposed,
    KeyFileDamaged.
    """
    return _sign_next(tx, keys, _Signing(terminal_id, cause, now or clock.now()))


def change(
    tx: Connection, keys: SigningKeys, terminal_id: str, cause: Occasion, changed: Mapping[str, bytes]
) -> Checkpoint:
    """Sign the newest entry, which records the change, and name the keys in `changed`. Raises as `make`."""
    made = _sign_next(tx, keys, _Signing(terminal_id, cause, clock.now(), changed))
    # None would mean that nothing was appended since the last checkpoint: a change of keys without a record.
    assert made is not None, "an entry has to record the change"
    return made


def resume(tx: Connection, keys: SigningKeys, terminal_id: str) -> Checkpoint:
    """Sign the newest entry with a fresh key, under a number above all that were used or witnessed.

    Only for two persons who go on after a roll-back; the checkpoint says so for ever. Raises TerminalNotAdmitted.
    """
    last = latest(tx)
    if last is not None and last.next_keys.get(terminal_id, RETIRED) == RETIRED:
        raise TerminalNotAdmitted(terminal=terminal_id)
    # The lost future may have had checkpoints that the peer saw or that another copy holds. Their numbers are never
    # used twice, or two different checkpoints with one number would look like a forgery.
    number = 1 + max(last.number if last else 0, keys.highest, tx.scalar(select(func.max(WITNESSES.c.number))) or 0)
    keys.prepare(number)
    tail = _tail(tx)
    assert tail is not None, "an entry has to record it"
    signing = _Signing(terminal_id, Occasion.RESUMED, clock.now())
    return _add(tx, keys, number, _Step(number, *tail, last, signing))


def add_witness(tx: Connection, witness: WitnessRow) -> None:
    """Store the peer's word, unless there is already one about the same checkpoint.

    The first word counts: a rolled-back terminal that asks again must not replace what the peer once saw.
    """
    known = tx.scalar(select(WITNESSES.c.number).where(WITNESSES.c.number == witness.number))
    if known is None:
        tx.execute(
            insert(WITNESSES),
            {
                "number": witness.number,
                "digest": witness.digest,
                "peer": witness.peer,
                "statement": witness.statement,
                "at": witness.at,
            },
        )


def last_witness(reading: Connection) -> WitnessRow | None:
    """Return the peer's word about the highest checkpoint that it saw, or None."""
    row = reading.execute(select(WITNESSES).order_by(WITNESSES.c.number.desc()).limit(1)).one_or_none()
    return None if row is None else WitnessRow(row.number, row.digest, row.peer, row.statement, row.at)


def witnesses(reading: Connection, first: int, last: int) -> list[WitnessRow]:
    """Return the peer's words about the checkpoints from number `first` to `last`."""
    statement = select(WITNESSES).where(WITNESSES.c.number.between(first, last)).order_by(WITNESSES.c.number)
    return [WitnessRow(row.number, row.digest, row.peer, row.statement, row.at) for row in reading.execute(statement)]


@dataclass(frozen=True, slots=True)
class _Signing:
    """Who signs, why and when; `changed` holds the keys of other terminals that this checkpoint changes."""

    terminal: str
    cause: Occasion
    now: datetime
    changed: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Step:
    """The content of the next checkpoint, before its keys are known."""

    number: int
    seq: int
    hash: bytes
    last: Checkpoint | None
    by: _Signing

    @property
    def others(self) -> dict[str, bytes]:
        """The keys of the other terminals."""
        known = {**(self.last.next_keys if self.last else {}), **self.by.changed}
        return {name: key for name, key in known.items() if name != self.by.terminal}


def _tail(tx: Connection) -> tuple[int, bytes] | None:
    """Return number and hash of the newest entry."""
    row = tx.execute(select(ENTRIES.c.seq, ENTRIES.c.hash).order_by(ENTRIES.c.seq.desc()).limit(1)).one_or_none()
    return None if row is None else (row.seq, row.hash)


def _sign_next(tx: Connection, keys: SigningKeys, signing: _Signing) -> Checkpoint | None:
    tail, last = _tail(tx), latest(tx)
    if tail is None or (last is not None and last.seq == tail[0]):
        return None
    if last is not None and last.seq > tail[0]:
        # Entries were cut away since that checkpoint. Signing what fills the hole would vouch for it.
        raise LogBroken(first_bad=tail[0] + 1)
    number = 1 if last is None else last.number + 1
    # Always the key that the chain itself names, never just the newest file: a key that nothing names proves nothing.
    expected = keys.root if last is None else last.next_keys.get(signing.terminal, RETIRED)
    if expected == RETIRED:
        raise TerminalNotAdmitted(terminal=signing.terminal)
    used = keys.number_of(expected)
    if used is None:
        raise LadderBroken(number=number)
    return _add(tx, keys, used, _Step(number, *tail, last, signing))


def _add(tx: Connection, keys: SigningKeys, used: int, step: _Step) -> Checkpoint:
    # The next key is on the disk before anything names it. A crash from here on leaves a key too many, never too few.
    key, next_key = keys.public(used), keys.prepare(step.number + 1)
    body = _body(
        {
            "at": clock.to_text(step.by.now),
            "cause": step.by.cause.value,
            "hash": step.hash.hex(),
            "key": key_text(key),
            "next": key_text(next_key),
            "number": step.number,
            "prev": (step.last.digest if step.last else FIRST_PREVIOUS).hex(),
            "seq": step.seq,
            "terminal": step.by.terminal,
            **({"others": to_texts(step.others)} if step.others else {}),
        }
    )
    # Reading it back with the verifier's own parser means that nothing can be stored that verification would refuse.
    made = read(body, keys.sign(used, body))
    assert made is not None
    row = {"number": made.number, "seq": made.seq, "body": made.body, "signature": made.signature}
    tx.execute(insert(CHECKPOINTS), row)
    return made


def _columns() -> Any:
    return select(CHECKPOINTS.c.number, CHECKPOINTS.c.seq, CHECKPOINTS.c.body, CHECKPOINTS.c.signature)


def _body(fields: dict[str, Any]) -> bytes:
    version = SHARED_FORMAT if "others" in fields else FORMAT
    return _encode({**fields, "v": version, "alg": ALGORITHM}).encode("ascii")


_MEMBERS: Final = frozenset({"alg", "at", "cause", "hash", "key", "next", "number", "prev", "seq", "terminal", "v"})


def _checkpoint(fields: dict[str, Any], body: bytes, signature: bytes) -> Checkpoint | None:
    key, next_key = key_from_text(fields["key"]), key_from_text(fields["next"])
    # type() and not isinstance(): JSON's true is an int for Python.
    whole = all(type(fields[name]) is int and fields[name] > 0 for name in ("number", "seq"))
    others = from_texts(fields["others"]) if "others" in fields else {}
    # Where there are no others the member is left out, so that the same keys have one spelling.
    if others is None or ("others" in fields) != bool(others) or fields["terminal"] in others:
        return None
    if fields.keys() - {"others"} != _MEMBERS or key is None or next_key is None or not whole:
        return None
    texts = [fields[name] for name in ("terminal", "cause", "at", "hash", "prev")]
    if not all(isinstance(text, str) for text in texts):
        return None
    if not all(_DIGEST.fullmatch(fields[name]) for name in ("hash", "prev")):
        return None
    return Checkpoint(
        body=body,
        signature=signature,
        number=fields["number"],
        seq=fields["seq"],
        hash=bytes.fromhex(fields["hash"]),
        previous=bytes.fromhex(fields["prev"]),
        key=key,
        next_key=next_key,
        terminal=fields["terminal"],
        cause=fields["cause"],
        at=fields["at"],
        others=others,
    )
