"""Review and approval: by a second person, of exactly what was seen, with its warnings and its reasons."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from console.errors import ReasonTooLong
from console.jobs.exchange import sending
from console.jobs.log import tables as table_check
from console.jobs.messages import entry as hand
from console.jobs.messages import reading, review
from console.session import Session
from console.settings import ReviewSettings
from store import clock
from store.errors import ReasonMissing
from store.log import Event
from store.people import Right
from store.queue import next_to_send
from tests.console.jobs.site import APPROVER, AUDITOR, OPERATOR, Site, doubtful, entry, moving_out

pytestmark = pytest.mark.by_engine

TODAY = clock.day_in_japan(clock.now())


@pytest.fixture
def approver(site: Site) -> Session:
    return site.session(APPROVER)


@pytest.fixture
def operator(site: Site) -> Session:
    return site.session(OPERATOR)


def in_days(count: int) -> str:
    return (TODAY + timedelta(days=count)).isoformat()


def reasons(done: review.Decided) -> list[tuple[int, str]]:
    return [(refusal.id, refusal.reason) for refusal in done.refused]


def ready(site: Site) -> list[int]:
    with site.terminal.database.reading() as connection:
        return [row.id for row in next_to_send(connection, "t-1", clock.now(), 100)]


def test_a_second_person_approves(site: Site, approver: Session) -> None:
    numbers = site.take_in([entry(1), entry(2)])
    done = review.approve(site.terminal, approver, [*numbers, 99])
    assert (done.changed, reasons(done)) == (numbers, [(99, "message_missing")])
    assert site.states(numbers) == ["approved", "approved"]
    first, _ = site.entries(Event.MESSAGE_APPROVED)
    row = site.row(1)
    assert (first.actor, first.session, first.object) == (APPROVER, approver.id, row.uid)
    assert first.detail == {"revision": 1, "content": row.digest.hex(), "to": "approved", "version": 2}
    assert row.approver == APPROVER


def test_who_entered_it_does_not_approve_it(site: Site, operator: Session) -> None:
    numbers = site.take_in([entry(1)])
    both = replace(operator, rights=operator.rights | {Right.APPROVE})
    done = review.approve(site.terminal, both, numbers)
    assert (done.changed, reasons(done)) == ([], [(1, "second_person_needed")])
    assert site.states(numbers) == ["review"]
    assert site.entries(Event.MESSAGE_APPROVED) == []


def test_one_person_is_enough_where_the_municipality_says_so(site: Site, operator: Session) -> None:
    numbers = site.take_in([entry(1)])
    site.terminal.settings = replace(site.terminal.settings, review=ReviewSettings(two_persons=False))
    both = replace(operator, rights=operator.rights | {Right.APPROVE})
    assert review.approve(site.terminal, both, numbers).changed == numbers


def test_who_revised_it_does_not_approve_it(site: Site, operator: Session, approver: Session) -> None:
    (number,) = site.take_in([entry(1)])
    both = replace(approver, rights=approver.rights | {Right.ENTER})
    hand.revise(site.terminal, both, number, entry(1, card_number="XY00000000YX"), version=site.row(number).version)
    assert reasons(review.approve(site.terminal, both, [number])) == [(1, "second_person_needed")]


def test_warnings_have_to_be_confirmed(site: Site, approver: Session) -> None:
    numbers = site.take_in([entry(1), doubtful(2)])
    done = review.approve(site.terminal, approver, numbers)
    assert (done.changed, reasons(done)) == ([1], [(2, "warnings_unconfirmed")])
    assert done.refused[0].facts == {"reference": "R-000002", "count": "1"}
    assert review.approve(site.terminal, approver, [2], confirm_warnings=True).changed == [2]


def test_an_approval_holds_for_that_content_alone(site: Site, operator: Session, approver: Session) -> None:
    (number,) = site.approve([entry(1)])
    changed = entry(1, card_number="XY00000000YX")
    hand.revise(site.terminal, operator, number, changed, version=site.row(number).version)
    row = site.row(number)
    assert (str(row.state), row.approver, row.approved, row.revision) == ("review", None, False, 2)
    assert ready(site) == []
    review.approve(site.terminal, approver, [number])
    assert ready(site) == [number]
    assert site.entries(Event.MESSAGE_APPROVED)[-1].detail["content"] == site.row(number).digest.hex()


def test_content_changed_behind_the_program_does_not_leave(site: Site) -> None:
    numbers = site.approve([entry(1), entry(2)])
    site.raw("UPDATE message SET digest = ? WHERE id = 1", b"x" * 32)
    assert ready(site) == numbers[1:]


def test_a_return_needs_a_reason_and_keeps_it_sealed(site: Site, approver: Session, operator: Session) -> None:
    (number,) = site.take_in([entry(1)])
    for blank in ("", "   ", "\u3000\n"):
        with pytest.raises(ReasonMissing):
            review.give_back(site.terminal, approver, [number], reason=blank)
    with pytest.raises(ReasonTooLong) as refused:
        review.give_back(site.terminal, approver, [number], reason="長" * 1001)
    assert refused.value.facts == {"length": "1001", "most": "1000"}
    reason = "山吹番地を確かめてください ZWEIFEL"
    assert review.give_back(site.terminal, approver, [number], reason=f" {reason} ").changed == [number]
    assert reading.read(site.terminal, operator, number).reason == reason
    assert site.entries(Event.MESSAGE_RETURNED)[0].detail["to"] == "returned"
    for file in site.home.rglob("*"):
        raw = file.read_bytes() if file.is_file() else b""
        assert reason.encode() not in raw
        assert b"ZWEIFEL" not in raw


def test_a_return_voids_the_approval(site: Site, approver: Session, operator: Session) -> None:
    (number,) = site.approve([entry(1)])
    review.give_back(site.terminal, approver, [number], reason="why")
    assert site.states([number]) == ["returned"]
    hand.revise(site.terminal, operator, number, entry(1), version=site.row(number).version)
    assert site.states([number]) == ["review"]
    assert ready(site) == []


def test_withdrawn_with_a_reason_for_good(site: Site, approver: Session) -> None:
    (number,) = site.take_in([entry(1)])
    with pytest.raises(ReasonMissing):
        review.withdraw(site.terminal, approver, [number], reason=" ")
    assert review.withdraw(site.terminal, approver, [number], reason="entered twice").changed == [number]
    again = review.approve(site.terminal, approver, [number])
    assert reasons(again) == [(number, "step_refused")]
    assert again.refused[0].facts == {"step": "approve", "state": "withdrawn", "reference": "R-000001"}


def test_held_by_hand_and_released(site: Site, approver: Session) -> None:
    numbers = site.approve([entry(1)]) + site.take_in([entry(2)])
    assert review.hold(site.terminal, approver, numbers).changed == numbers
    assert ready(site) == []
    assert sending.release_due(site.terminal) == 0, "what a person holds, a person releases"
    assert review.release(site.terminal, approver, numbers).changed == numbers
    assert site.states(numbers) == ["approved", "review"], "what nobody approved goes back to its review"


def test_held_until_the_planned_day_and_released_by_itself(
    site: Site, approver: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    (number,) = site.approve([moving_out(1, in_days(3))])
    row = site.row(number)
    assert (str(row.state), str(row.hold), row.due_on) == ("held", "day", date.fromisoformat(in_days(3)))
    assert reasons(review.release(site.terminal, approver, [number])) == [(number, "not_yet_due")]
    # Midnight in Japan begins the day, not in London.
    eve = datetime.combine(TODAY + timedelta(days=3), datetime.min.time(), clock.JAPAN)
    monkeypatch.setattr(clock, "now", lambda: (eve - timedelta(seconds=1)).astimezone(clock.JAPAN))
    assert sending.release_due(site.terminal) == 0
    monkeypatch.setattr(clock, "now", lambda: eve)
    assert sending.release_due(site.terminal) == 1
    assert site.states([number]) == ["approved"]
    assert ready(site) == [number]
    (entry_made,) = site.entries(Event.MESSAGE_RELEASED)
    assert (entry_made.actor, entry_made.detail) == (
        None,
        {"cause": "planned_day", "to": "approved", "version": 3},
    )


def test_a_departure_is_brought_forward_by_the_day_of_moving_in_elsewhere(site: Site, approver: Session) -> None:
    (number,) = site.approve([moving_out(1, in_days(9))])
    before = site.row(number)
    moved_in = date(2026, 11, 21)
    assert review.bring_forward(site.terminal, approver, [number], moved_in=moved_in).changed == [number]
    row = site.row(number)
    assert (str(row.state), row.hold, row.due_on) == ("approved", None, moved_in)
    # What was approved is what is sent: only the moment is another one.
    assert (row.digest, row.revision, row.approver) == (before.digest, before.revision, APPROVER)
    assert row.effective_at == datetime(2026, 11, 21, tzinfo=clock.JAPAN)
    (logged,) = site.entries(Event.MESSAGE_BROUGHT_FORWARD)
    assert (logged.actor, logged.detail["moved_in"], logged.detail["to"]) == (APPROVER, "2026-11-21", "approved")
    view = reading.read(site.terminal, approver, number)
    assert view.record["basis"]["planned_departure"] == in_days(9)
    assert ready(site) == [number]
    assert table_check.verify(site.terminal, site.session(AUDITOR)).ok


def test_a_departure_counts_from_no_moment_before_it_was_taken(site: Site, approver: Session) -> None:
    (number,) = site.approve([moving_out(1, in_days(9))])
    review.bring_forward(site.terminal, approver, [number], moved_in=date(2026, 11, 1))
    assert site.row(number).effective_at == datetime(2026, 11, 20, 9, 30, tzinfo=clock.JAPAN)


def test_a_day_of_moving_in_that_cannot_be_is_refused(site: Site, approver: Session) -> None:
    soon, late = site.approve([moving_out(1, in_days(1)), moving_out(2, in_days(9))])
    # After today, nothing has happened yet; and a day more than a year back is a slip of the pen.
    for number, days in ((late, 1), (late, -366), (soon, 1)):
        moved_in = TODAY + timedelta(days=days)
        done = review.bring_forward(site.terminal, approver, [number], moved_in=moved_in)
        assert reasons(done) == [(number, "moved_in_unfit")]
        assert done.refused[0].facts["last"] == in_days(0)
    assert site.states([soon, late]) == ["held", "held"]
    assert site.entries(Event.MESSAGE_BROUGHT_FORWARD) == []


def test_who_entered_a_departure_does_not_bring_it_forward(site: Site, operator: Session) -> None:
    (number,) = site.approve([moving_out(1, in_days(9))])
    both = replace(operator, rights=operator.rights | {Right.APPROVE})
    done = review.bring_forward(site.terminal, both, [number], moved_in=TODAY)
    assert reasons(done) == [(number, "second_person_needed")]


def test_only_a_departure_before_its_day_is_brought_forward_or_called_off(site: Site, approver: Session) -> None:
    plain, over, by_hand = site.approve([entry(1), moving_out(2, in_days(0)), moving_out(3, in_days(9))])
    review.hold(site.terminal, approver, [plain])
    (unsent,) = site.take_in([moving_out(4, in_days(9))])
    review.hold(site.terminal, approver, [unsent])
    done = review.bring_forward(site.terminal, approver, [plain, over, unsent], moved_in=TODAY)
    # What somebody holds, or nobody has approved, does not leave by that.
    assert reasons(done) == [(plain, "no_day_ahead"), (over, "step_refused"), (unsent, "approval_void")]
    assert reasons(review.call_off(site.terminal, approver, [plain, over])) == [
        (plain, "no_day_ahead"),
        (over, "step_refused"),
    ]
    assert site.states([plain, over, by_hand, unsent]) == ["held", "approved", "held", "held"]


def test_a_departure_that_was_called_off_is_withdrawn_with_that_reason(site: Site, approver: Session) -> None:
    (held,) = site.approve([moving_out(1, in_days(9))])
    (fresh,) = site.take_in([moving_out(2, in_days(9))])
    assert review.call_off(site.terminal, approver, [held, fresh]).changed == [held, fresh]
    assert site.states([held, fresh]) == ["withdrawn", "withdrawn"]
    assert [logged.object for logged in site.entries(Event.MESSAGE_CALLED_OFF)] == [
        site.row(held).uid,
        site.row(fresh).uid,
    ]
    assert "message.called_off" in [step.event for step in reading.read(site.terminal, approver, held).history]
    assert table_check.verify(site.terminal, site.session(AUDITOR)).ok


def test_a_planned_day_that_has_come_holds_nothing(site: Site) -> None:
    (number,) = site.approve([moving_out(1, in_days(0))])
    assert site.states([number]) == ["approved"]


def test_the_later_message_of_a_person_waits(site: Site, approver: Session) -> None:
    def at(number: int, hour: int, subject: str) -> dict[str, Any]:
        return entry(number, subject=subject, occurred_at=f"2026-11-20T{hour:02}:00:00+09:00")

    # The later message comes first in the file; the third is another person's.
    later, earlier, other = site.take_in([at(1, 11, "0000000001"), at(2, 9, "0000000001"), at(3, 10, "0000000002")])
    review.approve(site.terminal, approver, [later, other])
    assert ready(site) == [other]
    review.approve(site.terminal, approver, [earlier])
    assert ready(site) == [earlier, other]
    review.withdraw(site.terminal, approver, [earlier], reason="why")
    assert ready(site) == [other, later]


@pytest.mark.parametrize(
    "act",
    [
        review.approve,
        review.hold,
        review.release,
        lambda t, s, n: review.give_back(t, s, n, reason="why"),
        lambda t, s, n: review.withdraw(t, s, n, reason="why"),
    ],
    ids=["approve", "hold", "release", "give_back", "withdraw"],
)
def test_nothing_asked_nothing_done(site: Site, approver: Session, act: Callable[..., review.Decided]) -> None:
    site.take_in([entry(1)])
    before = site.contents()
    done = act(site.terminal, approver, [])
    assert (done.changed, done.refused) == ([], [])
    assert site.contents() == before


def test_a_long_list_goes_in_portions_and_comes_back_whole(site: Site, approver: Session) -> None:
    numbers = site.take_in([entry(number) for number in range(1, 603)])
    assert review.approve(site.terminal, approver, numbers).changed == numbers
    assert len(site.entries(Event.MESSAGE_APPROVED)) == 602
    assert site.log_holds()
