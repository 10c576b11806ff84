"""Everything about one person: both directions in the order of time, and what each side told last."""

import pytest

from console.jobs import exchange
from console.jobs.messages import listing, review
from console.jobs.residents import person, protection
from console.jobs.residents.person import StatedValue
from console.session import Session
from store.log import Event
from tests.console.jobs.messages.test_pairs import report
from tests.console.jobs.site import APPROVER, CHIEF, OPERATOR, Site, entry, notice, person_of
from transport.evidence.envelope import Purpose

pytestmark = pytest.mark.by_engine

CARD = "AB12345678CD"
RENEWED = [{"item": "card_number", "before": CARD, "after": "XY00000000YX", "reason": "changed"}]
MOVED = person_of(address="東京都新宿区架空町九丁目9番9号")


@pytest.fixture
def operator(site: Site) -> Session:
    return site.session(OPERATOR)


def words_of(found: person.PersonView, side: str) -> dict[str, object]:
    stated = {each.item: getattr(each, side) for each in found.last_words}
    return {item: statement.value for item, statement in stated.items() if isinstance(statement, StatedValue)}


@pytest.fixture
def both_ways(served: Site, operator: Session) -> Site:
    """A pair that was sent, a correction that waits, two notices about the same person and one about another."""
    served.approve([entry(1), report(1)])
    exchange.send(served.terminal, operator)
    exchange.receive(served.terminal, operator)
    basis = {"kind": "report", "article": "juki-23", "reported_on": "2026-11-22"}
    later = {"occurred_at": "2026-11-22T09:30:00+09:00", "action": "correction", "corrected": ["address"]}
    moved = {"previous_address": person_of()["address"], "basis": basis, "subject": entry(1)["subject"]}
    served.take_in([entry(2, person=MOVED, **later, **moved), entry(3, card_number="ZZ99999999ZZ")])
    notices = [
        notice(1, card_number=CARD),
        notice(2, card_number="XY00000000YX", changes=RENEWED, occurred_at="2026-11-21T10:00:00+09:00"),
        # The number of the card is the same, the person is not.
        notice(3, card_number=CARD, person=person_of(birth_date="1991-01-01")),
    ]
    for place, record in enumerate(notices):
        served.feed(record, Purpose.NOTICE, f"{place:032x}")
    exchange.receive(served.terminal, served.session(CHIEF))
    return served


def test_both_directions_are_on_one_page_and_nobody_elses(both_ways: Site, operator: Session) -> None:
    found = person.person(both_ways.terminal, operator, both_ways.number("R-000001"))
    assert [row.reference for row in found.rows] == ["R-000002", "N-000002", "N-000001", "R-000001"]
    # The pair is one row of two messages.
    assert (found.messages, found.subject) == (5, entry(1)["subject"])
    # The agency has told of another card since.
    assert found.former == (CARD,)
    (logged,) = both_ways.entries(Event.RESIDENT_READ)
    assert logged.object == both_ways.row(both_ways.number("R-000001")).subject


def test_what_each_side_told_last_and_what_waits_untold(both_ways: Site, operator: Session) -> None:
    found = person.person(both_ways.terminal, operator, both_ways.number("R-000002"))
    ours, theirs, untold = (words_of(found, side) for side in ("ours", "theirs", "untold"))
    assert ours["person.address"] == person_of()["address"]
    assert ours["card_number"] == CARD
    assert theirs == {"card_number": "XY00000000YX"}
    # The number of the card is behind what the agency told.
    assert untold == {"person.address": MOVED["address"], "card_number": CARD}
    # Nobody was told anything of the other person: the number in the message is the present one.
    waiting = person.person(both_ways.terminal, operator, both_ways.number("R-000003"))
    assert (words_of(waiting, "ours"), waiting.former) == ({}, ())
    # What is approved and sent is told.
    review.approve(both_ways.terminal, both_ways.session(APPROVER), [both_ways.number("R-000002")])
    exchange.send(both_ways.terminal, operator)
    found = person.person(both_ways.terminal, operator, both_ways.number("R-000002"))
    assert (words_of(found, "ours")["person.address"], words_of(found, "untold")) == (MOVED["address"], {})


def test_a_notice_leads_to_the_messages_of_its_person(both_ways: Site, operator: Session) -> None:
    by_message = person.person(both_ways.terminal, operator, both_ways.number("R-000001"))
    by_notice = person.person(both_ways.terminal, operator, both_ways.number("N-000002"))
    assert [row.id for row in by_notice.rows] == [row.id for row in by_message.rows]
    # Of somebody of whom only a notice is here, the page shows that.
    alone = person.person(both_ways.terminal, operator, both_ways.number("N-000003"))
    assert ([row.reference for row in alone.rows], alone.subject) == (["N-000003"], "")


def test_a_hidden_address_is_hidden_on_the_page_as_well(both_ways: Site, operator: Session) -> None:
    number = both_ways.number("R-000001")
    protection.protect(both_ways.terminal, operator, number)
    found = person.person(both_ways.terminal, operator, number)
    assert found.protected
    assert person_of()["address"] not in repr(found)
    assert words_of(found, "ours")["person.address"] == protection.HIDDEN


def test_a_search_alone_is_not_recorded_as_one(both_ways: Site, operator: Session) -> None:
    person.person(both_ways.terminal, operator, both_ways.number("N-000001"))
    assert both_ways.entries(Event.MESSAGE_SEARCHED) == []
    listing.find(both_ways.terminal, operator, listing.QueueQuery(), "HOSSAIN")
    assert len(both_ways.entries(Event.MESSAGE_SEARCHED)) == 1
