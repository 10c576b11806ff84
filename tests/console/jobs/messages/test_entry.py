"""Entry by hand: proposed, judged while it is typed, reviewed like everything else, and never overwritten."""

from typing import Any

import pytest

from console.errors import RecordFaulty, UndoneAlready
from console.jobs import exchange
from console.jobs.messages import claims, listing, reading, review
from console.jobs.messages import entry as hand
from console.session import Session
from store import clock
from store.errors import MessageChanged, MessageMissing, ReferenceTaken, StepRefused
from store.log import Event
from store.message.canonical import decode
from store.message.codes import Category
from store.message.states import Pointer
from store.queue import content_of, next_to_send
from tests.console.jobs.site import APPROVER, OPERATOR, Site, doubtful, entry, person_of


@pytest.fixture
def operator(site: Site) -> Session:
    return site.session(OPERATOR)


def answered(preset: dict[str, Any], subject: str = "0000000001") -> dict[str, Any]:
    """Fill in what a clerk knows of a person who moved in from another municipality."""
    record = {**preset, "person": person_of(), "card_number": "AB12345678CD", "subject": subject}
    if record["kind"] == "resident_record":
        return {**record, "basis": {**record["basis"], "reported_on": "2026-11-19"}}
    moved = {"moved_on": "2026-11-18", "previous_address": "東京都中野区仮設町9番9号"}
    return {**record, "reported_on": "2026-11-19", **moved}


def test_from_the_event_to_the_queue(site: Site, operator: Session) -> None:
    pair = hand.propose(site.terminal, operator, "move_in", category=Category.MID_LONG_TERM)
    assert [str(proposal.kind) for proposal in pair] == ["resident_record", "residence_report"]
    for proposal in pair:
        judged = hand.judge(site.terminal, proposal.preset)
        assert judged.wanted == proposal.asked
        assert "person.name" in judged.wanted
        assert "reference" not in judged.wanted
        assert "occurred_at" not in judged.wanted
    records = [answered(proposal.preset) for proposal in pair]
    assert [hand.judge(site.terminal, record).findings for record in records] == [(), ()]
    numbers = hand.enter(site.terminal, operator, records)
    assert site.states(numbers) == ["review", "review"]
    assert [row.detail["kind"] for row in site.entries(Event.MESSAGE_ENTERED)] == [
        "resident_record",
        "residence_report",
    ]
    assert [refusal.id for refusal in review.approve(site.terminal, site.session(APPROVER), numbers).refused] == []

    # The next proposal of the day has references of its own.
    again = hand.propose(site.terminal, operator, "move_in", category=Category.MID_LONG_TERM)
    assert not {proposal.preset["reference"] for proposal in again} & {record["reference"] for record in records}


def test_the_card_was_not_handed_in(site: Site, operator: Session) -> None:
    alone = hand.propose(site.terminal, operator, "move_in", category=Category.MID_LONG_TERM, card_presented=False)
    assert [str(proposal.kind) for proposal in alone] == ["resident_record"]


def test_events_that_are_never_notified_or_none(site: Site, operator: Session) -> None:
    assert hand.propose(site.terminal, operator, "insurance", category=Category.MID_LONG_TERM) == ()
    with pytest.raises(KeyError):
        hand.propose(site.terminal, operator, "wedding", category=Category.MID_LONG_TERM)


def test_judging_changes_nothing_and_bears_everything(site: Site) -> None:
    before = site.contents()
    for record in ({}, {"kind": 3}, {"kind": "agency_notice"}, {"kind": "resident_record", "person": "x"}, entry(1)):
        hand.judge(site.terminal, record)
    assert site.contents() == before


def test_all_or_none_are_entered(site: Site, operator: Session) -> None:
    before = site.contents()
    with pytest.raises(RecordFaulty) as refused:
        hand.enter(site.terminal, operator, [entry(1), entry(2, person=person_of(name="", sex="?"))])
    assert refused.value.facts == {"field": "person.name", "count": "2"}
    for records in ([entry(3), entry(3)], [entry(3), entry(3, card_number="XY00000000YX")]):
        with pytest.raises(ReferenceTaken):
            hand.enter(site.terminal, operator, records)
    assert site.contents() == before
    hand.enter(site.terminal, operator, [entry(3)])
    with pytest.raises(ReferenceTaken):
        hand.enter(site.terminal, operator, [entry(4), entry(3)])
    assert list(listing.ids(site.terminal, operator, listing.QueueQuery())) == [1]


def test_a_warning_goes_with_what_is_entered(site: Site, operator: Session) -> None:
    (number,) = hand.enter(site.terminal, operator, [doubtful(1)])
    assert site.row(number).warnings == 1


def test_a_returned_message_is_revised(site: Site, operator: Session) -> None:
    (number,) = site.take_in([entry(1)])
    review.give_back(site.terminal, site.session(APPROVER), [number], reason="the number")
    record, version = hand.open_for_revision(site.terminal, operator, number)
    assert record == entry(1)
    hand.revise(site.terminal, operator, number, {**record, "card_number": "XY00000000YX"}, version=version)
    assert site.states([number]) == ["review"]
    assert reading.read(site.terminal, operator, number).record["card_number"] == "XY00000000YX"
    with site.terminal.database.reading() as connection:
        first = decode(content_of(connection, site.terminal.vault, site.row(number), 1))
    assert first == entry(1), "the old revision stays readable"
    (made,) = site.entries(Event.MESSAGE_REVISED)
    assert made.detail == {"revision": 2, "content": site.row(number).digest.hex(), "version": 3}


def test_what_somebody_else_changed_is_looked_at_anew(site: Site, operator: Session) -> None:
    (number,) = site.take_in([entry(1)])
    _, version = hand.open_for_revision(site.terminal, operator, number)
    # The claim keeps others out; a console that was cut off for long has lost it.
    claims.put_back(site.terminal, operator, number)
    review.hold(site.terminal, site.session(APPROVER), [number])
    before = site.contents()
    with pytest.raises(MessageChanged):
        hand.revise(site.terminal, operator, number, entry(1, card_number="XY00000000YX"), version=version)
    assert site.contents() == before


def test_a_revision_keeps_kind_and_reference(site: Site, operator: Session) -> None:
    first, second = site.take_in([entry(1), entry(2)])
    for record in (entry(2), entry(77)):
        with pytest.raises(ReferenceTaken):
            hand.revise(site.terminal, operator, first, record, version=1)
    with pytest.raises(RecordFaulty):
        hand.revise(site.terminal, operator, second, entry(2, person={}), version=1)
    assert [site.row(number).revision for number in (first, second)] == [1, 1]


def test_a_revised_moment_or_person_decides_the_order(site: Site, operator: Session) -> None:
    def at(number: int, hour: int, subject: str) -> dict[str, Any]:
        return entry(number, subject=subject, occurred_at=f"2026-11-20T{hour:02}:00:00+09:00")

    early, late = site.take_in([at(1, 9, "0000000001"), at(2, 10, "0000000002")])
    # Both are the same person's, as it turns out, and the one taken for the earlier happened later.
    hand.revise(site.terminal, operator, early, at(1, 11, "0000000002"), version=1)
    review.approve(site.terminal, site.session(APPROVER), [early, late])
    with site.terminal.database.reading() as connection:
        assert [row.id for row in next_to_send(connection, "t-1", clock.now(), 10)] == [late]
    listed = listing.page(site.terminal, operator, listing.QueueQuery()).rows
    assert [row.id for row in listed] == [late, early]


def test_what_has_left_is_not_revised_but_undone(served: Site, operator: Session) -> None:
    (number,) = served.approve([entry(1)])
    with pytest.raises(StepRefused):
        hand.counter(served.terminal, operator, number, Pointer.CANCELS)
    exchange.send(served.terminal, operator)
    with pytest.raises(StepRefused):
        hand.revise(served.terminal, operator, number, entry(1), version=served.row(number).version)
    exchange.receive(served.terminal, operator)
    record = hand.counter(served.terminal, operator, number, Pointer.CANCELS)
    assert record["cancels"] == "R-000001"
    assert record["reference"] != "R-000001"
    assert hand.judge(served.terminal, record).findings == ()
    (undoing,) = hand.enter(served.terminal, operator, [record])
    with pytest.raises(UndoneAlready):
        hand.counter(served.terminal, operator, number, Pointer.REPLACES)
    with pytest.raises(UndoneAlready):
        hand.enter(served.terminal, operator, [{**record, "reference": "R-OTHER"}])
    review.approve(served.terminal, served.session(APPROVER), [undoing])
    exchange.send(served.terminal, operator)
    exchange.receive(served.terminal, operator)
    assert served.states([number, undoing]) == ["accepted", "accepted"]


def test_messages_that_are_not_there(site: Site, operator: Session) -> None:
    with pytest.raises(MessageMissing):
        hand.open_for_revision(site.terminal, operator, 7)
    with pytest.raises(MessageMissing):
        hand.counter(site.terminal, operator, 7, Pointer.REPLACES)
