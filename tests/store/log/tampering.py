"""What somebody might do to the log in the database: each returns the first entry that must be named.

The database is the attacker's: triggers are dropped, rows written by the bare engine. What is expected is the first
entry that cannot be trusted any more: the very one where the chain itself breaks, else the first after the last
checkpoint that still holds.
"""

import shutil
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from store.log import Occasion, SigningKeys, checkpoints
from store.log.signing_keys import key_text
from tests.store.log.log_world import (
    ENTRIES,
    MARKS,
    NOON,
    TERMINAL,
    House,
    bodies,
    forged_mark,
    keep_witness,
    proved_before,
    rebuild,
    stolen,
    write,
)
from tests.store.log.table_tampering import (
    hide_behind_a_view,
    hide_by_a_broken_index,
    hide_by_a_partial_index,
    take_the_guards_away,
    watch_by_a_trigger,
)
from tests.store.log.tail_tampering import STEPS, ambiguous, in_the_tail

Tampering = Callable[[House], int]


def edit(field: str, value: Callable[[House], Any]) -> Tampering:
    """Change one field of one entry, its copy and its own hash."""

    def tamper(house: House) -> int:
        seq, bare = house.ordinary(), house.bare()
        body = bodies(bare)[seq - 1]
        write(bare, seq, {**body, field: value(house)})
        bare.close()
        # What follows no longer names this hash, or the checkpoint that stands just there does not.
        return proved_before(seq) + 1 if seq in MARKS else seq + 1

    return tamper


def edit_hash(house: House) -> int:
    bare, seq = house.bare(), house.entry()
    bare.execute("UPDATE log_entry SET hash = ? WHERE seq = ?", (house.chance.randbytes(32), seq))
    bare.close()
    return seq


def make_a_column_unreadable(house: House) -> int:
    """Put bytes into a column of text that are none, over which a reader stumbles."""
    bare, seq = house.bare(), house.entry()
    column = house.chance.choice(["event", "actor", "session", "object", "result"])
    bare.execute(f"UPDATE log_entry SET {column} = CAST(X'ff' AS TEXT) WHERE seq = ?", (seq,))
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
    own = SigningKeys.create(house.home / "own")
    database = house.database
    with database.writing() as tx:
        checkpoints.make(tx, own, TERMINAL, Occasion.CREATED)
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
    keep_witness(house, seen.number, seen.digest)
    return MARKS[-1] + 1


def forge_the_tail_with_a_stolen_key(house: House) -> int:
    """Copy the present key, let the terminal sign with it, then put another tail in that one's place."""
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
    keep_witness(house, seen.number, seen.digest)
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
    first, second = sorted(house.chance.sample(range(1, len(MARKS) + 1), 2))
    bare = house.bare()
    kept = dict(bare.execute("SELECT number, signature FROM log_checkpoint").fetchall())
    bare.executemany(
        "UPDATE log_checkpoint SET signature = ? WHERE number = ?", [(kept[second], first), (kept[first], second)]
    )
    bare.close()
    return proved_before(MARKS[first - 1]) + 1


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


TABLE: Final[dict[str, Tampering]] = {
    "edit actor": edit("actor", lambda _house: "op-999"),
    "edit result": edit("result", lambda _house: "failed"),
    "edit object": edit("object", lambda _house: "f" * 32),
    "edit event": edit("event", lambda _house: "message.held"),
    "edit detail": edit("detail", lambda house: {"revision": house.entry(1000, 2000)}),
    "edit time": edit("at", lambda _house: "2049-01-01T00:00:00.000000Z"),
    "edit hash": edit_hash,
    "unreadable column": make_a_column_unreadable,
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
    **STEPS,
    "older format": in_the_tail(lambda body: body.update(v=1)),
    "newer format": in_the_tail(lambda body: body.update(v=3)),
    "view": hide_behind_a_view,
    "trigger": watch_by_a_trigger,
    "no guards": take_the_guards_away,
    "partial index": hide_by_a_partial_index,
    "broken index": hide_by_a_broken_index,
    "doubled key": ambiguous(lambda raw: raw.replace(b'"actor":', b'"actor":"op-999","actor":')),
    "spaces": ambiguous(lambda raw: raw.replace(b":", b": ", 1)),
    "escaped letter": ambiguous(lambda raw: raw.replace(b'"op-101"', b'"\\u006fp-101"')),
    "unknown member": ambiguous(lambda raw: raw.replace(b'"v":2', b'"v":2,"x":1')),
    "doubled detail": ambiguous(lambda raw: raw.replace(b'"detail":{', b'"detail":{"revision":7,')),
    "trailing bytes": ambiguous(lambda raw: raw + b"\n"),
    "number spelt otherwise": ambiguous(lambda raw: raw.replace(b'"revision":', b'"revision":0')),
}


def assert_noticed(house: House, tampering: str) -> None:
    """Tamper, verify, and raise AssertionError unless exactly that is found."""
    first_bad = TABLE[tampering](house)
    verification = house.verify()
    assert not verification.ok, tampering
    assert verification.cause is not None
    assert verification.first_bad == first_bad, (tampering, verification)
