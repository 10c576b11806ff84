"""Row seals: what a decision rests on in a table is bound to the terminal's keys, so that nobody else can write it.

Whoever administers the database can write any row. A seal is a keyed digest (HMAC-SHA256, FIPS 198-1) over the deciding
values of a row, with its primary key, its table and the queue it belongs to, so an edited row and a row copied to
another place do not bear a seal of their own. A seal does not tell whether a row is the latest: the log tells that.

The key is derived from the pseudonym key, which a change of the terminal's key keeps and which the terminals of a queue
share. So a seal holds after both.
"""

import hmac
import json
from collections.abc import Sequence
from typing import Final

import orjson

from store.errors import RowSealBroken

Plain = str | int | None
"""A value as it is sealed: bytes in hex, a moment in microseconds since 1970, a day in ISO 8601."""

# JSON of a flat list has one meaning, whatever the texts in it hold: without that, what belongs to one column could be
# moved to the next.
_encode_ascii: Final = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


def _encode(values: Sequence[Plain]) -> bytes:
    # Sealed is JSON in ASCII. Most rows have ASCII alone, for which orjson writes the same in an eighth of the time.
    data = orjson.dumps(values)
    return data if data.isascii() else _encode_ascii(values).encode("ascii")


class RowSeals:
    """Seals rows and checks their seals. It may be used from several threads at once.

    `key` has 32 bytes and `queue` is the name of the terminal that began the queue.
    """

    def __init__(self, key: bytes, queue: str) -> None:
        self._queue = queue
        self._keyed = hmac.new(key, digestmod="sha256")
        # By table, the digest with all that its rows have in common: beginning it anew for each row doubles the cost.
        self._begun: dict[str, hmac.HMAC] = {}

    def seal(self, table: str, values: Sequence[Plain]) -> bytes:
        """Return the seal (32 bytes) of the row of `table` with these deciding values, its primary key among them."""
        digest = (self._begun.get(table) or self._begin(table)).copy()
        digest.update(_encode(values))
        return digest.digest()

    def check(self, table: str, row: str, values: Sequence[Plain], seal: object) -> None:
        """Raise RowSealBroken, naming the `row`, unless `seal` is the seal of a row with these values."""
        if not self.bears(table, values, seal):
            raise RowSealBroken(table=table, row=row)

    def bears(self, table: str, values: Sequence[Plain], seal: object) -> bool:
        """Tell whether `seal` is the seal of a row with these values."""
        try:
            # A fraction is no value of ours, and as JSON an infinite one would look like an empty column.
            return (
                isinstance(seal, bytes)
                and float not in map(type, values)
                and hmac.compare_digest(self.seal(table, values), seal)
            )
        except TypeError:
            # SQLite stores any value in any column if somebody puts it there.
            return False

    def _begin(self, table: str) -> hmac.HMAC:
        begun = self._keyed.copy()
        begun.update(_encode([self._queue, table]))
        self._begun[table] = begun
        return begun
