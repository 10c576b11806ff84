"""Received notices are confirmed by a person, a deletion by two; of several about one person the newest stands."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from console.jobs import exchange
from console.jobs.messages import claims, confirmation, listing, reading, review
from console.jobs.messages.confirmation import Confirmed
from console.jobs.messages.listing import ClaimView
from console.jobs.messages.review import RefusedStep
from console.session import Session
from console.settings import ReviewSettings
from console.terminal import Terminal
from store.errors import ReasonMissing
from store.log import Event
from store.message.codes import NoticeItem
from tests.clusters import ON_SQLITE
from tests.console.jobs.messages.test_two_terminals import at_once
from tests.console.jobs.site import APPROVER, CHIEF, OPERATOR, Site, entry, notice, open_as, person_of
from transport import agency
from transport.evidence.envelope import Purpose

pytestmark = pytest.mark.by_engine

LOST = {"category_lost": {"cause": "departed", "on": "2026-11-18"}}
Take = Callable[..., list[int]]


@pytest.fixture
def operator(site: Site) -> Session:
    return site.session(OPERATOR)


@pytest.fixture
def approver(site: Site) -> Session:
    return site.session(APPROVER)


@pytest.fixture
def receive(served: Site) -> Take:
    """Let the agency post notices and receive them, in this order; return their numbers."""

    def take(*records: dict[str, Any]) -> list[int]:
        agency.post(served.agency_home, list(records))
        done = exchange.receive(served.terminal, served.session(CHIEF))
        assert (done.received, done.rejected) == (len(records), 0)
        return [served.number(record["reference"]) for record in records]

    return take


@pytest.fixture
def elsewhere(site: Site) -> Iterator[Terminal]:
    """Another console on the same queue."""
    with Terminal.open(site.home) as terminal:
        yield terminal


def reasons(done: Confirmed) -> list[tuple[int, str]]:
    return [(refusal.id, refusal.reason) for refusal in done.refused]


def test_one_person_confirms_what_changed(site: Site, operator: Session, receive: Take) -> None:
    numbers = receive(notice(1), notice(2))
    done = confirmation.confirm(site.terminal, operator, [*numbers, 99])
    assert (done.changed, done.waiting, reasons(done)) == (numbers, [], [(99, "message_missing")])
    assert site.states(numbers) == ["confirmed", "confirmed"]
    first, _ = site.entries(Event.NOTICE_CONFIRMED)
    row = site.row(numbers[0])
    assert (first.actor, first.session, first.object) == (OPERATOR, operator.id, row.uid)
    assert first.detail == {"revision": 1, "content": row.digest.hex(), "to": "confirmed", "version": 2}
    assert (row.author, row.approver, row.approved) == (None, OPERATOR, True)
    assert site.log_holds()


def test_confirmed_again_it_is_refused_and_nothing_changes(site: Site, operator: Session, receive: Take) -> None:
    numbers = receive(notice(1), notice(2, **LOST))
    confirmation.confirm(site.terminal, operator, numbers)
    confirmation.confirm(site.terminal, site.session(APPROVER), numbers[1:])
    before, newest = site.contents(), site.newest()
    done = confirmation.confirm(site.terminal, operator, numbers)
    facts = [{"step": "confirm", "state": "confirmed", "reference": f"N-00000{number}"} for number in (1, 2)]
    assert done == Confirmed(
        refused=[RefusedStep(number, "step_refused", fact) for number, fact in zip(numbers, facts, strict=True)]
    )
    assert (site.contents(), site.newest()) == (before, newest)


@ON_SQLITE
def test_named_twice_it_is_confirmed_once(site: Site, operator: Session, receive: Take) -> None:
    (number,) = receive(notice(1))
    assert confirmation.confirm(site.terminal, operator, [number, number]) == Confirmed([number])
    assert len(site.entries(Event.NOTICE_CONFIRMED)) == 1


@pytest.mark.parametrize("two_persons", [True, False])
def test_a_deletion_takes_two_persons_whatever_the_rule_for_messages(
    site: Site, operator: Session, approver: Session, receive: Take, *, two_persons: bool
) -> None:
    site.terminal.settings = replace(site.terminal.settings, review=ReviewSettings(two_persons=two_persons))
    (number,) = receive(notice(1, **LOST))
    assert confirmation.confirm(site.terminal, operator, [number]) == Confirmed(waiting=[number])
    assert site.states([number]) == ["awaiting_second"]
    same_person = site.session(OPERATOR)
    before = site.contents()
    for same in (operator, same_person):
        assert reasons(confirmation.confirm(site.terminal, same, [number])) == [(number, "other_person_needed")]
    assert site.contents() == before
    assert confirmation.confirm(site.terminal, approver, [number]) == Confirmed([number])
    row = site.row(number)
    assert (str(row.state), row.author, row.approver) == ("confirmed", OPERATOR, APPROVER)
    confirmations = [(entry.actor, entry.detail["to"]) for entry in site.entries(Event.NOTICE_CONFIRMED)]
    assert confirmations == [(OPERATOR, "awaiting_second"), (APPROVER, "confirmed")]


@ON_SQLITE
def test_what_waits_for_the_second_person_still_counts(site: Site, operator: Session, receive: Take) -> None:
    numbers = receive(notice(1), notice(2, **LOST), notice(3))
    confirmation.confirm(site.terminal, operator, numbers[:2])
    confirmation.put_on_hold(site.terminal, operator, numbers[2:], reason="why")
    counts = listing.counts(site.terminal)
    assert (counts.received, counts.second) == (2, 1)
    waiting = listing.QueueQuery(unhandled=True)
    assert list(listing.ids(site.terminal, operator, waiting)) == numbers[1:]
    assert list(listing.ids(site.terminal, operator, replace(waiting, state="on_hold"))) == numbers[2:]
    assert list(listing.ids(site.terminal, operator, replace(waiting, state="confirmed"))) == []


@ON_SQLITE
def test_messages_of_ours_are_not_confirmed(site: Site, operator: Session) -> None:
    (number,) = site.take_in([entry(1)])
    assert reasons(confirmation.confirm(site.terminal, operator, [number])) == [(number, "step_refused")]


def test_what_does_not_open_is_not_confirmed_and_the_others_are(site: Site, operator: Session, receive: Take) -> None:
    bad, good = receive(notice(1), notice(2))
    site.raw("UPDATE content SET ciphertext = ? WHERE message_id = ?", b"\0" * 64, bad)
    done = confirmation.confirm(site.terminal, operator, [bad, good])
    assert (done.changed, reasons(done)) == ([good], [(bad, "seal_broken")])
    assert site.states([bad]) == ["received"]


def test_what_changed_since_it_was_on_the_screen_is_told(site: Site, operator: Session, receive: Take) -> None:
    (number,) = receive(notice(1, **LOST))
    seen = {number: site.row(number).version}
    confirmation.confirm(site.terminal, operator, [number])
    done = confirmation.confirm(site.terminal, site.session(APPROVER), [number], seen=seen)
    assert [(refusal.reason, refusal.facts["person"]) for refusal in done.refused] == [("message_changed", OPERATOR)]
    assert site.states([number]) == ["awaiting_second"]


@ON_SQLITE
def test_a_long_list_goes_in_portions_and_comes_back_whole(
    site: Site, operator: Session, receive: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review, "PORTION", 2)
    numbers = receive(*(notice(number) for number in range(1, 6)))
    assert confirmation.confirm(site.terminal, operator, numbers).changed == numbers
    assert len(site.entries(Event.NOTICE_CONFIRMED)) == len(numbers)


# One person at a time


def test_who_reads_a_notice_has_it_in_hand(site: Site, operator: Session, approver: Session, receive: Take) -> None:
    (number,) = receive(notice(1))
    assert reading.read(site.terminal, operator, number, take=True).row.claim is None
    assert reading.read(site.terminal, approver, number, take=True).row.claim == ClaimView(
        "confirm", OPERATOR, "N-000001"
    )
    done = confirmation.confirm(site.terminal, approver, [number])
    assert [(refusal.reason, refusal.facts["person"]) for refusal in done.refused] == [("message_claimed", OPERATOR)]
    claims.put_back(site.terminal, operator, number)
    assert confirmation.confirm(site.terminal, approver, [number]).changed == [number]


def test_the_first_of_two_lets_go_by_confirming(
    site: Site, operator: Session, approver: Session, receive: Take
) -> None:
    (number,) = receive(notice(1, **LOST))
    reading.read(site.terminal, operator, number, take=True)
    confirmation.confirm(site.terminal, operator, [number])
    reading.read(site.terminal, operator, number, take=True)
    assert reading.read(site.terminal, approver, number, take=True).row.claim is None
    assert reading.read(site.terminal, operator, number).row.claim == ClaimView("confirm", APPROVER, "N-000001")
    assert confirmation.confirm(site.terminal, approver, [number]).changed == [number]


@ON_SQLITE
def test_who_may_not_confirm_takes_nothing(site: Site, receive: Take) -> None:
    (number,) = receive(notice(1))
    reading.read(site.terminal, site.session(CHIEF), number, take=True)
    assert site.raw("SELECT * FROM claim") == []


def test_of_two_who_confirm_at_once_one_does(site: Site, operator: Session, elsewhere: Terminal, receive: Take) -> None:
    numbers = receive(*(notice(number) for number in range(1, 6)))
    sides = ((site.terminal, operator), (elsewhere, open_as(elsewhere, APPROVER)))
    done = at_once(sides, lambda terminal, session: confirmation.confirm(terminal, session, numbers))
    won, lost = sorted(done, key=lambda confirmed: len(confirmed.refused))
    assert (won.changed, lost.changed) == (numbers, [])
    assert {refusal.reason for refusal in lost.refused} == {"step_refused"}
    assert len(site.entries(Event.NOTICE_CONFIRMED)) == len(numbers)
    assert site.log_holds()


# Of several about one person the newest stands


def about(number: int, hour: int, **items: Any) -> dict[str, Any]:
    """A notice about the one person of these tests."""
    return notice(
        number, **{"card_number": "AB00000001CD", "occurred_at": f"2026-11-20T{hour:02}:00:00+09:00", **items}
    )


def test_the_newer_notice_stands(site: Site, operator: Session, receive: Take) -> None:
    numbers = receive(about(1, 9), about(2, 10), about(3, 10), notice(4))
    assert site.states(numbers) == ["superseded", "superseded", "received", "received"]
    superseded = [entry.object for entry in site.entries(Event.NOTICE_SUPERSEDED)]
    assert superseded == [site.row(number).uid for number in numbers[:2]]
    done = confirmation.confirm(site.terminal, operator, numbers)
    assert (done.changed, reasons(done)) == (numbers[2:], [(number, "step_refused") for number in numbers[:2]])


def test_a_notice_that_comes_late_is_superseded_at_once(site: Site, receive: Take) -> None:
    newer, older = receive(about(2, 10), about(1, 9))
    assert site.states([newer, older]) == ["received", "superseded"]


def test_what_was_confirmed_before_is_superseded_too(
    site: Site, operator: Session, approver: Session, receive: Take
) -> None:
    whole, half = receive(about(1, 9), notice(2, **LOST))
    confirmation.confirm(site.terminal, operator, [whole, half])
    newer = receive(about(3, 10), notice(4, card_number="AB00000002CD"))
    assert site.states([whole, half, *newer]) == ["superseded", "superseded", "received", "received"]
    assert reasons(confirmation.confirm(site.terminal, approver, [half])) == [(half, "step_refused")]


def test_the_person_is_known_by_what_a_notice_says_was_before(site: Site, receive: Take) -> None:
    changes = [
        {"item": "card_number", "before": "AB00000001CD", "after": "ZZ00000001ZZ", "reason": "changed"},
        {"item": "name", "before": "HOSSAIN RAFIQ", "after": "NEW NAME", "reason": "changed"},
    ]
    numbers = receive(
        about(1, 9),
        about(2, 10, card_number="ZZ00000001ZZ", person=person_of(name="NEW NAME"), changes=changes),
        about(3, 11, card_number="ZZ00000001ZZ", person=person_of(name="NEW NAME")),
    )
    assert site.states(numbers) == ["superseded", "superseded", "received"]


def test_a_notice_that_comes_late_is_known_by_a_number_its_person_has_no_longer(
    site: Site, operator: Session, receive: Take
) -> None:
    reissued = {"item": "card_number", "before": "AB00000001CD", "after": "ZZ00000001ZZ", "reason": "changed"}
    newer, late, beside = receive(
        about(2, 10, card_number="ZZ00000001ZZ", changes=[reissued]),
        about(1, 9),
        about(3, 8, person=person_of(name="OTHER NAME")),
    )
    assert site.states([newer, late, beside]) == ["received", "superseded", "received"]
    for number, others in ((newer, {late, beside}), (late, {newer, beside})):
        shown = reading.read(site.terminal, operator, number).counters
        assert {(counter.id, counter.pointer) for counter in shown} == {(other, "same_number") for other in others}


@ON_SQLITE
def test_somebody_else_of_the_same_number_stands_beside(site: Site, receive: Take) -> None:
    numbers = receive(about(1, 9), about(2, 10, person=person_of(name="OTHER NAME")))
    assert site.states(numbers) == ["received", "received"]


def test_a_notice_that_does_not_open_is_left_for_people(site: Site, served: Site, receive: Take) -> None:
    (broken,) = receive(about(1, 9))
    site.raw("UPDATE content SET ciphertext = ? WHERE message_id = ?", b"\0" * 64, broken)
    (newer,) = receive(about(2, 10))
    assert served.states([broken, newer]) == ["received", "received"]


def test_an_alarm_holds_a_notice_that_somebody_has_in_hand(
    served: Site, operator: Session, approver: Session, receive: Take
) -> None:
    (number,) = receive(notice(1, **LOST))
    confirmation.confirm(served.terminal, operator, [number])
    reading.read(served.terminal, approver, number, take=True)
    served.feed(notice(1, noticed_on="2026-11-18"), Purpose.NOTICE, "ab" * 16)
    assert exchange.receive(served.terminal, served.session(CHIEF)).rejected == 1
    row = served.row(number)
    assert (str(row.state), row.author) == ("on_hold", None)
    assert reasons(confirmation.confirm(served.terminal, approver, [number])) == [(number, "step_refused")]


# On hold


def test_put_on_hold_with_a_reason_and_taken_up(
    site: Site, operator: Session, approver: Session, receive: Take
) -> None:
    numbers = receive(notice(1), notice(2, **LOST))
    confirmation.confirm(site.terminal, operator, numbers[1:])
    with pytest.raises(ReasonMissing):
        confirmation.put_on_hold(site.terminal, approver, numbers, reason=" ")
    assert confirmation.put_on_hold(site.terminal, approver, numbers, reason=" 本人と合わない ").changed == numbers
    assert site.states(numbers) == ["on_hold", "on_hold"]
    assert reading.read(site.terminal, operator, numbers[1]).reason == "本人と合わない"
    assert reasons(confirmation.confirm(site.terminal, operator, numbers[:1])) == [(numbers[0], "step_refused")]
    assert confirmation.take_up(site.terminal, operator, numbers).changed == numbers
    # The first of two persons begins anew, whoever it was before.
    assert confirmation.confirm(site.terminal, approver, numbers) == Confirmed(numbers[:1], waiting=numbers[1:])
    assert confirmation.confirm(site.terminal, operator, numbers[1:]) == Confirmed(numbers[1:])
    events = [entry.event for entry in site.entries(about=site.row(numbers[1]).uid)]
    assert events == [
        "notice.received", "notice.confirmed", "notice.held", "notice.read", "notice.taken_up", "notice.confirmed",
        "notice.confirmed",
    ]  # fmt: skip


@ON_SQLITE
def test_what_is_confirmed_is_not_put_on_hold(site: Site, operator: Session, receive: Take) -> None:
    (number,) = receive(notice(1))
    confirmation.confirm(site.terminal, operator, [number])
    before = site.contents()
    held = confirmation.put_on_hold(site.terminal, operator, [number], reason="why")
    taken = confirmation.take_up(site.terminal, operator, [number])
    assert [refusal.reason for done in (held, taken) for refusal in done.refused] == ["step_refused", "step_refused"]
    assert site.contents() == before


@ON_SQLITE
def test_a_notice_shows_the_others_of_its_number(site: Site, operator: Session, receive: Take) -> None:
    older, newer = receive(about(1, 9), about(2, 10))
    (counter,) = reading.read(site.terminal, operator, older).counters
    assert (counter.id, counter.pointer, counter.state) == (newer, "same_number", "received")


def test_the_notices_that_change_an_item_are_found_while_they_wait(
    site: Site, operator: Session, approver: Session, receive: Take
) -> None:
    change = {"item": "category", "before": "transitional", "after": "mid_long_term", "reason": "changed"}
    first, _ = receive(notice(1, changes=[change]), notice(2))
    found = confirmation.waiting_changes(site.terminal, operator, NoticeItem.CATEGORY)
    assert [row.id for row in found] == [first]
    confirmation.confirm(site.terminal, approver, [first])
    assert confirmation.waiting_changes(site.terminal, operator, NoticeItem.CATEGORY) == []
