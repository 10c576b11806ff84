"""Honest histories of a terminal's log: whatever happens to it in years, made up by chance; none may raise an alarm."""

import random
import shutil
import threading
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from store.database import Database
from store.errors import TerminalNotAdmitted
from store.log import Event, Occasion, SigningKeys, checkpoints, pruning
from tests.store.log.log_world import NOON, House, keep_witness, let_in

_MOST_STEPS: Final = 25
_WRITERS: Final = 3
_JOINING: Final = 0.1
# How the clock goes on, in seconds: mostly forward; and steps back of every size, up to one after years ahead.
_CLOCK: Final = (1, 60, 3600, 86400, 250_000_000, -0.1, -1, -1.000001, -2, -1800, -28_800, -86400, -250_000_000)
_HAPPENINGS: Final = (
    *("work", "work", "work", "mark", "mark", "crash", "crash late", "witness"),
    *("together", "resume", "roll back", "keys lost", "prune"),
)


def live(home: Path, seed: int) -> None:
    """Let a terminal at `home`, an empty directory, live through history `seed`; raise AssertionError at an alarm."""
    chance = random.Random(seed)
    home.chmod(0o700)
    Database.create(f"sqlite:///{home}/log.sqlite").close()
    SigningKeys.create(home / "keys")
    house, now, pruned = House(home, chance), NOON, 0
    # A terminal is made with an entry and a checkpoint.
    house.grow(1, now)
    house.mark(Occasion.CREATED)
    houses = [house]
    for _ in range(chance.randint(5, _MOST_STEPS)):
        now += timedelta(seconds=chance.choice(_CLOCK))
        if len(houses) == 1 and chance.random() < _JOINING:
            # From here on two terminals share the log.
            houses.append(let_in(house, now))
        pruned = _live(chance.choice(houses), chance, now, pruned)
        _agree(houses)
    for house in houses:
        verification = house.verify()
        assert verification.ok, (seed, verification)
        assert verification.pruned == pruned, (seed, verification)


def _agree(houses: Sequence[House]) -> None:
    """After a roll-back each terminal whose own checkpoints are gone goes on for itself, as two persons let it."""
    for house in houses:
        database = house.database
        with database.writing() as tx:
            flaw = house.log.standing(tx)
        database.close()
        if flaw is not None:
            _resume(house)


def _live(house: House, chance: random.Random, now: datetime, pruned: int) -> int:
    """Do one of the things that happen to a terminal; return up to which entry its log is pruned."""
    what = chance.choice(_HAPPENINGS)
    if what == "work":
        house.grow(chance.randint(1, 6), now)
    elif what == "mark":
        house.mark(chance.choice([Occasion.LOG_OFF, Occasion.EXCHANGE, Occasion.EXPORT]))
    elif what in {"crash", "crash late"}:
        _crash(house, durable=what == "crash late")
    elif what == "witness":
        _be_seen(house)
    elif what == "resume":
        _resume(house)
    elif what == "together":
        _work_together(house, chance, now)
    elif what == "roll back":
        _roll_back(house, chance, now)
    elif what == "keys lost":
        _lose_keys(house)
    elif what == "prune":
        return _prune(house, chance, pruned)
    return pruned


def _crash(house: House, *, durable: bool) -> None:
    """Die while a checkpoint is made: before its transaction is durable, or before its key is erased."""
    database = house.database
    with suppress(InterruptedError), database.writing() as tx:
        house.log.checkpoint(tx, Occasion.ACTIVITY)
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
        keep_witness(house, last.number, last.digest)


def _resume(house: House) -> None:
    # Closed also when it is refused: a connection that is left open keeps what is new out of the file.
    with closing(house.database) as database, database.writing() as tx:
        house.log.append(tx, Event.LOG_RESUMED, actor="ka-301", session=None, object="au-401")
        made = house.log.resume(tx)
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


def _work_together(house: House, chance: random.Random, now: datetime) -> None:
    """Let several writers append at once, and one of them sign."""
    count = chance.randint(1, 6)
    writers = [
        threading.Thread(target=type(house)(house.home, random.Random(n)).grow, args=(count, now))
        for n in range(_WRITERS)
    ]
    writers.append(threading.Thread(target=house.mark))
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()


def _roll_back(house: House, chance: random.Random, now: datetime) -> None:
    """Bring an old database back, as after a broken disk; two persons go on."""
    aside = house.home / "aside.sqlite"
    assert not (house.home / "log.sqlite-wal").exists(), "the file alone would be older than the database"
    shutil.copy(house.home / "log.sqlite", aside)
    house.grow(chance.randint(1, 6), now)
    house.mark()
    shutil.move(aside, house.home / "log.sqlite")
    _resume(house)


def _lose_keys(house: House) -> None:
    """Lose the key of the next checkpoint; two persons go on."""
    key = max(house.keys.glob("*.key"))
    lost = key.rename(house.home / "lost")
    try:
        _resume(house)
    except TerminalNotAdmitted:
        # Of several terminals, with the entry of its admission pruned and without a newer key, the machine cannot be
        # told from a retired one. Here the key turns up again; else another terminal lets the machine in anew.
        lost.rename(key)
    else:
        lost.unlink()
