"""PINs (暗証番号): which may be chosen, and how they are stored.

The database holds Argon2id (RFC 9106, its second recommended setting) over HMAC-SHA256 of the PIN, its person and the
queue: the hash of a PIN opens no other ID and no other queue. The key of the HMAC, the pepper, is a file apart from the
database. A thief of the table could try all PINs of eight digits, but not without the pepper.
"""

import hmac
import os
import secrets
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Final, Self

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from store.errors import PinFault, PinGuessable, PinTooLong, PinTooShort, PinUntypable
from store.sealing.keyfile import read_key_file, write_key_file

LEAST_DIGITS: Final = 8
LEAST_CHARACTERS: Final = 12
MOST_CHARACTERS: Final = 128
_DRAWN_DIGITS: Final = 8
_LEAST_DIFFERENT_DIGITS: Final = 4
_LEAST_DIFFERENT_CHARACTERS: Final = 5
# How many characters have to be left when what everybody thinks of counts as one each.
_LEAST_FREE_DIGITS: Final = 5
_LEAST_FREE_CHARACTERS: Final = 6
_PEPPER_BYTES: Final = 32
# Before a PHC string, which begins with a dollar sign.
_BOUND: Final = "bound-2"
_YEARS: Final = range(1900, 2100)

_hasher: Final = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)

NOBODYS_HASH: Final = (
    "$argon2id$v=19$m=65536,t=3,p=4$Ykbvmp9KGyVXZ8t7tEOJ3w$T3q4ppbKBrpYvlcVZkG3V2uMZ1Y2cQ1iBZ0qGJ3n6X8"
)
"""Checked for unknown IDs, so that they take the same time. It was drawn at random and is the hash of no PIN."""


class Pepper:
    """The key without which no stored hash can be checked against a PIN, and none can be guessed.

    `queue` is the name of the terminal that began the queue, to which the hashes are bound.
    """

    def __init__(self, key: bytes, queue: str) -> None:
        self._key = key
        self._queue = queue

    @classmethod
    def create(cls, file: Path, *, queue: str) -> Self:
        """Create a new pepper in `file`, with mode 0400. Raises KeyFileExists."""
        key = os.urandom(_PEPPER_BYTES)
        write_key_file(file, key)
        return cls(key, queue)

    @classmethod
    def open(cls, file: Path, *, queue: str) -> Self:
        """Read the pepper. Raises KeyFileMissing, KeyFileExposed, KeyFileDamaged."""
        return cls(read_key_file(file, size=_PEPPER_BYTES), queue)

    def hash_pin(self, person_id: str, pin: str) -> str:
        """Return the hash of a person's PIN: a mark and a PHC string. Takes about 0.1 s and 64 MiB, on purpose."""
        return _BOUND + _hasher.hash(self._peppered(person_id, pin))

    def matches(self, person_id: str, pin: str, pin_hash: str) -> bool:
        """Tell whether `pin_hash` is the hash of the person's PIN; takes the same time in both cases."""
        peppered = self._peppered(person_id, pin) if is_bound(pin_hash) else self._peppered_alone(pin)
        try:
            return _hasher.verify(pin_hash.removeprefix(_BOUND), peppered)
        except (VerificationError, InvalidHashError):
            return False

    def mark_of(self, person_id: str) -> str:
        """Return the 32 hex characters under which the attempts for a typed ID are counted.

        Anything may be typed into the ID field, even a PIN. It is therefore not stored in clear.
        """
        # The prefix keeps the two uses of the key apart: the log shows the mark of a PIN that was typed here, and it
        # must not be what Argon2id is given. Lone surrogates can come from a terminal and must not crash the log-on.
        return hmac.digest(self._key, b"attempt\0" + person_id.encode("utf-8", "surrogatepass"), "sha256")[:16].hex()

    def _peppered(self, person_id: str, pin: str) -> bytes:
        # Neither a queue nor an ID that exists has a zero byte, so no other three parts make the same message.
        message = f"pin/2\0{self._queue}\0{person_id}\0{pin}"
        return hmac.digest(self._key, message.encode("utf-8", "surrogatepass"), "sha256")

    def _peppered_alone(self, pin: str) -> bytes:
        """Return what an older program hashed: the PIN without its person."""
        return hmac.digest(self._key, b"pin\0" + pin.encode("utf-8", "surrogatepass"), "sha256")


def is_bound(pin_hash: str) -> bool:
    """Tell whether a hash is bound to its person; those of an older program are not until the next log-on."""
    return pin_hash.startswith(_BOUND)


def check_pin_policy(pin: str, *, person_id: str = "") -> None:
    """Accept 8 or more digits, or a phrase of 12 or more characters, unless a simple rule would guess it.

    Raises PinTooShort, PinTooLong, PinUntypable, PinGuessable (with the rule as a fact).
    """
    if len(pin) > MOST_CHARACTERS:
        raise PinTooLong(most=MOST_CHARACTERS)
    if not pin.isprintable():
        raise PinUntypable
    # `isdigit` is true of full-width digits as well. Those count as letters here and need the length of a phrase.
    digits = pin.isascii() and pin.isdigit()
    if len(pin) < (LEAST_DIGITS if digits else LEAST_CHARACTERS):
        raise PinTooShort(digits=LEAST_DIGITS, characters=LEAST_CHARACTERS)
    for rule in _broken_rules(pin, person_id, digits=digits):
        raise PinGuessable(rule=rule)


def _broken_rules(pin: str, person_id: str, *, digits: bool) -> Iterator[str]:
    least = _LEAST_DIFFERENT_DIGITS if digits else _LEAST_DIFFERENT_CHARACTERS
    if person_id and person_id in pin.casefold():
        yield "id"
    if len(set(pin)) < least or _repeats(pin):
        yield "repeat"
    if _is_run(pin) or (digits and _is_run_of_pairs(pin)):
        yield "run"
    if pin == pin[::-1]:
        yield "mirror"
    if digits and _is_date(pin):
        yield "date"
    # Here, where a PIN is chosen: no log-on needs the words.
    from store.people.guessable import free_characters

    if free_characters(pin) < (_LEAST_FREE_DIGITS if digits else _LEAST_FREE_CHARACTERS):
        yield "known"


def _repeats(pin: str) -> bool:
    # A text that repeats one piece occurs in its own double at another place than the two ends.
    return pin in (pin + pin)[1:-1]


def _is_run(pin: str) -> bool:
    # In a run, all neighbours differ by the same step of one or two. Modulo ten, 9 and 0 are neighbours as well.
    steps = {(ord(later) - ord(earlier)) % 10 for earlier, later in pairwise(pin)}
    return len(steps) == 1 and steps <= {1, 2, 8, 9}


def _is_run_of_pairs(pin: str) -> bool:
    # 10203040, 01020304: read by twos, the numbers follow each other.
    numbers = [int(pin[at : at + 2]) for at in range(0, len(pin), 2)]
    return len({later - earlier for earlier, later in pairwise(numbers)}) == 1


def _is_date(pin: str) -> bool:
    # Birthdays are the first guess: eight digits that are a day from 1900 to 2099, in any of the three usual orders.
    if len(pin) != LEAST_DIGITS:
        return False
    orders = (
        (pin[:4], pin[4:6], pin[6:]),
        (pin[4:], pin[2:4], pin[:2]),
        (pin[4:], pin[:2], pin[2:4]),
    )
    return any(_is_day(*(int(part) for part in order)) for order in orders)


def _is_day(year: int, month: int, day: int) -> bool:
    if year not in _YEARS:
        return False
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def draw_pin() -> str:
    """Return a random PIN of eight digits that the policy accepts."""
    # Fewer than 10 % of random digits are refused, so the loop soon ends.
    while True:
        pin = "".join(secrets.choice("0123456789") for _ in range(_DRAWN_DIGITS))
        try:
            check_pin_policy(pin)
        except PinFault:
            continue
        return pin
