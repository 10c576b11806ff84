"""What somebody might do to entries of the unsigned tail and to their times, with the chain mended after them.

Nothing signed proves these entries, so that only their own form and the time before them tell.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from tests.store.log.log_world import MARKS, NOON, STEP, House, bodies, encode, write

Tampering = Callable[[House], int]


def ambiguous(spell: Callable[[bytes], bytes]) -> Tampering:
    """Write an entry of the unsigned tail so that it can be read in two ways, and mend the chain after it."""
    return in_the_tail(lambda _body: None, spell)


def in_the_tail(change: Callable[[dict[str, Any]], object], spell: Callable[[bytes], bytes] = bytes) -> Tampering:
    """Change an entry of the unsigned tail, its content or its spelling, and mend the chain after it."""

    def tamper(house: House) -> int:
        seq = house.ordinary(MARKS[-1] + 1)
        bare = house.bare()
        wanted = bodies(bare)[seq - 1 :]
        change(wanted[0])
        (previous,) = bare.execute("SELECT hash FROM log_entry WHERE seq = ?", (seq - 1,)).fetchone()
        for number, body in enumerate(wanted, start=seq):
            body["prev"] = previous.hex()
            raw = encode(body)
            previous = write(bare, number, body, spell(raw) if number == seq else raw)
        bare.close()
        house.guard_again()
        return seq

    return tamper


def hide_a_step(house: House) -> int:
    """Take the entry about a step of the clock away, with the chain mended: what follows is older without a word."""
    house.grow(3, NOON + timedelta(days=4000))
    house.grow(3, NOON + timedelta(hours=2))
    bare = house.bare()
    (seq,) = bare.execute("SELECT max(seq) FROM log_entry WHERE event = ?", (STEP,)).fetchone()
    wanted = bodies(bare)[seq:]
    (previous,) = bare.execute("SELECT hash FROM log_entry WHERE seq = ?", (seq - 1,)).fetchone()
    bare.execute("DELETE FROM log_entry WHERE seq >= ?", (seq,))
    for number, body in enumerate(wanted, start=seq):
        previous = write(bare, number, {**body, "seq": number, "prev": previous.hex()})
    bare.close()
    house.guard_again()
    return int(seq)


def step_untruly(before: str, after: str | None = None) -> Tampering:
    """Tell of a step of the clock that was none, or another one."""

    def change(body: dict[str, Any]) -> None:
        body.update(event=STEP, detail={"clock_after": after or body["at"], "clock_before": before})

    return in_the_tail(change)


STEPS: Final[dict[str, Tampering]] = {
    "time set back": in_the_tail(lambda body: body.update(at="2006-11-23T03:00:00.000000Z")),
    "step hidden": hide_a_step,
    "step from another time": step_untruly("2049-01-01T00:00:00.000000Z"),
    "step to another time": step_untruly("2049-01-01T00:00:00.000000Z", "2006-11-23T03:00:00.000000Z"),
    "step forward": step_untruly("2006-11-23T03:00:00.000000Z"),
    "step without its times": in_the_tail(lambda body: body.update(event=STEP)),
}
