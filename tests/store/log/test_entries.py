"""One entry has one spelling, names the entry before it, and has no room for names or free text."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest

from store import clock
from store.errors import LogEntryRefused
from store.log.entries import (
    EMPTY,
    ENTRY_COLUMNS,
    LAYOUT,
    EntryDraft,
    Tail,
    detail_is_canonical,
    extend,
)
from store.log.events import Event, Result
from store.log.rows import put_together

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
UID = "0f" * 16


@dataclass
class Written:
    """An entry that `extend` wrote: the chain's new end, the row, and the body that is put together from it."""

    tail: Tail
    body: bytes
    row: dict[str, object]


def _write(draft: EntryDraft, tail: Tail = EMPTY, now: datetime = NOW) -> Written:
    end, values = extend(tail, draft, terminal_id="t-131041-01", now=now)
    row = dict(zip(ENTRY_COLUMNS, values, strict=True))
    stored: Any = SimpleNamespace(**{**row, "at": clock.to_microseconds(end.at or now)})
    body = put_together(stored, tail.hash.hex())
    assert body is not None
    return Written(end, body, row)


def test_a_body_is_canonical_json() -> None:
    written = _write(EntryDraft(Event.MESSAGE_READ, "op-101", UID, UID, detail={"to": 2, "from": "draft", "count": -1}))
    members = json.loads(written.body)

    assert json.dumps(members, sort_keys=True, separators=(",", ":")).encode() == written.body
    assert members["detail"] == {"count": -1, "from": "draft", "to": 2}


@pytest.mark.parametrize(
    "draft",
    [
        EntryDraft(Event.TERMINAL_STARTED),
        EntryDraft(Event.MESSAGE_READ, "op-101", UID, UID, Result.REFUSED, {"code": "", "kind": "a.B:c,+_-", "bad": 0}),
        EntryDraft(Event.MESSAGE_READ, detail={"known": True, "count": 2**63}),
    ],
)
def test_what_is_written_has_the_layout_that_verification_expects(draft: EntryDraft) -> None:
    match = LAYOUT.fullmatch(_write(draft).body)

    assert match is not None
    assert detail_is_canonical(match["detail"])


def test_body_and_columns_hold_each_member_once() -> None:
    written = _write(EntryDraft(Event.MESSAGE_APPROVED, "ap-201", UID, "message-1", Result.FAILED))
    members = json.loads(written.body)

    assert written.row["hash"] == written.tail.hash == sha256(written.body).digest()
    for name in ("seq", "event", "actor", "session", "object", "result"):
        assert members.pop(name) == written.row[name]
    assert written.row["body"] == b'{"detail":{},"terminal":"t-131041-01","v":2}'
    assert members.keys() == {"at", "prev", "detail", "terminal", "v"}


def test_each_entry_names_the_hash_of_the_one_before() -> None:
    first = _write(EntryDraft(Event.TERMINAL_STARTED))
    second = _write(EntryDraft(Event.TERMINAL_STOPPED), first.tail)

    assert json.loads(first.body)["prev"] == "0" * 64
    assert json.loads(second.body)["prev"] == first.tail.hash.hex()
    assert (first.tail.seq, second.tail.seq) == (1, 2)


def test_time_never_runs_backwards() -> None:
    first = _write(EntryDraft(Event.TERMINAL_STARTED))
    behind = _write(EntryDraft(Event.TERMINAL_STOPPED, detail={"count": 1}), first.tail, NOW - timedelta(seconds=1.5))
    same = _write(EntryDraft(Event.TERMINAL_STOPPED), first.tail, NOW)

    assert behind.tail.at == behind.row["at"] == NOW
    assert json.loads(behind.body)["detail"] == {"clock_behind_ms": 1500, "count": 1}
    assert json.loads(same.body)["detail"] == {}


def test_true_is_written_as_a_number() -> None:
    assert json.loads(_write(EntryDraft(Event.MESSAGE_READ, detail={"known": True})).body)["detail"] == {"known": 1}


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (EntryDraft(Event.MESSAGE_READ, actor="山田太郎"), "name"),
        (EntryDraft(Event.MESSAGE_READ, actor='op"101'), "name"),
        (EntryDraft(Event.MESSAGE_READ, session="ab"), "name"),
        (EntryDraft(Event.MESSAGE_READ, object="a" * 65), "name"),
        (EntryDraft(Event.MESSAGE_READ, object="op-101\n"), "name"),
        (EntryDraft(Event.MESSAGE_READ, detail={"address": "x"}), "detail"),
        (EntryDraft(Event.MESSAGE_READ, detail={"code": "two words"}), "code"),
        (EntryDraft(Event.MESSAGE_READ, detail={"code": 'a"b'}), "code"),
        (EntryDraft(Event.MESSAGE_READ, detail={"code": "a\\b"}), "code"),
        (EntryDraft(Event.MESSAGE_READ, detail={"label": "x" * 129}), "label"),
    ],
)
def test_an_unfit_part_is_refused_by_its_field_and_never_repeated(draft: EntryDraft, field: str) -> None:
    with pytest.raises(LogEntryRefused) as caught:
        _write(draft)
    assert caught.value.facts == {"event": "message.read", "field": field}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"v":2}', b'"v":3}'),
        (b'"v":2}', b'"v":2,"w":1}'),
        (b'"v":2}', b'"v":2} '),
        (b'"seq":1', b'"seq":01'),
        (b'"seq":1', b'"seq":0'),
        (b'"actor":null', b'"actor":"op 101"'),
        (b'"actor":null', b'"actor": null'),
        (b'"detail":{}', b'"detail":{"a":"\\u0041"}'),
        (b'"detail":{}', b'"detail":{"a":01}'),
        (b'"detail":{}', b'"detail":{"a":-0}'),
        (b'"at":"2026', b'"at":"+2026'),
    ],
)
def test_another_spelling_is_no_entry(old: bytes, new: bytes) -> None:
    body = _write(EntryDraft(Event.TERMINAL_STARTED)).body
    assert old in body

    assert LAYOUT.fullmatch(body.replace(old, new)) is None


@pytest.mark.parametrize(
    ("detail", "canonical"),
    [
        (b"", True),
        (b'"a":1', True),
        (b'"a":1,"b":"x"', True),
        (b'"b":1,"a":1', False),
        (b'"a":1,"a":1', False),
        (b'"a":1,"b":2,"a":3', False),
    ],
)
def test_details_are_in_order_and_not_repeated(detail: bytes, canonical: bool) -> None:  # noqa: FBT001  # A case of the table.
    assert detail_is_canonical(detail) == canonical
