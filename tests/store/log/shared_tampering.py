"""What somebody might do to a log that two terminals share: each returns the first entry that must be named."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from store.log import Flaw
from store.log.signing_keys import key_text
from tests.store.log.log_world import (
    NOON,
    SECOND,
    TERMINAL,
    House,
    Neighbour,
    bodies,
    encode,
    forged_mark,
    let_in,
    make_house,
    rebuild,
    stolen,
)

STRANGER: Final = "t-131041-09"
ADMITTED: Final = 67
"""The entry that tells of the second terminal; a checkpoint of the first one stands there."""
LAST: Final = 90


def make_shared_house(home: Path) -> House:
    """Make two terminals' log: checkpoints of the first at 67 and 81, of the second at 74 and 88, and a tail."""
    house = make_house(home)
    other = let_in(house, NOON + timedelta(hours=2))
    for number, signer in enumerate((other, house, other)):
        # Both write before either signs.
        for writer in (house, other):
            writer.grow(3 + (writer is signer), NOON + timedelta(hours=3 + number))
        signer.mark()
    house.grow(2, NOON + timedelta(hours=9))
    return house


def entries_of_a_stranger(house: House) -> int:
    rebuild(house, lambda wanted: wanted[LAST - 1].update(terminal=STRANGER))
    return LAST


def entries_before_being_let_in(house: House) -> int:
    seq = house.entry(2, ADMITTED)
    rebuild(house, lambda wanted: wanted[seq - 1].update(terminal=SECOND))
    return seq


def entries_in_another_s_name(house: House) -> int:
    seq = house.entry(82, 88)
    bare = house.bare()
    name = bodies(bare)[seq - 1]["terminal"]
    bare.close()
    rebuild(house, lambda wanted: wanted[seq - 1].update(terminal=TERMINAL if name == SECOND else SECOND))
    return 82


def _present_key(house: House) -> Ed25519PrivateKey:
    return stolen(max(house.keys.glob("*.key")))


def a_checkpoint_in_another_s_name(house: House) -> int:
    """Sign the second terminal's last checkpoint with the key that the first one has at present."""
    bare = house.bare()
    forged_mark(bare, 9, _present_key(house))
    bare.close()
    house.guard_again()
    return 82


def a_checkpoint_of_a_stranger(house: House) -> int:
    bare = house.bare()
    forged_mark(bare, 9, Ed25519PrivateKey.generate(), terminal=STRANGER)
    bare.close()
    house.guard_again()
    return 82


def taking_another_s_keys_over(house: House) -> int:
    """With the first terminal's stolen key, put a key of one's own in the place of the second's."""
    own = key_text(Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    bare = house.bare()
    forged_mark(bare, 9, _present_key(house), terminal=TERMINAL, next=own, others=[f"{SECOND}:{own}"])
    bare.close()
    house.guard_again()
    return 82


def leaving_another_out(house: House) -> int:
    own = key_text(Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    bare = house.bare()
    forged_mark(bare, 9, _present_key(house), terminal=TERMINAL, next=own, others=[f"{STRANGER}:{own}"])
    bare.close()
    house.guard_again()
    return 82


def letting_a_stranger_in_unsigned(house: House) -> int:
    own = key_text(Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    bare = house.bare()
    body = json.loads(bare.execute("SELECT body FROM log_checkpoint WHERE number = 8").fetchone()[0])
    body["others"].append(f"{STRANGER}:{own}")
    bare.execute("UPDATE log_checkpoint SET body = ? WHERE number = 8", (encode(body),))
    bare.close()
    house.guard_again()
    return 75


TABLE: Final[dict[str, tuple[Callable[[House], int], Flaw]]] = {
    "entries of a stranger": (entries_of_a_stranger, Flaw.TERMINAL),
    "entries before being let in": (entries_before_being_let_in, Flaw.TERMINAL),
    "entries in another's name": (entries_in_another_s_name, Flaw.MARK),
    "another's keys": (a_checkpoint_in_another_s_name, Flaw.LADDER),
    "a stranger's checkpoint": (a_checkpoint_of_a_stranger, Flaw.TERMINAL),
    "another's keys taken over": (taking_another_s_keys_over, Flaw.LADDER),
    "another left out": (leaving_another_out, Flaw.LADDER),
    "a stranger let in": (letting_a_stranger_in_unsigned, Flaw.SIGNATURE),
}


def assert_noticed(house: House, tampering: str) -> None:
    """Tamper, verify as each terminal, and raise AssertionError unless both find exactly that."""
    tamper, cause = TABLE[tampering]
    first_bad = tamper(house)
    for terminal in (house, Neighbour(house.home, house.chance)):
        result = terminal.verify()
        assert (result.ok, result.first_bad, result.cause) == (False, first_bad, cause), (tampering, result)
