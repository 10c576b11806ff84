"""Checkpoints: signed marks in the chain. What lies before one cannot be changed by whoever comes later.

A checkpoint names the entry that it stands at and its hash, the checkpoint before it, the public key that signed it,
the public key of that terminal's next one, and the keys of the other terminals where several share the log. Its body is
canonical JSON, ASCII alone, and the signature (Ed25519, 64 raw bytes)
is over exactly these bytes: `openssl pkeyutl -verify -rawin` checks it.
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
from store.errors import LadderBroken, TerminalNotAdmitted
from store.log.entries import ENTRIES, FIRST_PREVIOUS
from store.log.signing_keys import SigningKeys, key_from_text, key_text
from store.log.terminals import RETIRED, from_texts, to_texts
from store.schema import UtcMoment, table

FORMAT: Final = 1
"""The version of the body's format, its `v`, where one terminal has the log to itself."""
SHARED_FORMAT: Final = 2
"""The version of a body that also names the keys of other terminals."""
ALGORITHM: Final = "ed25519"
_PAGE: Final = 256
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
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
    ADMITTED = "admitted"  # Another terminal was let in, by the key that its first checkpoint will be signed with.
    RETIRED = "retired"  # Another terminal signs no more.
    RESUMED = "resumed"  # Two persons went on after a roll-back or the loss of the keys: the ladder begins anew.


class LogCheckpoint(SQLModel, table=True):
    """A kept checkpoint. `number` goes up by one, and further only where two persons went on after a roll-back."""

    __tablename__ = "log_checkpoint"

    number: int = Field(primary_key=True)
    seq: int
    body: bytes
    signature: bytes

    __table_args__ = (Index("log_checkpoint_seq", "seq"),)


class LogWitness(SQLModel, table=True):
    """The peer's signed word that it saw checkpoint `number`; its `statement` is kept as it came."""

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
    """A checkpoint as kept: the exact bytes, their signature, and what they say.

    `hash`: of the entry at `seq`; `previous`: the digest of the checkpoint before; `key`, `next_key`: 32 bytes each.
    `others`: the keys that the other terminals' next checkpoints are signed with, by terminal.
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
    def ladders(self) -> dict[str, bytes]:
        """By terminal, the key that its next checkpoint is signed with; RETIRED for one that makes none."""
        return {**self.others, self.terminal: self.next_key}

    @property
    def digest(self) -> bytes:
        """SHA-256 of the body, which the next checkpoint and the peer's witness name."""
        return sha256(self.body).digest()

    @property
    def resumed(self) -> bool:
        """Whether two persons went on here after a roll-back."""
        return self.cause == Occasion.RESUMED


@dataclass(frozen=True, slots=True)
class WitnessRow:
    """What is kept of the peer's word: which checkpoint it saw, and its signed statement."""

    number: int
    digest: bytes
    peer: str
    statement: bytes
    at: datetime


def read(body: object, signature: object) -> Checkpoint | None:
    """Return the checkpoint that these bytes are, its signature not verified; None when they are none."""
    if not isinstance(body, bytes) or not isinstance(signature, bytes):
        return None
    try:
        said = json.loads(body.decode("ascii"))
        made = _checkpoint(said, body, signature)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    # Bytes must have one meaning: doubled keys, other spellings and unknown members are not taken.
    return made if made is not None and _body(said) == body else None


def latest(reading: Connection) -> Checkpoint | None:
    """Return the newest checkpoint, or None. One that cannot be read is as good as none: verifying names it."""
    row = reading.execute(_columns().order_by(CHECKPOINTS.c.number.desc()).limit(1)).one_or_none()
    return None if row is None else read(row.body, row.signature)


def at_entry(reading: Connection, seq: int) -> Checkpoint | None:
    """Return the last checkpoint that stands at entry `seq`, or None."""
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
    tx: Connection, ladder: SigningKeys, terminal_id: str, cause: Occasion, *, now: datetime | None = None
) -> Checkpoint | None:
    """Sign the newest entry inside the writing transaction `tx`; None when the last checkpoint stands there already.

    When the transaction is durable, `ladder.erase_below(number + 1)` is due. Raises LadderBroken when the key that the
    terminal's last checkpoint named is not there, KeyFileExposed, KeyFileDamaged.
    """
    return _sign_next(tx, ladder, _Signing(terminal_id, cause, now or clock.now()))


def change(
    tx: Connection, ladder: SigningKeys, terminal_id: str, cause: Occasion, changed: Mapping[str, bytes]
) -> Checkpoint:
    """Sign the newest entry, which tells of it, and name other keys for other terminals. Raises as `make`."""
    made = _sign_next(tx, ladder, _Signing(terminal_id, cause, clock.now(), changed))
    assert made is not None, "an entry has to tell of it"
    return made


def resume(tx: Connection, ladder: SigningKeys, terminal_id: str, *, now: datetime | None = None) -> Checkpoint:
    """Begin the terminal's ladder anew at the newest entry, above every number that was used or witnessed.

    Only for two persons who go on after a roll-back: the checkpoint says so for ever. Raises TerminalNotAdmitted.
    """
    last = latest(tx)
    if last is not None and last.ladders.get(terminal_id, RETIRED) == RETIRED:
        raise TerminalNotAdmitted(terminal=terminal_id)
    number = 1 + max(last.number if last else 0, ladder.highest, tx.scalar(select(func.max(WITNESSES.c.number))) or 0)
    ladder.prepare(number)
    tail = _tail(tx)
    assert tail is not None, "an entry has to tell of it"
    signing = _Signing(terminal_id, Occasion.RESUMED, now or clock.now())
    return _add(tx, ladder, number, _Step(number, *tail, last, signing))


def add_witness(tx: Connection, witness: WitnessRow) -> None:
    """Keep the peer's word; the first one about a checkpoint stands."""
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
    """Return what the peer said about the checkpoints from `first` to `last`."""
    statement = select(WITNESSES).where(WITNESSES.c.number.between(first, last)).order_by(WITNESSES.c.number)
    return [WitnessRow(row.number, row.digest, row.peer, row.statement, row.at) for row in reading.execute(statement)]


@dataclass(frozen=True, slots=True)
class _Signing:
    """Who signs, why and when; `changed`: the keys of other terminals that are not what they were."""

    terminal: str
    cause: Occasion
    now: datetime
    changed: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Step:
    """What the next checkpoint says."""

    number: int
    seq: int
    hash: bytes
    last: Checkpoint | None
    by: _Signing

    @property
    def others(self) -> dict[str, bytes]:
        """The keys of the other terminals."""
        known = {**(self.last.ladders if self.last else {}), **self.by.changed}
        return {name: key for name, key in known.items() if name != self.by.terminal}


def _tail(tx: Connection) -> tuple[int, bytes] | None:
    """Return number and hash of the newest entry."""
    row = tx.execute(select(ENTRIES.c.seq, ENTRIES.c.hash).order_by(ENTRIES.c.seq.desc()).limit(1)).one_or_none()
    return None if row is None else (row.seq, row.hash)


def _sign_next(tx: Connection, ladder: SigningKeys, signing: _Signing) -> Checkpoint | None:
    tail, last = _tail(tx), latest(tx)
    if tail is None or (last is not None and last.seq == tail[0]):
        return None
    number = 1 if last is None else last.number + 1
    expected = ladder.root if last is None else last.ladders.get(signing.terminal, RETIRED)
    if expected == RETIRED:
        raise TerminalNotAdmitted(terminal=signing.terminal)
    used = ladder.number_of(expected)
    if used is None:
        raise LadderBroken(number=number)
    return _add(tx, ladder, used, _Step(number, *tail, last, signing))


def _add(tx: Connection, ladder: SigningKeys, used: int, step: _Step) -> Checkpoint:
    # The next key is on the disk before anything names it; a crash from here on leaves a key too many, never too few.
    key, next_key = ladder.public(used), ladder.prepare(step.number + 1)
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
    made = read(body, ladder.sign(used, body))
    assert made is not None
    row = {"number": made.number, "seq": made.seq, "body": made.body, "signature": made.signature}
    tx.execute(insert(CHECKPOINTS), row)
    return made


def _columns() -> Any:
    return select(CHECKPOINTS.c.number, CHECKPOINTS.c.seq, CHECKPOINTS.c.body, CHECKPOINTS.c.signature)


def _body(said: dict[str, Any]) -> bytes:
    version = SHARED_FORMAT if "others" in said else FORMAT
    return _encode({**said, "v": version, "alg": ALGORITHM}).encode("ascii")


_MEMBERS: Final = frozenset({"alg", "at", "cause", "hash", "key", "next", "number", "prev", "seq", "terminal", "v"})


def _checkpoint(said: dict[str, Any], body: bytes, signature: bytes) -> Checkpoint | None:
    key, next_key = key_from_text(said["key"]), key_from_text(said["next"])
    whole = all(type(said[name]) is int and said[name] > 0 for name in ("number", "seq"))
    others = from_texts(said["others"]) if "others" in said else {}
    # Written without them where there are none: the same keys have one spelling.
    if others is None or ("others" in said) != bool(others) or said["terminal"] in others:
        return None
    if said.keys() - {"others"} != _MEMBERS or key is None or next_key is None or not whole:
        return None
    texts = [said[name] for name in ("terminal", "cause", "at", "hash", "prev")]
    if not all(isinstance(text, str) for text in texts):
        return None
    if not all(_DIGEST.fullmatch(said[name]) for name in ("hash", "prev")):
        return None
    return Checkpoint(
        body=body,
        signature=signature,
        number=said["number"],
        seq=said["seq"],
        hash=bytes.fromhex(said["hash"]),
        previous=bytes.fromhex(said["prev"]),
        key=key,
        next_key=next_key,
        terminal=said["terminal"],
        cause=said["cause"],
        at=said["at"],
        others=others,
    )
