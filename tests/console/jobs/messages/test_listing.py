"""Looking at the queue: counts, pages, snapshots, one message whole; and that looking is recorded.

It shows `console.jobs.messages.reading` as well.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from console.jobs.messages import listing, reading, review
from console.jobs.messages.listing import QueueQuery
from console.session import Session
from console.settings import ReviewSettings
from store import clock
from store.errors import MessageMissing, SealBroken
from store.log import Event
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import APPROVER, OPERATOR, Record, Site, doubtful, entry, person_of

pytestmark = pytest.mark.by_engine


@pytest.fixture
def operator(site: Site) -> Session:
    return site.session(OPERATOR)


def ago(number: int, hours: float) -> Record:
    return entry(number, occurred_at=(clock.now() - timedelta(hours=hours)).replace(microsecond=0).isoformat())


def test_counts(site: Site) -> None:
    site.terminal.settings = replace(site.terminal.settings, review=ReviewSettings(overdue_hours=2))
    site.take_in([ago(1, 1), ago(2, 3)])
    (held,) = site.approve([ago(3, 3)])
    review.hold(site.terminal, site.session(APPROVER), [held])
    site.approve([ago(4, 1)])
    counts = listing.counts(site.terminal)
    assert (counts.review, counts.approved, counts.held, counts.overdue) == (2, 1, 1, 2)
    assert (counts.unknown, counts.refused, counts.received) == (0, 0, 0)
    # Both in review: that the held one is late, the list of what is overdue says.
    assert counts.todo == 2


def test_page_by_page_oldest_first(site: Site, operator: Session) -> None:
    site.take_in([ago(1, 3), ago(2, 5), ago(3, 1), ago(4, 4)])
    first = listing.page(site.terminal, operator, QueueQuery(limit=3))
    assert [row.id for row in first.rows] == [2, 4, 1]
    assert (first.total, first.next is None) == (4, False)
    rest = listing.page(site.terminal, operator, QueueQuery(limit=3, after=first.next))
    assert ([row.id for row in rest.rows], rest.next) == ([3], None)
    assert list(listing.ids(site.terminal, operator, QueueQuery(direction="out"))) == [2, 4, 1, 3]
    assert [row.id for row in listing.rows(site.terminal, operator, [3, 99, 1])] == [3, 1]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (QueueQuery(state="approved"), [1]),
        (QueueQuery(state="received"), []),
        (QueueQuery(direction="in"), []),
        (QueueQuery(direction="in", state="approved"), []),
        (QueueQuery(reference="R-00000"), [1, 2]),
        (QueueQuery(reference="R-000002"), [2]),
        (QueueQuery(reference="%"), []),
        (QueueQuery(overdue=True), [1, 2]),
        (QueueQuery(being_undone=True), []),
    ],
)
def test_what_is_listed(site: Site, operator: Session, query: QueueQuery, expected: list[int]) -> None:
    site.approve([entry(1)])
    site.take_in([entry(2)])
    page = listing.page(site.terminal, operator, query)
    assert [row.id for row in page.rows] == expected
    assert page.total == len(expected)


def test_a_row_tells_what_a_person_looks_for(site: Site, operator: Session) -> None:
    name = "A\u0301NA 葛\U000e0100城"
    site.take_in([entry(1, person=person_of(name=name)), doubtful(2)])
    first, second = listing.page(site.terminal, operator, QueueQuery()).rows
    assert first.name == name, "not normalised, not cut"
    assert (first.author, first.approver, first.warnings, second.warnings) == (OPERATOR, None, 0, 1)
    assert first.matter == ("entry", "juki-22")
    assert first.waiting_seconds > 0


def test_looking_at_a_message_is_recorded(site: Site, operator: Session) -> None:
    (number,) = site.take_in([doubtful(1)])
    view = reading.read(site.terminal, operator, number)
    assert view.record == doubtful(1)
    assert [finding.rule for finding in view.findings] == ["paper_date_impossible"]
    assert (view.reason, view.receipt, view.outcome) == (None, None, None)
    assert [step.event for step in view.history] == ["message.imported", "message.read"]
    (made,) = site.entries(Event.MESSAGE_READ)
    assert (made.actor, made.session, made.object) == (OPERATOR, operator.id, site.row(number).uid)
    with pytest.raises(MessageMissing):
        reading.read(site.terminal, operator, 99)
    assert len(site.entries(Event.MESSAGE_READ)) == 1


@ON_SQLITE
def test_people_are_found_by_a_part_of_the_name_the_newest_first(site: Site, operator: Session) -> None:
    names = ("NGUYEN VAN AN", "TRAN THI", "LE NGUYEN")
    site.take_in([entry(number, person=person_of(name=name)) for number, name in enumerate(names, 1)])
    assert list(listing.find(site.terminal, operator, QueueQuery(), "nguyen")) == [3, 1]
    assert list(listing.find(site.terminal, operator, QueueQuery(reference="R-000003"), "nguyen")) == [3]
    assert list(listing.find(site.terminal, operator, QueueQuery(direction="in"), "nguyen")) == []
    # The log tells who looked and how many were found; the name is in none of its entries.
    searches = site.entries(Event.MESSAGE_SEARCHED)
    assert [(row.actor, row.detail) for row in searches] == [(OPERATOR, {"count": count}) for count in (2, 1, 0)]


@ON_SQLITE
def test_one_field_finds_numbers_and_references_and_keeps_a_person_together(site: Site, operator: Session) -> None:
    person, later = {"subject": "6491884651"}, {"occurred_at": "2026-11-21T09:30:00+09:00"}
    site.take_in([entry(1, **person), entry(2, card_number="ZZ99999999ZZ", **later)])
    site.take_in([entry(3, occurred_at="2026-11-22T09:30:00+09:00", **person)])

    def found(text: str) -> list[int]:
        return list(listing.find(site.terminal, operator, QueueQuery(), text))

    # What came last comes first, and brings along what else there is about the same person.
    assert found("hossain") == [3, 1, 2]
    assert [found(text) for text in ("1884651", "zz9999", "ＺＺ９９９９", "r-000002", "000002", "nobody")] == [
        [3, 1],
        [2],
        [2],
        [2],
        [2],
        [],
    ]


def test_a_content_that_was_put_in_anothers_place_does_not_open(site: Site, operator: Session) -> None:
    site.take_in([entry(1), entry(2)])
    site.raw("UPDATE content SET ciphertext = (SELECT ciphertext FROM content WHERE message_id = 2)")
    with pytest.raises(SealBroken):
        reading.read(site.terminal, operator, 1)
