"""One entry of the log: its table, its canonical bytes, and what it may hold.

The body is canonical JSON in ASCII with sorted keys and no spaces, so an auditor's tools read the same bytes that were
hashed. The table keeps each part of it once: most members are columns, and the column `body` holds those that are none.
`rows` puts both together and compares their hash. An older program kept the whole body beside the columns; such entries
stay as they are. An entry names people by their ID and messages by their uid or pseudonym. Its details come from a
closed list of keys and hold only counts and codes, so personal data and free text cannot get in.

`seq` orders the entries. `at` is what the clock said, and a clock can be wrong: since format 2 it may step back, and
each step is an entry of its own (`clock.stepped`) with the times before and after. In format 1 it never ran backwards,
so one entry under a clock that was years ahead gave its time to all that followed.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from store import clock
from store.errors import LogEntryRefused
from store.log.events import Event, Result
from store.schema import UtcMoment, table

FORMAT: Final = 2
"""The version of the body's format, its `v`, in which entries are written.

Entries of format 1 stay as they are, before the first one of format 2. They have the same members; only the rule for
their times is another one: see `follows_in_time`.
"""

SMALLEST_STEP: Final = timedelta(seconds=1)
"""A clock that is behind the last entry by no more than this has not stepped; the entry repeats that entry's time.

Clocks that are kept right are moved by no more: chrony and ntpd slew what is less. And where several terminals share a
log, their clocks always differ a little, so that every other entry would otherwise tell of a step.
"""

FIRST_PREVIOUS: Final = bytes(32)
"""The hash that the first entry names as the one before it."""

Detail = Mapping[str, str | int]

# The list is closed on purpose: a new key is a decision that its values identify nobody. A test refuses keys such as
# "name", "address" or "pin".
DETAIL_KEYS: Final = frozenset(
    {
        "accepted",  # From here on: how many records, messages or entries.
        "bad",
        "changed",
        "count",
        "delivered",
        "entries",
        "errors",
        "known",
        "received",
        "rejected",
        "results",
        "sent",
        "unknown",
        "waiting",
        "warnings",
        "attempts",
        "seconds",
        "clock_behind_ms",  # How far the clock was behind the entry before, whose time this entry repeats.
        "clock_before",  # The times before and after a step of the clock, as `at` spells them.
        "clock_after",
        "moved_in",  # The day of moving in that another municipality states of a departure.
        "cause",  # From here on: codes of ours or of the peer.
        "code",
        "incident",
        "origin",
        "protection",
        "role",
        "setting",
        "step",
        "from",
        "to",
        "label",
        "medium",
        "machine",
        "terminal",
        "second",
        "bundle",
        "checkpoint",
        "question",
        "kind",  # From here on: what the act was about.
        "direction",
        "revision",
        "version",
        "position",
        "peer",
        "peer_version",
        "on",  # The day from which a change of a person holds.
        "first_bad",
        "content",  # From here on: digests in hex.
        "envelope",
        "receipt",
    }
)
# Neither alphabet has a quotation mark, a backslash, a space or a letter outside ASCII. So a value needs no escaping in
# JSON, and neither Japanese text nor a sentence passes as a code.
_CODE: Final = re.compile(r"[A-Za-z0-9_.:,+-]{0,128}")
NAME: Final = re.compile(r"[a-z0-9-]{3,64}")
"""The name of an actor, a session or an object."""

_NAMED: Final = rb'(?:null|"[a-z0-9-]{3,64}")'
_MEMBER: Final = rb'"[a-z_]+":(?:0|-?[1-9][0-9]*|"[A-Za-z0-9_.:,+-]{0,128}")'

_DETAIL: Final = rb"(?:%(member)s(?:,%(member)s)*)?" % {b"member": _MEMBER}
DETAIL: Final = re.compile(_DETAIL)
"""The bytes between the braces of a `detail` member."""

LAYOUT: Final = re.compile(
    rb'\{"actor":(?P<actor>%(name)s),"at":"(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)",'
    rb'"detail":\{(?P<detail>%(detail)s)\},"event":(?P<event>"[a-z_.]+"),'
    rb'"object":(?P<object>%(name)s),"prev":"(?P<prev>[0-9a-f]{64})","result":(?P<result>"[a-z]+"),'
    rb'"seq":(?P<seq>[1-9][0-9]*),"session":(?P<session>%(name)s),"terminal":"(?P<terminal>[a-z0-9-]+)",'
    rb'"v":(?P<v>[12])\}' % {b"name": _NAMED, b"detail": _DETAIL}
)
"""The exact bytes of an entry. The pattern leaves no room for doubled keys, other spellings or unknown members."""

REST: Final = re.compile(
    rb'\{"detail":\{(?P<detail>%(detail)s)\},"terminal":"(?P<terminal>[a-z0-9-]+)","v":(?P<v>[12])\}'
    % {b"detail": _DETAIL}
)
"""The exact bytes of the column `body`: the members of an entry that no other column holds."""

_STEP: Final = re.compile(r'"clock_after":"([^"]*)","clock_before":"([^"]*)"')

_MEMBER_NAME: Final = re.compile(rb'(?:^|,)"([a-z_]+)":')


TROUBLE: Final = text("result <> 'done'")
"""The condition of the partial index over entries that did not end well. A query must repeat it to use the index."""


class LogEntry(SQLModel, table=True):
    """An entry as stored. `seq` counts from 1 without gaps."""

    __tablename__ = "log_entry"

    seq: int = Field(primary_key=True)
    body: bytes  # What no other column holds (`REST`); of an entry of an older program, the whole.
    hash: bytes
    at: datetime = Field(sa_type=UtcMoment)
    event: str
    actor: str | None
    session: str | None
    object: str | None
    result: str

    # These are the viewer's questions: who, what, and everything about one message. A time needs no index, because it
    # runs backwards along `seq` only where an entry says so; each index costs a page write per entry.
    __table_args__ = (
        Index("log_entry_event", "event", "seq"),
        Index("log_entry_actor", "actor", "seq"),
        Index("log_entry_object", "object", "seq"),
        # Few entries did not end well, and those are the ones people look for: a partial index stays small.
        Index("log_entry_trouble", "result", "seq", sqlite_where=TROUBLE, postgresql_where=TROUBLE),
    )


class EntryDraft(NamedTuple):
    """An entry before it has its number.

    `actor` is None when the terminal itself acted. `object` is a message's uid, a pseudonym, or the ID of the person
    that the entry is about.
    """

    event: Event
    actor: str | None = None
    session: str | None = None
    object: str | None = None
    result: Result = Result.DONE
    detail: Detail = MappingProxyType({})


class Tail(NamedTuple):
    """The end of the chain: number, hash (32 bytes) and time (UTC) of the last entry."""

    seq: int
    hash: bytes
    at: datetime | None


EMPTY: Final = Tail(0, FIRST_PREVIOUS, None)

# Entries of one batch share their moment and their terminal, so both are written out once and reused.
_text: Final = lru_cache(maxsize=8)(clock.to_text)
_quoted: Final = lru_cache(maxsize=8)(json.dumps)


def extend(tail: Tail, draft: EntryDraft, *, terminal_id: str, now: datetime) -> tuple[Tail, tuple[Any, ...]]:
    """Return the chain's new end and the row of ENTRY_COLUMNS to insert for it. Raises LogEntryRefused.

    A clock that is a little behind the entry before repeats that entry's time and records in `clock_behind_ms` how far
    behind it is. One that is further behind has stepped: append what `step_back` returns first.
    """
    _refuse_unfit(draft)
    at, detail = now, draft.detail
    if tail.at is not None and now < tail.at and draft.event is not Event.CLOCK_STEPPED:
        behind = tail.at - now
        at, detail = tail.at, {**detail, "clock_behind_ms": round(behind.total_seconds() * 1000)}
    members = ",".join(f'"{key}":{_member(detail[key])}' for key in sorted(detail))
    terminal = _quoted(terminal_id)
    body = _body(tail, draft, _text(at), terminal, members).encode("ascii")
    end = Tail(tail.seq + 1, sha256(body).digest(), at)
    rest = f'{{"detail":{{{members}}},"terminal":{terminal},"v":{FORMAT}}}'.encode("ascii")
    columns = (draft.event.value, draft.actor, draft.session, draft.object, draft.result.value)
    return end, (end.seq, rest, end.hash, at, *columns)


def step_back(tail: Tail, now: datetime) -> EntryDraft | None:
    """Return the entry to append before any other when the clock has stepped back since `tail`; None when it has not.

    It is the terminal's own entry, since nobody can tell from here who set the clock.
    """
    if tail.at is None or tail.at - now <= SMALLEST_STEP:
        return None
    detail = {"clock_after": _text(now), "clock_before": _text(tail.at)}
    return EntryDraft(Event.CLOCK_STEPPED, detail=detail)


def follows_in_time(version: int, event: str, detail: str, at: str, before: str) -> bool:
    """Tell whether an entry of format `version` may bear the time `at` after an entry that bears `before`.

    `before` is "" where the entry before is not known. All times are spelt as in entries, with the same length and
    zone, so they compare as text; `detail` is what stands between the braces.
    """
    if version == 1 or event != Event.CLOCK_STEPPED.value:
        return at >= before
    step = _STEP.fullmatch(detail)
    return step is not None and step[1] == at < step[2] and before in {"", step[2]}


def _body(tail: Tail, draft: EntryDraft, at: str, terminal: str, members: str) -> str:
    """Write the entry as canonical JSON, member by member in sorted order. No admitted value needs escaping.

    The general encoder takes three times as long, which would slow down the import of many messages.
    """
    return (
        f'{{"actor":{_name(draft.actor)},"at":"{at}","detail":{{{members}}},"event":"{draft.event.value}",'
        f'"object":{_name(draft.object)},"prev":"{tail.hash.hex()}","result":"{draft.result.value}",'
        f'"seq":{tail.seq + 1},"session":{_name(draft.session)},"terminal":{terminal},"v":{FORMAT}}}'
    )


def _name(name: str | None) -> str:
    return "null" if name is None else f'"{name}"'


def _member(value: str | int) -> str:
    # int() turns True into 1: str(True) would be no JSON.
    return str(int(value)) if isinstance(value, int) else f'"{value}"'


def detail_is_canonical(detail: bytes) -> bool:
    """Tell whether the members of a detail that matched LAYOUT are in ascending order, without repeats.

    A regular expression cannot check the order, and without it one detail could be spelt in two ways.
    """
    names = _MEMBER_NAME.findall(detail)
    return all(name < following for name, following in pairwise(names))


def _refuse_unfit(draft: EntryDraft) -> None:
    # The error names the field and never the value, which may be the very name that must not get into the log.
    for name in (draft.actor, draft.session, draft.object):
        if name is not None and not NAME.fullmatch(name):
            raise LogEntryRefused(event=draft.event, field="name")
    for key, value in draft.detail.items():
        if key not in DETAIL_KEYS:
            raise LogEntryRefused(event=draft.event, field="detail")
        if not isinstance(value, int) and not _CODE.fullmatch(value):
            raise LogEntryRefused(event=draft.event, field=key)


ENTRIES: Final = table(LogEntry)
ENTRY_COLUMNS: Final = ("seq", "body", "hash", "at", "event", "actor", "session", "object", "result")
