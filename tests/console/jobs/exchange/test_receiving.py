"""What the peer's feed may bring: whatever cannot be taken in is rejected by itself, and the rest goes on."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console.jobs import exchange
from console.jobs.exchange import ReceiveOutcome
from console.jobs.messages import listing, reading
from console.session import Session
from store.errors import RowSealBroken
from store.log import Event, Log
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import OPERATOR, Record, Site, entry, notice, person_of
from transport import agency
from transport.agency import texts
from transport.evidence.envelope import Purpose
from transport.line.client import FeedItem, Line
from transport.parties.authority import Use
from transport.parties.identity import Identity
from transport.problems import Problem

NOTICE, RESULT = Purpose.NOTICE, Purpose.RESULT
# What comes in is examined in the same way on either engine.
pytestmark = ON_SQLITE


@pytest.fixture
def operator(site: Site) -> Session:
    return site.session(OPERATOR)


def new_id() -> str:
    return uuid.uuid4().hex


def receive_between_good_ones(site: Site, operator: Session) -> ReceiveOutcome:
    """Receive what lies in the feed with a good notice behind it, which has to come in whatever lies before."""
    agency.post(site.agency_home, [notice(999)])
    received = exchange.receive(site.terminal, operator)
    assert received.interruption is None
    assert reading.read(site.terminal, operator, site.number("N-000999")).record == notice(999)
    assert site.log_holds()
    # The cursor has passed all of it: nothing comes again, and nothing blocks.
    again = exchange.receive(site.terminal, operator)
    assert (again.received, again.rejected, again.results) == (0, 0, 0)
    return received


def rejected(received: ReceiveOutcome) -> list[str | None]:
    return [item.code for item in received.items if item.outcome == "rejected"]


def result(site: Site, number: int, **items: Any) -> Record:
    row = site.row(number)
    return {
        "message": row.uid,
        "kind": row.kind,
        "reference": row.reference,
        "outcome": "accepted",
        "code": None,
        "cause": None,
        "remedy": None,
        **items,
    }


def test_an_item_by_another_signer(served: Site, operator: Session, tmp_path: Path) -> None:
    other = Identity.create(tmp_path / "other", "agency-test", Use.AGENCY)
    served.feed(notice(1), NOTICE, new_id(), signer=other)
    received = receive_between_good_ones(served, operator)
    assert (received.received, rejected(received)) == (1, ["envelope_sender_key_unknown"])
    (entry_made,) = served.entries(Event.NOTICE_REJECTED)
    assert entry_made.result == "refused"
    assert entry_made.detail["code"] == "envelope_sender_key_unknown"
    assert entry_made.detail["position"] == 1
    assert served.received().acknowledged == 1


def test_items_that_are_no_envelopes(served: Site, operator: Session) -> None:
    raws = (b"", b"RNK1", b"nonsense" * 100, b"RNK1" + bytes(500))
    for raw in raws:
        served.feed_raw(new_id(), raw)
    codes = rejected(receive_between_good_ones(served, operator))
    assert len(codes) == len(raws)
    assert all(code is not None and code.startswith("envelope_") for code in codes)


UNFIT_NOTICES: list[tuple[Record | bytes, str]] = [
    (notice(1, speed=3), "notice_unfit"),
    (notice(1, changes=[]), "notice_unfit"),
    (notice(1, person=person_of(name="A\x1b[2J")), "notice_unfit"),
    (notice(1, municipality="011002"), "notice_unfit"),
    (entry(1), "notice_unfit"),
    ({}, "notice_unfit"),
    (b"[]", "item_unreadable"),
    (b"\xff", "item_unreadable"),
    (b"", "item_unreadable"),
    (b"[" * 20_000, "item_unreadable"),
    (b'{"a":' * 10_000, "item_unreadable"),
]


def test_notices_that_break_the_rules(served: Site, operator: Session) -> None:
    for content, _ in UNFIT_NOTICES:
        served.feed(content, NOTICE, new_id())
    received = receive_between_good_ones(served, operator)
    assert received.received == 1
    assert rejected(received) == [code for _, code in UNFIT_NOTICES]
    assert served.received().acknowledged == 1, "what was not taken in is not acknowledged"


def test_the_same_item_twice(served: Site, operator: Session) -> None:
    served.feed(notice(1), NOTICE, new_id())
    ((envelope,),) = served.agency_raw("SELECT envelope FROM feed")
    served.feed_raw(new_id(), envelope)
    received = receive_between_good_ones(served, operator)
    assert (received.received, rejected(received)) == (2, ["item_replayed"])
    assert len(served.entries(Event.NOTICE_RECEIVED)) == 2


def test_other_bytes_under_a_known_id(served: Site, operator: Session) -> None:
    known = new_id()
    served.feed(notice(1), NOTICE, known)
    served.feed(notice(2), NOTICE, known)
    received = receive_between_good_ones(served, operator)
    assert (received.received, rejected(received)) == (2, ["notice_conflict"])
    (alarm,) = served.entries(Event.NOTICE_CONFLICT)
    assert (alarm.object, alarm.result) == (known, "refused")
    assert reading.read(served.terminal, operator, served.number("N-000001")).record == notice(1)
    assert listing.page(served.terminal, operator, listing.QueueQuery(reference="N-000002")).total == 0
    assert served.received().acknowledged == 2


def test_another_content_under_a_known_reference(served: Site, operator: Session) -> None:
    first, other, again = new_id(), new_id(), new_id()
    served.feed(notice(1), NOTICE, first)
    served.feed(notice(1, noticed_on="2026-11-18"), NOTICE, other)
    served.feed(notice(1), NOTICE, again)
    received = receive_between_good_ones(served, operator)
    assert (received.received, rejected(received)) == (2, ["notice_conflict"])
    (alarm,) = served.entries(Event.NOTICE_CONFLICT)
    assert alarm.object == other, "the other content, not the same one in another envelope"
    assert served.raw("SELECT about FROM arrival WHERE uid = ?", again) == [(first,)]
    assert reading.read(served.terminal, operator, served.number("N-000001")).record == notice(1)
    assert served.received().acknowledged == 3, "what is known already counts as received; what disputes it does not"


def test_a_notice_under_the_id_of_a_message_of_ours(served: Site, operator: Session) -> None:
    (number,) = served.approve([entry(1)])
    served.feed(notice(1), NOTICE, served.row(number).uid)
    received = receive_between_good_ones(served, operator)
    assert (received.received, rejected(received)) == (1, ["notice_conflict"])
    assert served.states([number]) == ["approved"]


def test_a_notice_that_supersedes_an_earlier_one(served: Site, operator: Session) -> None:
    agency.post(served.agency_home, [notice(1), notice(2, supersedes="N-000001"), notice(3, supersedes="N-000777")])
    assert exchange.receive(served.terminal, operator).received == 3
    numbers = [served.number(f"N-{number:06}") for number in (1, 2, 3)]
    assert served.states(numbers) == ["superseded", "received", "received"]
    (made,) = served.entries(Event.NOTICE_SUPERSEDED)
    assert made.object == served.row(numbers[0]).uid


def test_a_notice_that_comes_after_the_one_that_supersedes_it(served: Site, operator: Session) -> None:
    """Under another number, of another person: the peer's word that it is replaced is enough."""
    newer, older = notice(1, supersedes="N-000002"), notice(2)
    agency.post(served.agency_home, [newer])
    assert exchange.receive(served.terminal, operator).received == 1
    agency.post(served.agency_home, [older])
    assert exchange.receive(served.terminal, operator).received == 1
    numbers = [served.number(f"N-{number:06}") for number in (1, 2)]
    assert served.states(numbers) == ["received", "superseded"]
    (made,) = served.entries(Event.NOTICE_SUPERSEDED)
    assert made.object == served.row(numbers[1]).uid


def test_of_two_notices_that_name_each_other_the_last_stands(served: Site, operator: Session) -> None:
    both = [notice(1, supersedes="N-000002"), notice(2, supersedes="N-000001")]
    agency.post(served.agency_home, both)
    assert exchange.receive(served.terminal, operator).received == 2
    assert served.states([served.number(f"N-{number:06}") for number in (1, 2)]) == ["superseded", "received"]


# The cursor


def batches_of(site: Site, size: int) -> None:
    line = replace(site.terminal.settings.line, batch=size)
    site.terminal.settings = replace(site.terminal.settings, line=line)


def cursor(site: Site) -> int:
    ((position,),) = site.raw("SELECT position FROM cursor")
    return int(position)


def test_reading_from_beyond_the_cursor_loses_nothing(served: Site, operator: Session) -> None:
    agency.post(served.agency_home, [notice(1)])
    exchange.receive(served.terminal, operator)
    agency.post(served.agency_home, [notice(2), notice(3)])
    assert exchange.receive(served.terminal, operator, after=2).received == 2
    assert exchange.receive(served.terminal, operator, after=10**9).received == 0
    agency.post(served.agency_home, [notice(4)])
    assert exchange.receive(served.terminal, operator).received == 1
    assert cursor(served) == 4


def test_reading_once_more_never_moves_the_cursor_back(served: Site, operator: Session) -> None:
    batches_of(served, 1)
    agency.post(served.agency_home, [notice(number) for number in range(1, 4)])
    exchange.receive(served.terminal, operator)
    cursors = list[int]()
    again = exchange.receive(served.terminal, operator, after=0, report=lambda _: cursors.append(cursor(served)))
    assert (again.received, again.rejected, again.interruption) == (0, 0, None)
    assert set(cursors) == {3}


def test_what_another_terminal_rejected_is_not_read_again_here(served: Site, operator: Session) -> None:
    assert exchange.before_rejected(served.terminal) is None
    _rejected_at(served, "131041-02", 3)
    assert exchange.before_rejected(served.terminal) is None
    _rejected_at(served, served.terminal.name, 9)
    _rejected_at(served, served.terminal.name, 7)
    assert exchange.before_rejected(served.terminal) == 6


def test_a_feed_is_read_again_from_the_last_two_hundred_rejections(site: Site) -> None:
    # Years of single rejections would have all of them read again.
    with site.terminal.database.writing() as tx:
        for position in range(1, 203):
            detail: dict[str, str | int] = {"code": "notice_unfit", "position": position}
            site.terminal.log.append(tx, Event.NOTICE_REJECTED, actor=OPERATOR, session=None, detail=detail)
    assert exchange.before_rejected(site.terminal) == 2
    assert exchange.before_rejected(site.terminal, frozenset({"item_unreadable"})) is None


def _rejected_at(site: Site, terminal: str, position: int) -> None:
    detail: dict[str, str | int] = {"code": "item_unreadable", "position": position}
    with site.terminal.database.writing() as tx:
        Log(terminal).append(tx, Event.NOTICE_REJECTED, actor=OPERATOR, session=None, detail=detail)


# What the peer is told


NOT_TAKEN = texts.problem("position_unknown", "0" * 8)


def test_what_the_peer_did_not_take_as_acknowledged_is_told_again(
    served: Site, operator: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    agency.post(served.agency_home, [notice(number) for number in range(1, 4)])
    shown = list[list[int]]()
    acknowledge = Line.acknowledge

    def partly(line: Line, items: Sequence[FeedItem], **named: Any) -> dict[int, Problem]:
        shown.append([item.position for item in items])
        taken = [item for item in items if item.position != 3]
        if taken:
            acknowledge(line, taken, **named)
        return {3: NOT_TAKEN} if len(taken) < len(items) else {}

    with monkeypatch.context() as patch:
        patch.setattr(Line, "acknowledge", partly)
        assert exchange.receive(served.terminal, operator).received == 3
    assert shown == [[1, 2, 3]], "in one receiving it is told once"
    assert served.raw("SELECT position FROM arrival WHERE acknowledged_at IS NULL") == [(3,)]
    assert served.received().acknowledged == 2
    exchange.receive(served.terminal, operator)
    assert served.received().acknowledged == 3
    recorded = [acknowledged.detail for acknowledged in served.entries(Event.NOTICE_ACKNOWLEDGED)]
    assert recorded == [{"count": 2, "position": 2}, {"count": 1, "position": 3}]


def test_nothing_taken_as_acknowledged_is_no_entry(
    served: Site, operator: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    agency.post(served.agency_home, [notice(1)])
    monkeypatch.setattr(Line, "acknowledge", lambda _line, items, **_: {items[0].position: NOT_TAKEN})
    assert exchange.receive(served.terminal, operator).received == 1
    assert served.entries(Event.NOTICE_ACKNOWLEDGED) == []
    assert served.raw("SELECT position FROM arrival WHERE acknowledged_at IS NULL") == [(1,)]


# Results


def delivered(site: Site, operator: Session, count: int = 1) -> list[int]:
    """Send messages and let the agency's own results come in; then nothing is open but what the test makes so."""
    numbers = site.approve([entry(number) for number in range(1, count + 1)])
    exchange.send(site.terminal, operator)
    return numbers


def _unanswered(site: Site) -> None:
    """Keep the agency from answering by itself."""
    site.agency_raw("UPDATE message SET answered = 1")


UNFIT_RESULTS: list[Record] = [
    {"outcome": "perhaps"},
    {"outcome": None},
    {"outcome": ["accepted"]},
    {"outcome": {"accepted": 1}},
    {"message": None},
    {"message": 7},
    {"message": ["x"]},
    {"message": "\ud800"},
    {"code": "WANG XIULAN"},
    {"code": 5},
    {"code": {"a": "b"}},
    {"code": "x" * 65},
    {"cause": "a text"},
    {"cause": {"ja": 3}},
    {"cause": ["ja"]},
    {"remedy": {"ja": "\ud800"}},
    {"remedy": {"\udfff": "x"}},
    {"speed": float("nan")},
    {"speed": float("inf")},
]
OTHERS_RESULTS: list[tuple[Record, str]] = [
    ({"reference": "R-000002"}, "result_of_another"),
    ({"reference": None}, "result_of_another"),
    ({"reference": {"a": 1}}, "result_of_another"),
    ({"kind": "residence_report"}, "result_of_another"),
    ({"kind": 3}, "result_of_another"),
    ({"message": "0" * 32}, "result_of_none"),
]


def test_results_that_do_not_fit(served: Site, operator: Session) -> None:
    numbers = delivered(served, operator, 2)
    _unanswered(served)
    for items in UNFIT_RESULTS:
        served.feed(result(served, numbers[0], **items), RESULT, new_id())
    for items, _ in OTHERS_RESULTS:
        served.feed(result(served, numbers[0], **items), RESULT, new_id())
    received = receive_between_good_ones(served, operator)
    assert received.results == 0
    assert rejected(received) == ["result_unfit"] * len(UNFIT_RESULTS) + [code for _, code in OTHERS_RESULTS]
    assert served.states(numbers) == ["delivered", "delivered"]
    assert served.received().acknowledged == 1, "what was not taken in is not acknowledged"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE result SET outcome = 'refused'",
        "UPDATE result SET code = 'unknown'",
        "UPDATE arrival SET envelope = substr(envelope, 1, 80)",
    ],
)
def test_a_result_is_held_against_what_the_peer_signed_whenever_it_is_read(
    served: Site, operator: Session, change: str
) -> None:
    (number,) = delivered(served, operator)
    exchange.receive(served.terminal, operator)
    outcome = reading.read(served.terminal, operator, number).outcome
    assert outcome is not None
    assert outcome.outcome == "accepted"
    served.raw(change)
    with pytest.raises(RowSealBroken) as refused:
        reading.read(served.terminal, operator, number)
    assert refused.value.facts["table"] == "result"


def test_a_result_about_a_notice(served: Site, operator: Session) -> None:
    agency.post(served.agency_home, [notice(1)])
    exchange.receive(served.terminal, operator)
    number = served.number("N-000001")
    served.feed(result(served, number), RESULT, new_id())
    assert rejected(receive_between_good_ones(served, operator)) == ["result_of_another"]


def test_a_result_of_a_message_that_never_left(served: Site, operator: Session) -> None:
    (number,) = served.approve([entry(1)])
    served.feed(result(served, number), RESULT, new_id())
    assert rejected(receive_between_good_ones(served, operator)) == ["result_unexpected"]
    assert served.states([number]) == ["approved"]


def test_a_second_result_of_the_same_message(served: Site, operator: Session) -> None:
    (number,) = delivered(served, operator)
    exchange.receive(served.terminal, operator)
    served.feed(result(served, number, outcome="refused", code="item_missing"), RESULT, new_id())
    assert rejected(receive_between_good_ones(served, operator)) == ["result_unexpected"]
    assert served.states([number]) == ["accepted"]


def test_a_refusal_of_what_could_not_be_read(served: Site, operator: Session) -> None:
    # PROTOCOL.md, 6.4: kind and reference are null when they could not be told.
    (number,) = delivered(served, operator)
    _unanswered(served)
    refused = result(served, number, outcome="refused", code="content_unreadable", kind=None, reference=None)
    served.feed(refused, RESULT, new_id())
    received = receive_between_good_ones(served, operator)
    assert (received.results, rejected(received)) == (1, [])
    assert served.states([number]) == ["refused"]


def test_each_arrival_is_kept_as_what_it_is(served: Site, operator: Session) -> None:
    delivered(served, operator)
    agency.post(served.agency_home, [notice(1)])
    assert exchange.receive(served.terminal, operator).results == 1
    (result_row,) = served.raw("SELECT uid FROM result")
    kept = served.raw("SELECT uid FROM arrival WHERE purpose = 'result'")
    assert kept == [result_row]
    assert served.raw("SELECT count(*) FROM arrival WHERE purpose = 'notice'") == [(1,)]


def test_a_signed_result_settles_a_message_without_an_answer(served: Site, operator: Session) -> None:
    (number,) = delivered(served, operator)
    served.rewrite("UPDATE message SET state = 'unknown' WHERE id = ?", number)
    assert exchange.receive(served.terminal, operator).results == 1
    assert served.states([number]) == ["accepted"]


def test_what_was_rejected_gets_another_chance(served: Site, operator: Session) -> None:
    # A result comes before its message has left, as after a restored backup; later it fits.
    (number,) = served.approve([entry(1)])
    served.feed(result(served, number), RESULT, new_id())
    assert rejected(exchange.receive(served.terminal, operator)) == ["result_unexpected"]
    exchange.send(served.terminal, operator)
    _unanswered(served)
    again = exchange.receive(served.terminal, operator, after=0)
    assert (again.results, rejected(again)) == (1, [])
    assert served.states([number]) == ["accepted"]


def test_an_item_of_a_purpose_that_does_not_come_this_way(served: Site, operator: Session) -> None:
    served.feed(notice(1), Purpose.MESSAGE, new_id())
    assert rejected(receive_between_good_ones(served, operator)) == ["envelope_purpose_foreign"]
