"""One entry of the log: its table, its canonical bytes, and what it may hold.

The body is canonical JSON: keys sorted, no spaces, ASCII alone, so that an auditor's tools read the
same bytes that were hashed. The columns beside the body are copies for the viewer; verification
checks that they agree. An entry names people by their ID and messages by uid or pseudonym; its
details have closed keys and hold counts and codes: personal data and free text cannot get in.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
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

FORMAT: Final = 1
"""The version of the body's format, its `v`."""

FIRST_PREVIOUS: Final = bytes(32)
"""What stands for the hash before the first entry."""

Detail = Mapping[str, str | int]

DETAIL_KEYS: Final = frozenset(
    {
        "accepted",  # How many: records, messages, entries.
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
        "clock_behind_ms",  # How far the clock stood behind the entry before; the chain's time stands still.
        "cause",  # Codes of ours or of the peer.
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
        "kind",  # What it was about.
        "direction",
        "revision",
        "version",
        "position",
        "peer",
        "peer_version",
        "first_bad",
        "content",  # Digests in hex.
        "envelope",
        "receipt",
    }
)
_CODE: Final = re.compile(r"[A-Za-z0-9_.:,+-]{0,128}")
NAME: Final = re.compile(r"[a-z0-9-]{3,64}")
"""An actor, a session, an object."""

_NAMED: Final = rb'(?:null|"[a-z0-9-]{3,64}")'
_MEMBER: Final = rb'"[a-z_]+":(?:0|-?[1-9][0-9]*|"[A-Za-z0-9_.:,+-]{0,128}")'

_DETAIL: Final = rb"(?:%(member)s(?:,%(member)s)*)?" % {b"member": _MEMBER}
DETAIL: Final = re.compile(_DETAIL)
"""The bytes between the braces of a detail."""

LAYOUT: Final = re.compile(
    rb'\{"actor":(?P<actor>%(name)s),"at":"(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)",'
    rb'"detail":\{(?P<detail>%(detail)s)\},"event":(?P<event>"[a-z_.]+"),'
    rb'"object":(?P<object>%(name)s),"prev":"(?P<prev>[0-9a-f]{64})","result":(?P<result>"[a-z]+"),'
    rb'"seq":(?P<seq>[1-9][0-9]*),"session":(?P<session>%(name)s),"terminal":"(?P<terminal>[a-z0-9-]+)","v":1\}'
    % {b"name": _NAMED, b"detail": _DETAIL}
)
"""The bytes of an entry, which leave no room for doubled keys, other spellings or unknown members."""

_MEMBER_NAME: Final = re.compile(rb'(?:^|,)"([a-z_]+)":')


TROUBLE: Final = text("result <> 'done'")
"""What the index of entries that did not end well holds; a question has to say it to use that index."""


class LogEntry(SQLModel, table=True):
    """A kept entry. `seq` is dense from 1."""

    __tablename__ = "log_entry"

    seq: int = Field(primary_key=True)
    body: bytes
    hash: bytes
    at: datetime = Field(sa_type=UtcMoment)
    event: str
    actor: str | None
    session: str | None
    object: str | None
    result: str

    # The viewer's questions: who, what, and everything about one message. Times need no index: they follow the number.
    __table_args__ = (
        Index("log_entry_event", "event", "seq"),
        Index("log_entry_actor", "actor", "seq"),
        Index("log_entry_object", "object", "seq"),
        # Few entries did not end well, and they are the ones that are looked for.
        Index("log_entry_trouble", "result", "seq", sqlite_where=TROUBLE, postgresql_where=TROUBLE),
    )


class EntryDraft(NamedTuple):
    """An entry before it has its number.

    `actor` None: the terminal itself. `object`: a message's uid, a pseudonym, or the ID of the person
    it is about.
    """

    event: Event
    actor: str | None = None
    session: str | None = None
    object: str | None = None
    result: Result = Result.DONE
    detail: Detail = MappingProxyType({})


class Tail(NamedTuple):
    """The end of the chain: number, hash (32 bytes) and time (UTC) of its last entry."""

    seq: int
    hash: bytes
    at: datetime | None


EMPTY: Final = Tail(0, FIRST_PREVIOUS, None)

# The same for many entries in a row.
_text: Final = lru_cache(maxsize=8)(clock.to_text)
_quoted: Final = lru_cache(maxsize=8)(json.dumps)


def extend(tail: Tail, draft: EntryDraft, *, terminal_id: str, now: datetime) -> tuple[Tail, tuple[Any, ...]]:
    """Return the chain's new end and the row of ENTRY_COLUMNS that makes it. Raises LogEntryRefused.

    Time never runs backwards in the chain: when the clock was set back, the entry repeats the time
    before it and says by how much the clock is behind.
    """
    _refuse_unfit(draft)
    at, detail = now, draft.detail
    if tail.at is not None and now < tail.at:
        behind = tail.at - now
        at, detail = tail.at, {**detail, "clock_behind_ms": round(behind.total_seconds() * 1000)}
    body = _body(tail, draft, _text(at), _quoted(terminal_id), detail).encode("ascii")
    end = Tail(tail.seq + 1, sha256(body).digest(), at)
    copies = (draft.event.value, draft.actor, draft.session, draft.object, draft.result.value)
    return end, (end.seq, body, end.hash, at, *copies)


def _body(tail: Tail, draft: EntryDraft, at: str, terminal: str, detail: Detail) -> str:
    """Write the entry as canonical JSON, member by member in their order: nothing that is let in has to be escaped.

    The general encoder takes three times as long, which taking in many messages would feel.
    """
    members = ",".join(f'"{key}":{_member(detail[key])}' for key in sorted(detail))
    return (
        f'{{"actor":{_name(draft.actor)},"at":"{at}","detail":{{{members}}},"event":"{draft.event.value}",'
        f'"object":{_name(draft.object)},"prev":"{tail.hash.hex()}","result":"{draft.result.value}",'
        f'"seq":{tail.seq + 1},"session":{_name(draft.session)},"terminal":{terminal},"v":{FORMAT}}}'
    )


def _name(name: str | None) -> str:
    return "null" if name is None else f'"{name}"'


def _member(value: str | int) -> str:
    return str(int(value)) if isinstance(value, int) else f'"{value}"'


def detail_is_canonical(detail: bytes) -> bool:
    """Tell whether the members of a detail, as LAYOUT found it, are in ascending order and each there once."""
    names = _MEMBER_NAME.findall(detail)
    return all(one < other for one, other in pairwise(names))


def _refuse_unfit(draft: EntryDraft) -> None:
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
