"""Everything that somebody might do to the log, each in many seeded variants, and what is found of it.

The database is the attacker's: triggers are dropped, rows written by the bare engine. What is expected is the first
entry that cannot be trusted any more: the very one where the chain itself breaks, else the first after the last
checkpoint that still holds.
"""

import base64
import json
import os
import random
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from store.database import Database
from store.log import Cause, Draft, Event, Flaw, Ladder, Log, Result, Verification, Witness, checkpoints, pruning
from store.log.bundle import bundles_in, parts, plan, verify_bundle
from store.log.ladder import key_text

TERMINAL: Final = "t-131041-01"
NOON: Final = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
UIDS: Final = [f"{number:032x}" for number in range(1, 9)]
MARKS: Final = (10, 25, 31, 47, 60)
"""The entries at which checkpoints stand."""
ENTRIES: Final = 66
SEEDS: Final = range(3)
HISTORIES: Final = int(os.environ.get("RENKEI_HISTORIES", "12"))


@dataclass
class House:
    """A terminal's log with its keys, and the way around the program to its bare bytes."""

    home: Path
    chance: random.Random

    @property
    def ladder(self) -> Ladder:
        return Ladder(self.home / "keys")

    @property
    def log(self) -> Log:
        return Log(TERMINAL, self.ladder)

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
        database = self.database
        for number in range(entries):
            event, result = self.chance.choice(
                [
                    (Event.MESSAGE_READ, Result.DONE),
                    (Event.MESSAGE_APPROVED, Result.DONE),
                    (Event.ACCESS_DENIED, Result.REFUSED),
                ]
            )
            draft = Draft(event, "op-101", UIDS[0], self.chance.choice(UIDS), result, {"revision": number})
            with database.writing() as tx:
                self.log.append_many(tx, [draft], now=start + timedelta(seconds=number))
        database.close()

    def mark(self, cause: Cause = Cause.ACTIVITY) -> None:
        database = self.database
        with database.writing() as tx:
            made = self.log.checkpoint(tx, cause)
        database.close()
        if made is not None:
            self.log.erase_used(made)

    def verify(self) -> Verification:
        database = self.database
        with database.reading() as reading:
            found = self.log.verify(reading)
        with database.writing() as tx:
            found = self.log.complete(tx, found)
        database.close()
        return found

    def entry(self, low: int = 2, high: int = ENTRIES - 1) -> int:
        return self.chance.randint(low, high)


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("grown") / "house"
    home.mkdir(mode=0o700)
    Database.create(f"sqlite:///{home}/log.sqlite").close()
    Ladder.create(home / "keys")
    house = House(home, random.Random(0))
    at = 0
    for mark in (*MARKS, ENTRIES):
        house.grow(mark - at, NOON + timedelta(minutes=mark))
        at = mark
        if mark != ENTRIES:
            house.mark()
    return home


@pytest.fixture(params=SEEDS)
def house(grown: Path, tmp_path: Path, request: pytest.FixtureRequest) -> House:
    return House(Path(shutil.copytree(grown, tmp_path / "house")), random.Random(request.param))


def proved_before(seq: int) -> int:
    """Return the entry of the last checkpoint before entry `seq`."""
    return max((mark for mark in MARKS if mark < seq), default=0)


# ── The chain as somebody would mend it after changing it ─────────────────────────────────────────


def bodies(bare: sqlite3.Connection) -> list[dict[str, Any]]:
    return [json.loads(body) for (body,) in bare.execute("SELECT body FROM log_entry ORDER BY seq")]


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
        at = max(at, body["at"])
        previous = write(bare, seq, {**body, "seq": seq, "prev": previous.hex(), "at": at})
        hashes.append(previous)
    return hashes


def rebuild(house: House, change: Callable[[list[dict[str, Any]]], object]) -> None:
    bare = house.bare()
    wanted = bodies(bare)
    change(wanted)
    rewrite(bare, wanted)
    bare.close()


def forged_mark(bare: sqlite3.Connection, number: int, key: Ed25519PrivateKey, **said: Any) -> None:
    """Sign checkpoint `number` over the chain as it is, with a key of the attacker's choice."""
    kept = json.loads(bare.execute("SELECT body FROM log_checkpoint WHERE number = ?", (number,)).fetchone()[0])
    digest = bare.execute("SELECT hash FROM log_entry WHERE seq = ?", (said.get("seq", kept["seq"]),)).fetchone()[0]
    before = bare.execute("SELECT body FROM log_checkpoint WHERE number = ?", (number - 1,)).fetchone()
    previous = sha256(before[0]).hexdigest() if before else "0" * 64
    own = key_text(key.public_key().public_bytes_raw())
    body = encode({**kept, "hash": digest.hex(), "prev": previous, "key": own, **said})
    bare.execute(
        "UPDATE log_checkpoint SET body = ?, seq = ?, signature = ? WHERE number = ?",
        (body, json.loads(body)["seq"], key.sign(body), number),
    )


def stolen(path: Path) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(path.read_bytes())


# ── Tampering: each returns the first entry that must be named ────────────────────────────────────

Tampering = Callable[[House], int]


def edit(field: str, value: Callable[[House], Any]) -> Tampering:
    """Change one field of one entry, its copy and its own hash."""

    def tamper(house: House) -> int:
        bare, seq = house.bare(), house.entry()
        body = bodies(bare)[seq - 1]
        write(bare, seq, {**body, field: value(house)})
        bare.close()
        # What follows no longer names this hash. A time that runs ahead breaks there as well.
        return seq + 1

    return tamper


def edit_hash(house: House) -> int:
    bare, seq = house.bare(), house.entry()
    bare.execute("UPDATE log_entry SET hash = ? WHERE seq = ?", (house.chance.randbytes(32), seq))
    bare.close()
    return seq


def edit_and_mend_the_chain(house: House) -> int:
    seq = house.entry(2, MARKS[-1])
    rebuild(house, lambda wanted: wanted[seq - 1].update(actor="op-999"))
    return proved_before(seq) + 1


def delete(house: House) -> int:
    bare, seq = house.bare(), house.entry()
    bare.execute("DELETE FROM log_entry WHERE seq = ?", (seq,))
    bare.close()
    return seq


def delete_and_mend_the_chain(house: House) -> int:
    seq = house.entry(2, MARKS[-1])
    rebuild(house, lambda wanted: wanted.pop(seq - 1))
    return proved_before(seq) + 1


def insert(house: House) -> int:
    seq = house.entry(2, MARKS[-1])
    rebuild(house, lambda wanted: wanted.insert(seq - 1, {**wanted[seq - 1], "actor": "op-999"}))
    return proved_before(seq) + 1


def duplicate(house: House) -> int:
    seq = house.entry(2, MARKS[-1])
    rebuild(house, lambda wanted: wanted.insert(seq, dict(wanted[seq - 1])))
    # The doubled entry itself is right when a checkpoint stands just there.
    return proved_before(seq if seq not in MARKS else seq + 1) + 1


def swap(house: House) -> int:
    seq = house.entry(2, MARKS[-1] - 1)

    def change(wanted: list[dict[str, Any]]) -> None:
        wanted[seq - 1], wanted[seq] = wanted[seq], wanted[seq - 1]

    bare = house.bare()
    different = bodies(bare)[seq - 1] != bodies(bare)[seq]
    bare.close()
    assert different
    rebuild(house, change)
    return proved_before(seq) + 1


def swap_numbers(house: House) -> int:
    bare, seq = house.bare(), house.entry(2, ENTRIES - 1)
    for old, new in ((seq, 0), (seq + 1, seq), (0, seq + 1)):
        bare.execute("UPDATE log_entry SET seq = ? WHERE seq = ?", (new, old))
    bare.close()
    return seq


def reorder(house: House) -> int:
    first = house.entry(2, 20)

    def change(wanted: list[dict[str, Any]]) -> None:
        part = wanted[first - 1 : first + 10]
        wanted[first - 1 : first + 10] = part[::-1]

    rebuild(house, change)
    return proved_before(first) + 1


def truncate_at_a_checkpoint(house: House) -> int:
    number = house.chance.randint(1, len(MARKS) - 1)
    bare = house.bare()
    bare.execute("DELETE FROM log_entry WHERE seq > ?", (MARKS[number - 1],))
    bare.execute("DELETE FROM log_checkpoint WHERE number > ?", (number,))
    bare.close()
    house.guard_again()
    return MARKS[number - 1] + 1


def truncate_between(house: House) -> int:
    seq = house.chance.choice([n for n in range(2, MARKS[-1]) if n not in MARKS])
    bare = house.bare()
    bare.execute("DELETE FROM log_entry WHERE seq > ?", (seq,))
    bare.execute("DELETE FROM log_checkpoint WHERE seq > ?", (seq,))
    bare.close()
    house.guard_again()
    return proved_before(seq) + 1


def truncate_entries_alone(house: House) -> int:
    seq = house.entry(2, MARKS[-1] - 1)
    bare = house.bare()
    bare.execute("DELETE FROM log_entry WHERE seq > ?", (seq,))
    bare.close()
    return seq + 1


def truncate_and_go_on(house: House) -> int:
    expected = truncate_at_a_checkpoint(house)
    house.grow(house.entry(1, 5), NOON + timedelta(hours=9))
    return expected


def wipe(house: House) -> int:
    bare = house.bare()
    for table in ("log_entry", "log_checkpoint"):
        bare.execute(f"DELETE FROM {table}")
    bare.close()
    house.guard_again()
    return 1


def wipe_and_start_anew(house: House) -> int:
    wipe(house)
    house.grow(20, NOON)
    return 1


def wipe_and_start_anew_with_own_keys(house: House) -> int:
    wipe(house)
    house.grow(20, NOON)
    own = Ladder.create(house.home / "own")
    database = house.database
    with database.writing() as tx:
        checkpoints.make(tx, own, TERMINAL, Cause.CREATED)
    database.close()
    return 1


def roll_back(house: House) -> int:
    """Bring an old copy of the database back; the keys have gone on."""
    house.mark()
    aside = house.home / "aside.sqlite"
    shutil.copy(house.home / "log.sqlite", aside)
    house.grow(house.entry(2, 9), NOON + timedelta(hours=9))
    house.mark()
    shutil.copy(aside, house.home / "log.sqlite")
    return ENTRIES + 1


def roll_back_with_its_keys(house: House) -> int:
    """Bring everything back; only the peer's word about a later checkpoint tells."""
    copy = shutil.copytree(house.home, house.home.with_name("aside"))
    house.grow(house.entry(2, 9), NOON + timedelta(hours=9))
    house.mark()
    database = house.database
    with database.reading() as reading:
        seen = checkpoints.latest(reading)
    database.close()
    assert seen is not None
    shutil.rmtree(house.home)
    shutil.copytree(copy, house.home)
    say(house, seen.number, seen.digest)
    return MARKS[-1] + 1


def say(house: House, number: int, digest: bytes) -> None:
    """Keep what the peer says, as the next exchange does."""
    database = house.database
    with database.writing() as tx:
        checkpoints.add_witness(tx, Witness(number, digest, "agency", b"", NOON))
    database.close()


def forge_the_tail_with_a_stolen_key(house: House) -> int:
    """Copy the key in hand, let the terminal sign with it, then put another tail in that one's place."""
    number = len(MARKS) + 1
    key = stolen(house.home / "keys" / f"{number:010d}.key")
    house.mark()
    rebuild(house, lambda wanted: wanted[house.entry(MARKS[-1] + 1) - 1].update(actor="op-999"))
    bare = house.bare()
    own_next = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    forged_mark(bare, number, key, next=key_text(own_next))
    bare.close()
    house.guard_again()
    return MARKS[-1] + 1


def forge_the_tail_and_the_keys(house: House) -> int:
    """As before, and with the attacker's own next key in the terminal's place: the peer saw another checkpoint."""
    number = len(MARKS) + 1
    key = stolen(house.home / "keys" / f"{number:010d}.key")
    house.mark()
    database = house.database
    with database.reading() as reading:
        seen = checkpoints.latest(reading)
    database.close()
    assert seen is not None
    say(house, seen.number, seen.digest)
    rebuild(house, lambda wanted: wanted[house.entry(MARKS[-1] + 1) - 1].update(actor="op-999"))
    own = Ed25519PrivateKey.generate()
    place = house.home / "keys" / f"{number + 1:010d}.key"
    place.unlink()
    place.write_bytes(own.private_bytes_raw())
    place.chmod(0o400)
    bare = house.bare()
    forged_mark(bare, number, key, next=key_text(own.public_key().public_bytes_raw()))
    bare.close()
    house.guard_again()
    return MARKS[-1] + 1


def reseal_the_past_with_a_stolen_key(house: House) -> int:
    key = stolen(house.home / "keys" / f"{len(MARKS) + 1:010d}.key")
    seq = house.entry(2, MARKS[-1])
    rebuild(house, lambda wanted: wanted[seq - 1].update(actor="op-999"))
    bare = house.bare()
    for number, mark in enumerate(MARKS, start=1):
        if mark >= seq:
            forged_mark(bare, number, key, next=key_text(key.public_key().public_bytes_raw()))
    bare.close()
    return proved_before(seq) + 1


def strip_a_signature(house: House) -> int:
    number = house.chance.randint(1, len(MARKS))
    bare = house.bare()
    bare.execute(
        "UPDATE log_checkpoint SET signature = ? WHERE number = ?", (house.chance.choice([b"", bytes(64)]), number)
    )
    bare.close()
    return proved_before(MARKS[number - 1]) + 1


def swap_signatures(house: House) -> int:
    one, other = sorted(house.chance.sample(range(1, len(MARKS) + 1), 2))
    bare = house.bare()
    kept = dict(bare.execute("SELECT number, signature FROM log_checkpoint").fetchall())
    bare.executemany(
        "UPDATE log_checkpoint SET signature = ? WHERE number = ?", [(kept[other], one), (kept[one], other)]
    )
    bare.close()
    return proved_before(MARKS[one - 1]) + 1


def drop_a_checkpoint(house: House) -> int:
    number = house.chance.randint(1, len(MARKS) - 1)
    bare = house.bare()
    bare.execute("DELETE FROM log_checkpoint WHERE number = ?", (number,))
    bare.close()
    return proved_before(MARKS[number - 1]) + 1


def unknown_algorithm(house: House) -> int:
    number = house.chance.randint(1, len(MARKS))
    bare = house.bare()
    body = bare.execute("SELECT body FROM log_checkpoint WHERE number = ?", (number,)).fetchone()[0]
    name = house.chance.choice([b"none", b"rsa", b"ED25519"])
    bare.execute(
        "UPDATE log_checkpoint SET body = ? WHERE number = ?", (body.replace(b'"ed25519"', b'"%s"' % name), number)
    )
    bare.close()
    return proved_before(MARKS[number - 1]) + 1


def entries_of_another_terminal(house: House) -> int:
    seq = house.entry(MARKS[-1] + 1)
    rebuild(house, lambda wanted: [body.update(terminal="t-131041-02") for body in wanted[seq - 1 :]])
    return seq


def hide_behind_a_view(house: House) -> int:
    bare = house.bare()
    bare.execute("ALTER TABLE log_entry RENAME TO log_kept")
    bare.execute(f"CREATE VIEW log_entry AS SELECT * FROM log_kept WHERE seq <> {house.entry(ENTRIES, ENTRIES)}")
    bare.close()
    return MARKS[-1] + 1


def watch_by_a_trigger(house: House) -> int:
    bare = house.bare()
    bare.execute(
        "CREATE TRIGGER quiet AFTER INSERT ON log_entry WHEN NEW.actor = 'op-999' "
        "BEGIN DELETE FROM log_entry WHERE seq = NEW.seq; END"
    )
    bare.close()
    house.guard_again()
    return MARKS[-1] + 1


def take_the_guards_away(house: House) -> int:
    house.bare().close()
    return MARKS[-1] + 1


def hide_by_a_partial_index(house: House) -> int:
    bare, name = house.bare(), house.chance.choice(["actor", "object", "event"])
    bare.execute(f"DROP INDEX log_entry_{name}")
    bare.execute(f"CREATE INDEX log_entry_{name} ON log_entry ({name}, seq) WHERE seq <> {house.entry()}")
    bare.close()
    house.guard_again()
    return MARKS[-1] + 1


def hide_by_a_broken_index(house: House) -> int:
    bare = house.bare()
    bare.execute("PRAGMA writable_schema = ON")
    bare.execute(
        "UPDATE sqlite_schema SET sql = replace(sql, 'actor, seq', 'result, seq') WHERE name = 'log_entry_actor'"
    )
    bare.close()
    house.guard_again()
    return MARKS[-1] + 1


def ambiguous(spell: Callable[[bytes], bytes]) -> Tampering:
    """Write an entry of the unsigned tail so that it can be read in two ways, and mend the chain after it."""

    def tamper(house: House) -> int:
        seq = house.entry(MARKS[-1] + 1)
        bare = house.bare()
        wanted = bodies(bare)[seq - 1 :]
        (previous,) = bare.execute("SELECT hash FROM log_entry WHERE seq = ?", (seq - 1,)).fetchone()
        for number, body in enumerate(wanted, start=seq):
            body["prev"] = previous.hex()
            raw = encode(body)
            previous = write(bare, number, body, spell(raw) if number == seq else raw)
        bare.close()
        house.guard_again()
        return seq

    return tamper


TABLE: Final[dict[str, Tampering]] = {
    "edit actor": edit("actor", lambda _house: "op-999"),
    "edit result": edit("result", lambda _house: "failed"),
    "edit object": edit("object", lambda _house: "f" * 32),
    "edit event": edit("event", lambda _house: "message.held"),
    "edit detail": edit("detail", lambda house: {"revision": house.entry(1000, 2000)}),
    "edit hash": edit_hash,
    "edit and mend": edit_and_mend_the_chain,
    "delete": delete,
    "delete and mend": delete_and_mend_the_chain,
    "insert": insert,
    "duplicate": duplicate,
    "swap": swap,
    "swap numbers": swap_numbers,
    "reorder": reorder,
    "truncate at a checkpoint": truncate_at_a_checkpoint,
    "truncate between": truncate_between,
    "truncate entries alone": truncate_entries_alone,
    "truncate and go on": truncate_and_go_on,
    "wipe": wipe,
    "wipe and start anew": wipe_and_start_anew,
    "wipe and start anew with own keys": wipe_and_start_anew_with_own_keys,
    "roll back": roll_back,
    "roll back with its keys": roll_back_with_its_keys,
    "forge the tail": forge_the_tail_with_a_stolen_key,
    "forge the tail and the keys": forge_the_tail_and_the_keys,
    "reseal the past": reseal_the_past_with_a_stolen_key,
    "strip a signature": strip_a_signature,
    "swap signatures": swap_signatures,
    "drop a checkpoint": drop_a_checkpoint,
    "unknown algorithm": unknown_algorithm,
    "another terminal": entries_of_another_terminal,
    "view": hide_behind_a_view,
    "trigger": watch_by_a_trigger,
    "no guards": take_the_guards_away,
    "partial index": hide_by_a_partial_index,
    "broken index": hide_by_a_broken_index,
    "doubled key": ambiguous(lambda raw: raw.replace(b'"actor":', b'"actor":"op-999","actor":')),
    "spaces": ambiguous(lambda raw: raw.replace(b":", b": ", 1)),
    "escaped letter": ambiguous(lambda raw: raw.replace(b'"op-101"', b'"\\u006fp-101"')),
    "unknown member": ambiguous(lambda raw: raw.replace(b'"v":1', b'"v":1,"x":1')),
    "doubled detail": ambiguous(lambda raw: raw.replace(b'"detail":{', b'"detail":{"revision":7,')),
    "trailing bytes": ambiguous(lambda raw: raw + b"\n"),
    "number spelt otherwise": ambiguous(lambda raw: raw.replace(b'"revision":', b'"revision":0')),
}


@pytest.mark.parametrize("tampering", TABLE, ids=lambda name: name.replace(" ", "-"))
def test_tampering_is_found_and_the_first_bad_entry_named(house: House, tampering: str) -> None:
    first_bad = TABLE[tampering](house)
    found = house.verify()
    assert not found.ok
    assert found.cause is not None
    assert found.first_bad == first_bad, found


def test_the_log_that_is_tampered_with_was_sound(grown: Path, tmp_path: Path) -> None:
    house = House(Path(shutil.copytree(grown, tmp_path / "house")), random.Random(0))
    assert house.verify() == Verification(ok=True, entries=ENTRIES, checkpoints=len(MARKS))


def test_what_lies_after_the_last_checkpoint_is_not_proved(grown: Path, tmp_path: Path) -> None:
    """Whoever holds the live machine may cut or rewrite it: the documentation says so."""
    house = House(Path(shutil.copytree(grown, tmp_path / "house")), random.Random(0))
    rebuild(house, lambda wanted: wanted.pop())
    house.guard_again()
    assert house.verify().ok


# ── Honest histories ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_an_honest_history_raises_no_alarm(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    tmp_path.chmod(0o700)
    Database.create(f"sqlite:///{tmp_path}/log.sqlite").close()
    Ladder.create(tmp_path / "keys")
    house, now, pruned = House(tmp_path, chance), NOON, 0
    # A terminal is made with an entry and a checkpoint.
    house.grow(1, now)
    house.mark(Cause.CREATED)
    for _ in range(chance.randint(5, 25)):
        now += timedelta(seconds=chance.choice([1, 60, 3600, -1800, -86400]))
        pruned = _live(house, chance, now, pruned)
    found = house.verify()
    assert found.ok, found
    assert found.pruned == pruned


def _live(house: House, chance: random.Random, now: datetime, pruned: int) -> int:
    """Do one of the things that happen to a terminal; return up to which entry its log is pruned."""
    what = chance.choice(["work", "work", "work", "mark", "mark", "crash", "crash late", "witness", "resume", "prune"])
    if what == "work":
        house.grow(chance.randint(1, 6), now)
    elif what == "mark":
        house.mark(chance.choice([Cause.LOG_OFF, Cause.EXCHANGE, Cause.EXPORT]))
    elif what in {"crash", "crash late"}:
        _crash(house, durable=what == "crash late")
    elif what == "witness":
        _be_seen(house)
    elif what == "resume":
        _resume(house)
    elif what == "prune":
        return _prune(house, chance, pruned)
    return pruned


def _crash(house: House, *, durable: bool) -> None:
    """Die while a checkpoint is made: before its transaction is durable, or before its key is erased."""
    database = house.database
    with suppress(InterruptedError), database.writing() as tx:
        house.log.checkpoint(tx, Cause.ACTIVITY)
        if not durable:
            _die()
    database.close()


def _die() -> None:
    raise InterruptedError


def _be_seen(house: House) -> None:
    database = house.database
    with database.reading() as reading:
        last = checkpoints.latest(reading)
    database.close()
    if last is not None:
        say(house, last.number, last.digest)


def _resume(house: House) -> None:
    database = house.database
    with database.writing() as tx:
        house.log.append(tx, Event.LOG_RESUMED, actor="ka-301", session=None, object="au-401")
        made = house.log.resume(tx)
    database.close()
    house.log.erase_used(made)


def _prune(house: House, chance: random.Random, pruned: int) -> int:
    database = house.database
    with database.reading() as reading:
        marks = [row.seq for row in checkpoints.since(reading, 1) if row.seq > pruned]
    last = chance.choice(marks) if marks else pruned
    if last > pruned:
        with database.pruning() as tx:
            count, kept = pruning.boundary(tx, last)
            house.log.append(tx, Event.LOG_PRUNED, actor="ka-301", session=None, detail={"to": last, "count": count})
            pruning.prune(tx, kept)
    database.close()
    return last


# ── On media ──────────────────────────────────────────────────────────────────────────────────────


def export(house: House, medium: Path, number: int, after: int, previous: str | None) -> Path:
    database = house.database
    with database.reading() as reading:
        bundle = plan(reading, TERMINAL, house.ladder.root, number=number, after=after, previous=previous)
        made = medium / bundle.name
        made.mkdir(parents=True)
        for part in parts(reading, bundle, []):
            (made / part.name).write_bytes(b"".join(part.pieces))
    database.close()
    return made


@pytest.fixture(scope="module")
def media(grown: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("media")
    house = House(Path(shutil.copytree(grown, place / "house")), random.Random(0))
    first = export(house, place / "medium", 1, 0, None)
    house.mark()
    export(house, place / "medium", 2, MARKS[-1], verify_bundle(first).digest)
    return place / "medium"


@pytest.fixture
def bundle(media: Path, tmp_path: Path) -> Path:
    return bundles_in(Path(shutil.copytree(media, tmp_path / "medium")))[0]


def script(bundle: Path) -> int:
    ran = subprocess.run(["sh", str(bundle / "verify.sh")], capture_output=True, check=False, text=True)
    assert ran.returncode in {0, 1}, ran
    assert ran.stderr == ""
    assert ran.stdout.splitlines()[-1].startswith("OK" if ran.returncode == 0 else "BAD")
    return ran.returncode


def sum_again(bundle: Path) -> None:
    """Write the sums anew, as somebody who changes a file would."""
    names = sorted(one.name for one in bundle.iterdir() if one.name != "SHA256SUMS")
    lines = [f"{sha256((bundle / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (bundle / "SHA256SUMS").write_text("".join(lines))


def flip(path: Path, chance: random.Random) -> None:
    raw = bytearray(path.read_bytes())
    raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    path.write_bytes(raw)


def segment_of(bundle: Path) -> Path:
    (path,) = bundle.glob("entries-*")
    return path


def lines_changed(change: Callable[[list[bytes]], object], name: str = "") -> Callable[[Path, random.Random], None]:
    def tamper(bundle: Path, _chance: random.Random) -> None:
        path = bundle / name if name else segment_of(bundle)
        lines = path.read_bytes().splitlines(keepends=True)
        change(lines)
        path.write_bytes(b"".join(lines))
        sum_again(bundle)

    return tamper


def flip_in(name: str, *, summed: bool) -> Callable[[Path, random.Random], None]:
    def tamper(bundle: Path, chance: random.Random) -> None:
        flip(next(bundle.glob(name)), chance)
        if summed:
            sum_again(bundle)

    return tamper


def exchanged(name: str) -> Callable[[Path, random.Random], None]:
    def tamper(bundle: Path, _chance: random.Random) -> None:
        other = next(one for one in bundle.parent.iterdir() if one != bundle)
        shutil.copy(next(other.glob(name)), next(bundle.glob(name)))
        sum_again(bundle)

    return tamper


def remove(name: str) -> Callable[[Path, random.Random], None]:
    def tamper(bundle: Path, _chance: random.Random) -> None:
        next(bundle.glob(name)).unlink()
        sum_again(bundle)

    return tamper


def empty(name: str) -> Callable[[Path, random.Random], None]:
    def tamper(bundle: Path, _chance: random.Random) -> None:
        (bundle / name).write_bytes(b"")
        sum_again(bundle)

    return tamper


def link(bundle: Path, _chance: random.Random) -> None:
    segment_of(bundle).rename(bundle.parent / "elsewhere")
    (bundle / "entries-000000000001.jsonl").symlink_to(bundle.parent / "elsewhere")


ON_MEDIA: Final[dict[str, Callable[[Path, random.Random], object]]] = {
    **{f"bit flip in {name}": flip_in(name, summed=False) for name in ("entries-*", "checkpoints.*", "manifest.json")},
    "bit flip in the sums": flip_in("SHA256SUMS", summed=False),
    "bit flip in an entry, summed": flip_in("entries-*", summed=True),
    "bit flip in a signature, summed": flip_in("checkpoints.sig", summed=True),
    "bit flip in a key, summed": flip_in("checkpoints.pem", summed=True),
    "missing segment": lambda bundle, _chance: segment_of(bundle).unlink(),
    "missing segment, summed": remove("entries-*"),
    "missing sums": lambda bundle, _chance: (bundle / "SHA256SUMS").unlink(),
    "missing signatures, summed": empty("checkpoints.sig"),
    "extra file": lambda bundle, _chance: (bundle / "more").write_text("more"),
    "hidden file": lambda bundle, _chance: (bundle / ".more").write_text("more"),
    "linked segment": link,
    "older segment": exchanged("entries-*"),
    "older checkpoints": exchanged("checkpoints.jsonl"),
    "older manifest": exchanged("manifest.json"),
    "first entry cut": lines_changed(lambda lines: lines.pop(0)),
    "last entry cut": lines_changed(lambda lines: lines.pop()),
    "entry cut out": lines_changed(lambda lines: lines.pop(30)),
    "entry doubled": lines_changed(lambda lines: lines.insert(7, lines[7])),
    "entries swapped": lines_changed(lambda lines: lines.insert(7, lines.pop(9))),
    "end of line cut": lines_changed(lambda lines: lines.append(lines.pop().rstrip(b"\n"))),
    "checkpoint cut out": lines_changed(lambda lines: lines.pop(2), "checkpoints.jsonl"),
    "checkpoints swapped": lines_changed(lambda lines: lines.insert(1, lines.pop(2)), "checkpoints.jsonl"),
}


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("tampering", ON_MEDIA, ids=lambda name: name.replace(" ", "-"))
def test_both_proofs_refuse_a_bad_bundle(bundle: Path, tampering: str, seed: int) -> None:
    ON_MEDIA[tampering](bundle, random.Random(seed))
    found = verify_bundle(bundle)
    assert not found.ok
    assert found.first_bad is not None or found.file is not None
    assert script(bundle) == 1


def test_both_proofs_accept_good_bundles(media: Path) -> None:
    found = [verify_bundle(one) for one in bundles_in(media)]
    assert [(one.ok, one.first, one.last) for one in found] == [(True, 1, MARKS[-1]), (True, MARKS[-1] + 1, ENTRIES)]
    assert [script(one) for one in bundles_in(media)] == [0, 0]


def test_the_same_log_gives_the_same_bytes(grown: Path, tmp_path: Path) -> None:
    house = House(Path(shutil.copytree(grown, tmp_path / "house")), random.Random(0))
    one, other = (export(house, tmp_path / name, 1, 0, None) for name in ("one", "other"))
    assert {path.name: path.read_bytes() for path in one.iterdir()} == {
        path.name: path.read_bytes() for path in other.iterdir()
    }


def test_a_bundle_forged_with_the_attackers_own_keys_is_refused(bundle: Path) -> None:
    """A chain that is right in itself, signed by whoever: its first key is not the one that the ladder hands on."""
    own = Ed25519PrivateKey.generate()
    path = bundle / "checkpoints.jsonl"
    marks = [json.loads(line) for line in path.read_bytes().splitlines()]
    key = key_text(own.public_key().public_bytes_raw())
    previous, raws = "0" * 64, []
    for mark in marks:
        raws.append(encode({**mark, "key": key, "next": key, "prev": previous}))
        previous = sha256(raws[-1]).hexdigest()
    path.write_bytes(b"".join(raw + b"\n" for raw in raws))
    (bundle / "checkpoints.sig").write_bytes(b"".join(own.sign(raw) for raw in raws))
    pem = f"-----BEGIN PUBLIC KEY-----\n{base64.b64encode(base64.b64decode(key)).decode()}\n-----END PUBLIC KEY-----\n"
    (bundle / "checkpoints.pem").write_text(pem * len(raws))
    sum_again(bundle)
    assert (verify_bundle(bundle).cause, script(bundle)) == (Flaw.LADDER, 1)
