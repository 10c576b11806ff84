"""The entries as stored: read in blocks along their number, put together from their columns, and hashed.

A block is put together and compared as a whole: hashing a million entries takes 0.4 s, and parsing and rebuilding them
one by one 3.7 s. A block that does not fit is examined row by row, to name the first bad entry. The check of a whole
block must never accept anything that the check of each row would refuse. Entries that an older program kept whole are
put together as well, and compared with the bytes that it kept.
"""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache, reduce
from hashlib import sha256
from itertools import repeat
from operator import add, le, mod
from typing import Any, Final, NamedTuple, cast

from sqlalchemy import (
    BigInteger,
    Connection,
    LargeBinary,
    Row,
    Select,
    bindparam,
    case,
    func,
    select,
    type_coerce,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.exc import OperationalError
from sqlmodel import AutoString

from store import clock
from store.log.entries import DETAIL, ENTRIES, ENTRY_COLUMNS, LAYOUT, NAME, REST, detail_is_canonical, follows_in_time
from store.log.events import Event
from store.log.findings import Flaw, Link

# Entries per block: enough that the cost per query vanishes, and few enough that memory stays flat on a long log.
AT_ONCE: Final = 4096
_COPIED: Final = ("actor", "event", "object", "result", "session")
_EVENT: Final = re.compile(r"[a-z_.]+")
_RESULT: Final = re.compile(r"[a-z]+")
_SECOND: Final = 10**6
_WRITER: Final = re.compile(r'"terminal":"([a-z0-9-]++)","v":[12]\}$', re.MULTILINE)
_STEPPED: Final = Event.CLOCK_STEPPED.value
_DETAILS: Final = re.compile(r'"detail":\{([^{}]*+)\}')
_WRITTEN: Final = (
    '{"actor":%s,"at":"%s","detail":{%s},"event":"%s","object":%s,"prev":"%s","result":"%s","seq":%d,"session":%s,'
    '"terminal":"%s","v":%d}'
)
_KEPT: Final = '{"detail":{%s},"terminal":"%s","v":%d}'
_WHOLE: Final = b'{"actor":'
"""Begins an entry that is kept whole."""
_AROUND: Final = (
    len(_WRITTEN % ("", " " * 27, "", "", "", " " * 64, "", 0, "", "", 0)) - len(_KEPT % ("", "", 0)) - len("0")
)
_NAMES: Final = (func.coalesce(func.length(ENTRIES.c[name]) + 2, 4) for name in ("actor", "object", "session"))
SIZE: Final = func.length(ENTRIES.c.body) + case(
    (func.substr(ENTRIES.c.body, 1, len(_WHOLE)) == _WHOLE, 0),
    else_=_AROUND
    + reduce(add, _NAMES)
    + func.length(ENTRIES.c.event)
    + func.length(ENTRIES.c.result)
    + func.length(sql_cast(ENTRIES.c.seq, AutoString)),
)
"""How many bytes an entry has once it is put together, for queries."""
# The time is read as the bare stored number: somebody who tampers may have put anything there, and converting it to a
# datetime could raise.
_COLUMNS: Final = [
    type_coerce(ENTRIES.c[name], BigInteger) if name == "at" else ENTRIES.c[name] for name in ENTRY_COLUMNS
]
_TEXTS: Final = [isinstance(ENTRIES.c[name].type, AutoString) for name in ENTRY_COLUMNS]
_AS_BYTES: Final = [
    sql_cast(column, LargeBinary).label(name) if is_text else column
    for name, column, is_text in zip(ENTRY_COLUMNS, _COLUMNS, _TEXTS, strict=True)
]
_FIRST_BLOCK: Final = select(*_COLUMNS).order_by(ENTRIES.c.seq).limit(AT_ONCE)
_BLOCK: Final = _FIRST_BLOCK.where(ENTRIES.c.seq >= bindparam("first"))


def blocks(reading: Connection, first: int) -> Iterator[Sequence[Row[Any]]]:
    """Yield the stored rows from number `first` on, at most AT_ONCE at a time.

    From number 1 on, rows with smaller numbers come as well: nobody may hide an entry under number 0.
    """
    rows = _fetch(reading, _FIRST_BLOCK if first == 1 else _BLOCK, first)
    while rows:
        yield rows
        rows = _fetch(reading, _BLOCK, rows[-1].seq + 1)


def _fetch(reading: Connection, block: Select[Any], first: int) -> Sequence[Row[Any]]:
    """Return a block of rows; bytes in a text column that are no text come as bytes."""
    try:
        return reading.execute(block, {"first": first}).all()
    except OperationalError as error:
        # SQLite's driver raises this for bytes that are not UTF-8 in a text column. It then has no code of the engine,
        # which every real fault of the database has.
        if getattr(error.orig, "sqlite_errorcode", None) is not None or reading.dialect.name != "sqlite":
            raise
    rows = reading.execute(block.with_only_columns(*_AS_BYTES), {"first": first})
    return cast("Sequence[Row[Any]]", [_Decoded(*map(_decode, row, _TEXTS)) for row in rows])


def _decode(value: Any, is_text: bool) -> Any:  # noqa: FBT001  # `map` passes it along with each value.
    try:
        return value.decode("utf-8") if is_text and isinstance(value, bytes) else value
    except UnicodeDecodeError:
        return value


def digests_of(rows: Sequence[Row[Any]], before: Link, terminals: AbstractSet[str]) -> list[bytes] | None:
    """Return the hash of each row, 32 bytes each, when all rows are good; else None.

    `terminals` are those that may have written them. Every entry except its detail is rebuilt from the columns and the
    hash before it, and the whole block is compared with the stored bytes at once.
    """
    block = _Block(*map(tuple, zip(*rows, strict=True)))
    if not _is_regular(block, before):
        return None
    # Latin-1 maps each byte to one character and cannot fail, whatever somebody stored.
    stored = b"\n".join(block.bodies).decode("latin-1")
    details, times, version = _DETAILS.findall(stored), _times(block.ats), version_of(block.bodies[0])
    if times is None or len(details) != len(rows) or version < before.version or not all(map(_is_detail, set(details))):
        return None
    # With only one possible writer there is nothing to search: the comparison below checks the name.
    writers = [*terminals] * len(rows) if len(terminals) == 1 else _WRITER.findall(stored)
    known = len(writers) == len(rows) and terminals >= {*writers}
    if not known or not _times_follow(version, block, times, details, before.at):
        return None
    quoted = {name: "null" if name is None else f'"{name}"' for name in block.names}.__getitem__
    actors, objects, sessions = (map(quoted, names) for names in (block.actors, block.objects, block.sessions))
    # The stored hashes, each of which is compared below with that of its own entry.
    links = (before.hash, *map(bytes.hex, block.hashes[:-1]))
    members = zip(
        *(actors, times, details, block.events, objects, links, block.results, block.seqs, sessions, writers),
        # A block with entries of both formats does not fit and goes row by row: there is one such block in a log.
        repeat(version, len(rows)),
        strict=True,
    )
    written = [*map(mod, repeat(_WRITTEN), members)]
    whole = block.bodies[0].startswith(_WHOLE)
    kept = written if whole else map(mod, repeat(_KEPT), zip(details, writers, repeat(version)))
    # Equal bytes mean that what is kept has this exact layout, and equal hashes that each entry names the hash before
    # it and has the columns that it had when it was written.
    digests = [sha256(entry.encode("ascii")).digest() for entry in written]
    return digests if tuple(digests) == block.hashes and "\n".join(kept) == stored else None


def entries(reading: Connection, first: int, last: int, before: bytes) -> Iterator[list[bytes]]:
    """Yield the bytes of the entries from number `first` to `last` as they were hashed, a block at a time.

    `before` is the hash of the entry before them. They are not verified: what cannot be put together is yielded as it
    is kept, and whoever verifies it is told.
    """
    for block in blocks(reading, first):
        some = []
        for row in block:
            if first <= row.seq <= last:
                some.append(put_together(row, before.hex()) or row.body)
                before = row.hash if isinstance(row.hash, bytes) else b""
        yield some
        if block[-1].seq >= last:
            return


class _Decoded(NamedTuple):
    """A row that the driver could not read as text, in the order of ENTRY_COLUMNS."""

    seq: Any
    body: Any
    hash: Any
    at: Any
    event: Any
    actor: Any
    session: Any
    object: Any
    result: Any


class _Block(NamedTuple):
    """A block of rows column by column, in the order of ENTRY_COLUMNS. The values may be anything."""

    seqs: tuple[Any, ...]
    bodies: tuple[Any, ...]
    hashes: tuple[Any, ...]
    ats: tuple[Any, ...]
    events: tuple[Any, ...]
    actors: tuple[Any, ...]
    sessions: tuple[Any, ...]
    objects: tuple[Any, ...]
    results: tuple[Any, ...]

    @property
    def names(self) -> set[Any]:
        """All names of actors, sessions and objects; None is among them where an entry has no such name."""
        return {*self.actors, *self.sessions, *self.objects}


def _is_regular(block: _Block, before: Link) -> bool:
    """Tell whether numbers are consecutive, and every value has its proper form.

    The forms allow no quotation marks, so no value can pass for two members when the entries are rebuilt.
    """
    return (
        # Sets of types and values are checked instead of each value: a block repeats few of them.
        block.seqs == tuple(range(before.seq + 1, before.seq + 1 + len(block.seqs)))
        and {*map(type, block.bodies)} == {*map(type, block.hashes)} == {bytes}
        and {*map(type, block.ats)} == {int}
        and _all_fit(NAME, block.names - {None})
        and _all_fit(_EVENT, {*block.events})
        and _all_fit(_RESULT, {*block.results})
    )


def _times_follow(version: int, block: _Block, times: Sequence[str], details: Sequence[str], before: str) -> bool:
    """Tell whether the times of a block follow from one another and from `before`; most of them do so at a glance."""
    if times[0] >= before and all(map(le, block.ats, block.ats[1:])) and _STEPPED not in block.events:
        return True
    previous = (before, *times[:-1])
    return all(map(follows_in_time, repeat(version), block.events, details, times, previous))


def version_of(body: bytes) -> int:
    """Return the format that the end of an entry names; the oldest one where it names none."""
    return 2 if body.endswith(b'"v":2}') else 1


def _all_fit(pattern: re.Pattern[str], values: set[Any]) -> bool:
    return all(isinstance(value, str) and pattern.fullmatch(value) for value in values)


# Details repeat within a log and between blocks, so most of them are checked only once.
@lru_cache(maxsize=4096)
def _is_detail(written: str) -> bool:
    detail = written.encode("latin-1")
    return DETAIL.fullmatch(detail) is not None and detail_is_canonical(detail)


def _times(ats: Sequence[int]) -> list[str] | None:
    """Return the times (microseconds since 1970) as entries spell them; None when one of them is no time at all."""
    # Many entries share a second, and formatting a date is the slow part.
    seconds = {second: _second_as_written(second) for second in {at // _SECOND for at in ats}}
    if None in seconds.values():
        return None
    return [f"{seconds[at // _SECOND]}.{at % _SECOND:06d}Z" for at in ats]


def examine(row: Row[Any], before: Link, terminals: AbstractSet[str]) -> Flaw | Link:
    """Compare a stored row with the entry before it; return its flaw, or the link for the next row.

    `terminals` are those that may have written it.
    """
    if row.seq != before.seq + 1:
        return Flaw.GAP
    if not isinstance(row.body, bytes):
        return Flaw.BODY
    body = put_together(row, before.hash)
    if body is None:
        return Flaw.BODY if REST.fullmatch(row.body) is None else Flaw.COPY
    digest = sha256(body)
    if digest.digest() != row.hash:
        return Flaw.HASH
    entry = LAYOUT.fullmatch(body)
    if entry is None or not detail_is_canonical(entry["detail"]) or int(entry["v"]) < before.version:
        return Flaw.BODY
    at = entry["at"].decode("ascii")
    # The first test that fails, in this order, names the flaw.
    tests = {
        Flaw.LINK: entry["prev"].decode("ascii") == before.hash,
        Flaw.TERMINAL: entry["terminal"].decode("ascii") in terminals,
        Flaw.COPY: _copies_agree(row, entry, at),
        Flaw.TIME: is_in_time(entry, before),
    }
    flaw = next((flaw for flaw, holds in tests.items() if not holds), None)
    return flaw or Link(row.seq, digest.hexdigest(), at, int(entry["v"]))


def put_together(row: Row[Any], before: str) -> bytes | None:
    """Return the bytes of an entry after the one with the hash `before` (hex), from its columns.

    None when the column `body` or another one has no form of ours.
    """
    if row.body.startswith(_WHOLE):
        return bytes(row.body)
    rest, at = REST.fullmatch(row.body), _time_as_written(row.at)
    names = (row.actor, row.object, row.session)
    texts = _all_fit(NAME, {*names} - {None}) and _all_fit(_EVENT, {row.event}) and _all_fit(_RESULT, {row.result})
    if rest is None or at is None or not texts:
        return None
    actor, about, session = ("null" if name is None else f'"{name}"' for name in names)
    detail, terminal = rest["detail"].decode("ascii"), rest["terminal"].decode("ascii")
    members = (actor, at, detail, row.event, about, before, row.result, row.seq, session, terminal, int(rest["v"]))
    return (_WRITTEN % members).encode("ascii")


def is_in_time(entry: re.Match[bytes], before: Link) -> bool:
    """Tell whether the time of an entry that matched LAYOUT may follow that of the entry `before`."""
    event, detail, at = (entry[name].decode("ascii") for name in ("event", "detail", "at"))
    return follows_in_time(int(entry["v"]), event.strip('"'), detail, at, before.at)


def _copies_agree(row: Row[Any], entry: re.Match[bytes], at: str) -> bool:
    return (
        int(entry["seq"]) == row.seq
        and at == _time_as_written(row.at)
        and all(_text(entry[name]) == getattr(row, name) for name in _COPIED)
    )


def _text(written: bytes) -> str | None:
    return None if written == b"null" else written.strip(b'"').decode("ascii")


def _time_as_written(stored: object) -> str | None:
    times = _times([stored]) if isinstance(stored, int) else None
    return times[0] if times else None


@lru_cache(maxsize=256)
def _second_as_written(second: int) -> str | None:
    try:
        moment = clock.to_text(clock.from_microseconds(second * _SECOND))
    except OverflowError:
        return None
    return moment.partition(".")[0]
