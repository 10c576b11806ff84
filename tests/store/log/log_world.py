"""A terminal's log with its keys, grown by chance, and the way around the program to its bare bytes."""

import json
import random
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from store import clock
from store.database import Database
from store.log import (
    EntryDraft,
    Event,
    Log,
    Occasion,
    Result,
    SigningKeys,
    Verification,
    WitnessRow,
    checkpoints,
    newest,
)
from store.log.bundle import parts, plan
from store.log.signing_keys import key_text

TERMINAL: Final = "t-131041-01"
SECOND: Final = "t-131041-02"
NOON: Final = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
UIDS: Final = [f"{number:032x}" for number in range(1, 9)]
MARKS: Final = (10, 25, 31, 47, 60)
"""The entries at which checkpoints stand."""
ENTRIES: Final = 66
STEADY: Final = (timedelta(),) * (len(MARKS) + 1)
STEPPED: Final = (
    timedelta(),
    timedelta(days=3650),
    timedelta(),
    timedelta(hours=8),
    timedelta(seconds=2),
    timedelta(days=-1),
)
"""How far the clock is wrong before each checkpoint and after the last one."""
STEP: Final = Event.CLOCK_STEPPED.value
SEEDS: Final = range(3)


@dataclass
class House:
    """A terminal's log with its keys, and the way around the program to its bare bytes."""

    home: Path
    chance: random.Random

    @property
    def keys(self) -> Path:
        return self.home / "keys"

    @property
    def signing_keys(self) -> SigningKeys:
        return SigningKeys(self.keys)

    @property
    def log(self) -> Log:
        return Log(TERMINAL, self.signing_keys)

    @property
    def database(self) -> Database:
        return Database.open(f"sqlite:///{self.home}/log.sqlite")

    def bare(self) -> sqlite3.Connection:
        bare = sqlite3.connect(self.home / "log.sqlite", isolation_level=None)
        for verb in ("UPDATE", "DELETE"):
            bare.execute(f"DROP TRIGGER IF EXISTS log_entry_stands_{verb}")
        return bare

    def guard_again(self) -> None:
        """Put the guards back, as somebody who hides the traces would."""
        with sqlite3.connect(self.home / "log.sqlite") as bare:
            for verb in ("UPDATE", "DELETE"):
                bare.execute(
                    f"CREATE TRIGGER IF NOT EXISTS log_entry_stands_{verb} BEFORE {verb} ON log_entry "
                    "BEGIN SELECT RAISE(ABORT, 'log entries are never changed'); END"
                )
        bare.close()

    def grow(self, entries: int, start: datetime) -> None:
        """Append so many entries, those about steps of the clock among them, a second apart."""
        database = self.database
        with database.reading() as reading:
            end = newest(reading) + entries
        for number in range(entries):
            event, result = self.chance.choice(
                [
                    (Event.MESSAGE_READ, Result.DONE),
                    (Event.MESSAGE_APPROVED, Result.DONE),
                    (Event.ACCESS_DENIED, Result.REFUSED),
                ]
            )
            draft = EntryDraft(event, "op-101", UIDS[0], self.chance.choice(UIDS), result, {"revision": number})
            with database.writing() as tx:
                if newest(tx) >= end:
                    break
                self.log.append_many(tx, [draft], now=start + timedelta(seconds=number))
        database.close()

    def mark(self, cause: Occasion = Occasion.ACTIVITY) -> None:
        database = self.database
        with database.writing() as tx:
            made = self.log.checkpoint(tx, cause)
        database.close()
        if made is not None:
            self.log.erase_used(made)

    def verify(self) -> Verification:
        database = self.database
        with database.reading() as reading:
            result = self.log.check_tables(reading, self.log.verify(reading))
        with database.writing() as tx:
            result = self.log.complete(tx, result)
        database.close()
        return result

    def entry(self, low: int = 2, high: int = ENTRIES - 1) -> int:
        return self.chance.randint(low, high)

    def ordinary(self, low: int = 2, high: int = ENTRIES - 1) -> int:
        """Return the number of an entry that tells of no step of the clock."""
        bare = self.bare()
        steps = {seq for (seq,) in bare.execute("SELECT seq FROM log_entry WHERE event = ?", (STEP,))}
        bare.close()
        return self.chance.choice([seq for seq in range(low, high + 1) if seq not in steps])


class Neighbour(House):
    """The same log as a second terminal has it, that was let in."""

    @property
    def keys(self) -> Path:
        return self.home / "other-keys"

    @property
    def log(self) -> Log:
        return Log(SECOND, self.signing_keys, origin=House(self.home, self.chance).log.origin)


def let_in(house: House, now: datetime) -> Neighbour:
    """Let the second terminal in, with keys that are made for it."""
    other = Neighbour(house.home, house.chance)
    root = SigningKeys.create(other.keys).root
    database = house.database
    with database.writing() as tx:
        detail = {"terminal": SECOND, "content": sha256(root).hexdigest()}
        house.log.append(tx, Event.TERMINAL_ADMITTED, actor="ka-301", session=None, detail=detail, now=now)
        made = house.log.admit(tx, SECOND, root)
    database.close()
    house.log.erase_used(made)
    return other


def make_house(home: Path, drifts: Sequence[timedelta] = STEADY) -> House:
    """Make a terminal's log at `home`: entries with checkpoints at MARKS, and some after the last one.

    `drifts`: how far the clock is wrong in each of these parts.
    """
    home.mkdir(mode=0o700)
    Database.create(f"sqlite:///{home}/log.sqlite").close()
    SigningKeys.create(home / "keys")
    house = House(home, random.Random(0))
    at = 0
    for mark, drift in zip((*MARKS, ENTRIES), drifts, strict=True):
        house.grow(mark - at, NOON + timedelta(minutes=mark) + drift)
        at = mark
        if mark != ENTRIES:
            house.mark()
    return house


def proved_before(seq: int) -> int:
    """Return the entry of the last checkpoint before entry `seq`."""
    return max((mark for mark in MARKS if mark < seq), default=0)


def keep_witness(house: House, number: int, digest: bytes) -> None:
    """Store the peer's word, as the next exchange does."""
    database = house.database
    with database.writing() as tx:
        checkpoints.add_witness(tx, WitnessRow(number, digest, "agency", b"", NOON))
    database.close()


def export(house: House, medium: Path, number: int, after: int, previous: str | None) -> Path:
    database = house.database
    with database.reading() as reading:
        bundle = plan(reading, TERMINAL, house.log.origin, number=number, after=after, previous=previous)
        made = medium / bundle.name
        made.mkdir(parents=True)
        for part in parts(reading, bundle, []):
            (made / part.name).write_bytes(b"".join(part.pieces))
    database.close()
    return made


# ── The chain as somebody would mend it after changing it ─────────────────────────────────────────


def bodies(bare: sqlite3.Connection) -> list[dict[str, Any]]:
    """Return the entries with all their members, as they were hashed."""
    found = []
    previous = bytes(32).hex()
    for body, digest, seq, at, *names in bare.execute(
        "SELECT body, hash, seq, at, event, actor, session, object, result FROM log_entry ORDER BY seq"
    ):
        columns = dict(zip(("event", "actor", "session", "object", "result"), names, strict=True))
        time = clock.to_text(clock.from_microseconds(at))
        found.append({"seq": seq, "at": time, "prev": previous, **columns, **json.loads(body)})
        previous = digest.hex()
    return found


def encode(body: dict[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


def write(bare: sqlite3.Connection, seq: int, body: dict[str, Any], raw: bytes | None = None) -> bytes:
    raw = raw or encode(body)
    at = (datetime.fromisoformat(body["at"]) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    copies = [body[name] for name in ("event", "actor", "session", "object", "result")]
    digest = sha256(raw).digest()
    bare.execute("INSERT OR REPLACE INTO log_entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (seq, raw, digest, at, *copies))
    return digest


def rewrite(bare: sqlite3.Connection, wanted: list[dict[str, Any]]) -> list[bytes]:
    """Write the whole chain anew, numbers, times and hashes consistent, as if it had always been so."""
    bare.execute("DELETE FROM log_entry")
    hashes, previous, at = [], bytes(32), ""
    for seq, body in enumerate(wanted, start=1):
        timed = _timed(body, at)
        at = timed["at"]
        previous = write(bare, seq, {**timed, "seq": seq, "prev": previous.hex()})
        hashes.append(previous)
    return hashes


def _timed(body: dict[str, Any], before: str) -> dict[str, Any]:
    """Return an entry with a time that may follow `before`: later, or a step that is told rightly."""
    if body["event"] != STEP:
        return {**body, "at": max(before, body["at"])}
    at = body["at"]
    if at >= before:
        at = clock.to_text(datetime.fromisoformat(before) - timedelta(seconds=2))
    return {**body, "at": at, "detail": {"clock_after": at, "clock_before": before}}


def rebuild(house: House, change: Callable[[list[dict[str, Any]]], object]) -> None:
    bare = house.bare()
    wanted = bodies(bare)
    change(wanted)
    rewrite(bare, wanted)
    bare.close()


def forged_mark(bare: sqlite3.Connection, number: int, key: Ed25519PrivateKey, **fields: Any) -> None:
    """Sign checkpoint `number` over the chain as it is, with a key of the attacker's choice."""
    kept = json.loads(bare.execute("SELECT body FROM log_checkpoint WHERE number = ?", (number,)).fetchone()[0])
    digest = bare.execute("SELECT hash FROM log_entry WHERE seq = ?", (fields.get("seq", kept["seq"]),)).fetchone()[0]
    before = bare.execute("SELECT body FROM log_checkpoint WHERE number = ?", (number - 1,)).fetchone()
    previous = sha256(before[0]).hexdigest() if before else "0" * 64
    own = key_text(key.public_key().public_bytes_raw())
    body = encode({**kept, "hash": digest.hex(), "prev": previous, "key": own, **fields})
    bare.execute(
        "UPDATE log_checkpoint SET body = ?, seq = ?, signature = ? WHERE number = ?",
        (body, json.loads(body)["seq"], key.sign(body), number),
    )


def stolen(path: Path) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(path.read_bytes())
