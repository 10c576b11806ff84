"""The other message of an event: who shows it, who decides about both, and what keeps both."""

from typing import Any

import pytest

from console.jobs.messages import claims, listing, partners, reading, review
from console.jobs.work import lists, outline
from console.jobs.work.outline import Obstacle
from console.session import Session
from store.log import Event
from store.message.states import Step
from tests.console.jobs.messages.test_pairs import report
from tests.console.jobs.site import APPROVER, Site, entry

pytestmark = pytest.mark.by_engine


@pytest.fixture
def approver(site: Site) -> Session:
    return site.session(APPROVER)


def take_in(site: Site, *records: dict[str, Any]) -> list[int]:
    return list(site.take_in(records))


def rows_of(site: Site, person: Session, numbers: list[int]) -> list[listing.QueueRow]:
    return listing.rows(site.terminal, person, numbers)


def test_each_half_names_the_other_and_what_stands_alone_names_none(site: Site, approver: Session) -> None:
    first, second, alone = take_in(site, entry(1), report(1), entry(2))
    halves = [row.pair and row.pair.id for row in rows_of(site, approver, [first, second, alone])]
    assert halves == [second, first, None]
    # A report that came twice fits the record twice: people tell the two apart.
    again = take_in(site, report(1, reference="T-AGAIN"))
    assert [row.other for row in rows_of(site, approver, [first, second, *again])] == [None] * 3


def test_a_list_has_one_row_for_a_pair_unless_it_is_taken_apart(site: Site, approver: Session) -> None:
    first, second, alone = take_in(site, entry(1), report(1), entry(2))
    known = listing.ids(site.terminal, approver, listing.QueueQuery())
    assert list(known) == [first, second, alone]
    assert list(lists.folded(site.terminal, approver, known)) == [first, alone]
    assert lists.folded(site.terminal, approver, known, frozenset({first, second})) == known
    # Where the halves are in different states, each waits for somebody else.
    review.give_back(site.terminal, approver, [second], reason="why")
    assert lists.folded(site.terminal, approver, known) == known


def test_both_halves_take_a_step_or_neither(site: Site, approver: Session) -> None:
    first, second, alone = take_in(site, entry(1), report(1), entry(2))
    foreseen = outline.outline(site.terminal, approver, [alone, first], Step.APPROVE)
    assert (list(foreseen.ids), foreseen.kinds) == (
        [alone, first, second],
        {"resident_record": 2, "residence_report": 1},
    )
    seen = {row.id: row.version for row in rows_of(site, approver, [first, second, alone])}
    # Somebody changes the second half after it was shown.
    review.hold(site.terminal, approver, [second])
    review.release(site.terminal, approver, [second])
    done = review.approve(site.terminal, approver, foreseen.ids, seen=seen, together=foreseen.together)
    assert done.changed == [alone]
    assert {refusal.id: refusal.reason for refusal in done.refused} == {
        first: "pair_apart",
        second: "message_changed",
    }
    assert site.states([first, second]) == ["review", "review"]
    done = review.approve(site.terminal, approver, foreseen.ids[1:], together=foreseen.together)
    assert sorted(done.changed) == [first, second]


def test_what_keeps_one_half_keeps_both(site: Site, approver: Session) -> None:
    first, second = take_in(site, entry(1), report(1))
    reading.read(site.terminal, site.session(APPROVER), second, take=True)
    other = site.session("ka-301")
    assert rows_of(site, other, [first])[0].claim is not None
    behind = outline.outline(site.terminal, other, [first], Step.APPROVE).behind
    assert {obstacle: sorted(numbers) for obstacle, numbers in behind.items()} == {Obstacle.CLAIM: [first, second]}


def test_who_opens_a_pair_has_read_both_and_has_both_in_hand(site: Site, approver: Session) -> None:
    first, second = take_in(site, entry(1), report(1))
    view = reading.read(site.terminal, approver, first, take=True, pair=True)
    assert view.half is not None
    assert view.half.record["deemed_by"] == "juki-22"
    read = {row.object for row in site.entries(Event.MESSAGE_READ)}
    assert read == {site.row(number).uid for number in (first, second)}
    other = site.session("ka-301")
    assert all(row.claim is not None for row in rows_of(site, other, [first, second]))
    claims.put_back(site.terminal, approver, first, second)
    assert all(row.claim is None for row in rows_of(site, other, [first, second]))
    assert reading.read(site.terminal, approver, first).half is None


def test_portions_never_end_within_a_pair() -> None:
    numbers = list(range(review.PORTION + 2))
    together = {review.PORTION - 1: review.PORTION, review.PORTION: review.PORTION - 1}
    ordered = review.beside(numbers, together)
    assert sorted(ordered) == numbers
    places = sorted(ordered.index(half) for half in together)
    assert places[1] - places[0] == 1
    assert places[0] // review.PORTION == places[1] // review.PORTION


def test_no_content_is_opened_for_what_stands_alone(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    (number,) = take_in(site, entry(1))
    row = site.row(number)
    monkeypatch.setattr(partners, "message_from_record", None)
    with site.terminal.database.reading() as snapshot:
        assert partners.partners(site.terminal, snapshot, [row]) == {}
