"""The exchange as it should go; with a peer that is down or proves nothing; and when a person stops it.

It shows `console.jobs.exchange.line`, `console.jobs.exchange.sending` and `console.jobs.exchange.outcome` as well.
"""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from console.jobs import exchange
from console.jobs.messages import entry as hand
from console.jobs.messages import listing, reading, review
from console.jobs.progress import Progress
from console.session import Session
from console.settings import LineSettings
from store import clock
from store.errors import PeerMissing
from store.log import Event
from store.message.states import Pointer
from tests.console.jobs.relay import Relay
from tests.console.jobs.site import APPROVER, OPERATOR, Site, entry, free_port, moving_out, notice
from transport import agency
from transport.errors import LineCancelled, LineUnreachable, PeerNotTrusted
from transport.evidence.envelope import Opened
from transport.evidence.receipts import issue_receipts, sign_receipts

pytestmark = pytest.mark.by_engine


@pytest.fixture
def operator(site: Site) -> Session:
    return site.session(OPERATOR)


def batches_of(site: Site, size: int) -> None:
    line = LineSettings(connect_seconds=10, read_seconds=10, batch=size)
    site.terminal.settings = replace(site.terminal.settings, line=line)


def test_full_circle(served: Site, operator: Session) -> None:
    agency.refuse(served.agency_home, "R-000002", "number_not_current")
    agency.post(served.agency_home, [notice(1), notice(2)])
    numbers = served.approve([entry(1), entry(2), entry(3)])
    unapproved = served.take_in([entry(4)])

    sent = exchange.send(served.terminal, operator)
    assert (sent.sent, sent.delivered, sent.unknown, sent.refused, sent.waiting) == (3, 3, 0, 0, 0)
    assert sent.interruption is None
    assert {(item.id, item.outcome) for item in sent.items} == {(number, "delivered") for number in numbers}
    assert served.states(numbers) == ["delivered"] * 3
    assert served.states(unapproved) == ["review"]
    assert (served.received().messages, served.received().distinct) == (3, 3)

    received = exchange.receive(served.terminal, operator)
    assert (received.received, received.results, received.rejected) == (2, 3, 0)
    assert served.states(numbers) == ["accepted", "refused", "accepted"]
    assert served.received().acknowledged == 5

    view = reading.read(served.terminal, operator, numbers[1])
    assert view.outcome is not None
    assert (view.outcome.outcome, view.outcome.code) == ("refused", "number_not_current")
    assert set(view.outcome.cause) == set(view.outcome.remedy) == {"ja", "en"}
    assert view.receipt is not None
    assert [step.event for step in view.history][:4] == [
        "message.imported",
        "message.approved",
        "message.sending",
        "message.delivered",
    ]
    came = reading.read(served.terminal, operator, served.number("N-000001"))
    assert came.record == notice(1)
    assert served.log_holds()


def test_nothing_new_changes_nothing(served: Site, operator: Session) -> None:
    agency.post(served.agency_home, [notice(1)])
    served.approve([entry(1)])
    exchange.send(served.terminal, operator)
    exchange.receive(served.terminal, operator)
    before = served.newest()
    sent, received = exchange.send(served.terminal, operator), exchange.receive(served.terminal, operator)
    assert (sent.sent, sent.delivered, received.received, received.results) == (0, 0, 0, 0)
    opened = served.entries(Event.LINE_OPENED)
    assert served.newest() == before + 2 == opened[-1].seq
    assert served.received().messages == 1


def test_the_key_of_the_person_is_never_sent(served: Site, operator: Session) -> None:
    # The agency refuses whatever it does not know, the key of the person before all.
    numbers = served.approve([entry(1)])
    exchange.send(served.terminal, operator)
    exchange.receive(served.terminal, operator)
    assert served.states(numbers) == ["accepted"]


def test_page_by_page_and_batch_by_batch(served: Site, operator: Session) -> None:
    batches_of(served, 2)
    agency.post(served.agency_home, [notice(number) for number in range(1, 6)])
    served.approve([entry(number) for number in range(1, 6)])
    reports = list[Progress]()
    sent = exchange.send(served.terminal, operator, report=reports.append)
    assert (sent.sent, sent.delivered) == (5, 5)
    assert [progress.done for progress in reports if progress.phase == "send"] == [0, 2, 4, 5]
    assert {progress.total for progress in reports if progress.phase == "send"} == {5}
    # What became of them is told on the way, and the job's own list goes on growing.
    assert [item.reference for item in reports[0].results] == [f"R-{number:06}" for number in range(1, 6)]
    reports.clear()
    received = exchange.receive(served.terminal, operator, report=reports.append)
    assert (received.received, received.results) == (5, 5)
    assert served.received().acknowledged == 10
    # Nobody knows how long a feed is, so no total and no remaining time is made up.
    seen = [(progress.phase, progress.done, progress.total, progress.remaining_seconds) for progress in reports]
    assert seen == [("receive", done, 0, None) for done in (0, 2, 4, 6, 8, 10)]


def test_the_later_message_of_a_person_leaves_when_the_earlier_is_accepted(served: Site, operator: Session) -> None:
    first = entry(1, subject="0000000001", occurred_at="2026-11-20T09:00:00+09:00")
    second = entry(2, subject="0000000001", occurred_at="2026-11-20T10:00:00+09:00")
    numbers = served.approve([first, second])
    reports = list[Progress]()
    sent = exchange.send(served.terminal, operator, report=reports.append)
    assert (sent.sent, sent.waiting) == (1, 1)
    # What has to wait is no part of the whole: the share comes to its end.
    assert (reports[-1].done, reports[-1].total) == (1, 1)
    exchange.receive(served.terminal, operator)
    assert exchange.send(served.terminal, operator).sent == 1
    assert served.states(numbers) == ["accepted", "delivered"]


def test_a_departure_that_is_held_until_its_day_keeps_the_persons_later_messages_from_nothing(
    served: Site, operator: Session
) -> None:
    tomorrow = (clock.day_in_japan(clock.now()) + timedelta(days=1)).isoformat()
    about = {"subject": "0000000001"}
    records = [
        entry(1, occurred_at="2026-11-20T09:00:00+09:00", **about),
        moving_out(2, tomorrow, occurred_at="2026-11-20T10:00:00+09:00", **about),
        entry(3, occurred_at="2026-11-20T11:00:00+09:00", **about),
    ]
    numbers = served.approve(records)
    assert served.states(numbers) == ["approved", "held", "approved"]
    assert (exchange.send(served.terminal, operator).waiting, served.states(numbers)[0]) == (1, "delivered")
    exchange.receive(served.terminal, operator)
    assert exchange.send(served.terminal, operator).sent == 1
    assert served.states(numbers) == ["accepted", "held", "delivered"]
    # Lawfully held, it waits for nothing yet and is not overdue, however long ago it was reported.
    (held,) = listing.rows(served.terminal, operator, [numbers[1]])
    assert (held.waiting_seconds, held.overdue) == (0.0, False)
    overdue = listing.QueueQuery(direction="out", overdue=True)
    assert numbers[1] not in listing.ids(served.terminal, operator, overdue)


def test_a_departure_that_was_brought_forward_takes_its_place_in_the_order(served: Site, operator: Session) -> None:
    today = clock.day_in_japan(clock.now())
    about = {"subject": "0000000001"}
    records = [
        entry(1, occurred_at="2026-11-20T09:00:00+09:00", **about),
        moving_out(2, (today + timedelta(days=9)).isoformat(), occurred_at="2026-11-20T10:00:00+09:00", **about),
        # Taken after the day on which the person moved in elsewhere.
        entry(3, occurred_at="2026-11-22T11:00:00+09:00", **about),
    ]
    numbers = served.approve(records)
    moved_in = date(2026, 11, 21)
    approver = served.session(APPROVER)
    assert review.bring_forward(served.terminal, approver, [numbers[1]], moved_in=moved_in).changed == [numbers[1]]
    for states in (["delivered", "approved", "approved"], ["accepted", "delivered", "approved"]):
        exchange.send(served.terminal, operator)
        assert served.states(numbers) == states
        exchange.receive(served.terminal, operator)
    exchange.send(served.terminal, operator)
    assert served.states(numbers) == ["accepted", "accepted", "delivered"]


def test_a_departure_that_was_called_off_never_leaves(served: Site, operator: Session) -> None:
    tomorrow = (clock.day_in_japan(clock.now()) + timedelta(days=1)).isoformat()
    (number,) = served.approve([moving_out(1, tomorrow)])
    review.call_off(served.terminal, served.session(APPROVER), [number])
    assert exchange.send(served.terminal, operator).sent == 0
    assert (served.states([number]), served.received().messages) == (["withdrawn"], 0)


def test_a_refused_message_is_replaced_by_a_new_one_which_closes_it(served: Site, operator: Session) -> None:
    agency.refuse(served.agency_home, "R-000001", "number_not_current")
    (wrong,) = served.approve([entry(1)])
    exchange.send(served.terminal, operator)
    exchange.receive(served.terminal, operator)
    assert served.states([wrong]) == ["refused"]

    record = hand.counter(served.terminal, operator, wrong, Pointer.REPLACES)
    assert record["replaces"] == "R-000001"
    assert record["subject"] == entry(1)["subject"]
    (right,) = hand.enter(served.terminal, operator, [{**record, "card_number": "XY00000000YX"}])
    undone = listing.QueueQuery(direction="out", being_undone=True)
    assert list(listing.ids(served.terminal, operator, undone)) == [wrong]
    review.approve(served.terminal, served.session(APPROVER), [right])
    exchange.send(served.terminal, operator)
    assert served.states([wrong, right]) == ["refused", "delivered"]
    exchange.receive(served.terminal, operator)
    assert served.states([wrong, right]) == ["withdrawn", "accepted"]
    assert list(listing.ids(served.terminal, operator, undone)) == []
    (closed,) = served.entries(Event.MESSAGE_WITHDRAWN)
    assert closed.object == served.row(wrong).uid


def test_a_refused_correction_closes_nothing(served: Site, operator: Session) -> None:
    agency.refuse(served.agency_home, "R-000001", "number_not_current")
    agency.refuse(served.agency_home, "R-000002", "number_not_current")
    (wrong,) = served.approve([entry(1)])
    exchange.send(served.terminal, operator)
    exchange.receive(served.terminal, operator)
    (still_wrong,) = served.approve([entry(2, replaces="R-000001", subject=entry(1)["subject"])])
    exchange.send(served.terminal, operator)
    exchange.receive(served.terminal, operator)
    assert served.states([wrong, still_wrong]) == ["refused", "refused"]
    assert served.entries(Event.MESSAGE_WITHDRAWN) == []


# The peer does not answer


def test_peer_down_changes_nothing(site: Site, operator: Session) -> None:
    site.register_peer(free_port())
    numbers = site.approve([entry(1)])
    for job in (exchange.send, exchange.receive):
        with pytest.raises(LineUnreachable) as failed:
            job(site.terminal, operator)
        assert failed.value.exit_status == 5
    assert site.states(numbers) == ["approved"]
    assert site.raw("SELECT count(*) FROM shipment") == [(0,)]
    first, second = site.entries(Event.LINE_FAILED)
    assert (first.actor, first.result, first.detail["code"]) == (OPERATOR, "failed", "line_unreachable")
    assert second.detail["code"] == "line_unreachable"
    state = exchange.line_state(site.terminal)
    assert (state.up, state.code, state.peer_name) == (False, "line_unreachable", "agency-test")


def test_no_peer_registered(site: Site, operator: Session) -> None:
    site.approve([entry(1)])
    before = site.contents()
    for job in (exchange.send, exchange.receive):
        with pytest.raises(PeerMissing):
            job(site.terminal, operator)
    assert site.contents() == before
    assert exchange.line_state(site.terminal).code == "peer_missing"


def test_somebody_else_answers(site: Site, operator: Session, tmp_path: Any) -> None:
    # Another agency of another authority answers at the peer's address.
    other = tmp_path / "other"
    agency.prepare(other, "agency-test")
    agency.register_terminal(other, site.terminal.identity.public, municipality="131041")
    numbers = site.approve([entry(1)])
    with Site(site.home, other, site.terminal).served(register=False) as port:
        site.register_peer(port)
        with pytest.raises(PeerNotTrusted):
            exchange.send(site.terminal, operator)
        assert agency.received(other).messages == 0
    assert site.states(numbers) == ["approved"]


def test_the_line_as_the_head_line_shows_it(served: Site) -> None:
    before = served.contents()
    state = exchange.line_state(served.terminal)
    assert (state.up, state.peer_name, state.code) == (True, "agency-test", None)
    assert state.clock_offset is not None
    assert abs(state.clock_offset) < 5
    assert served.contents() == before


# The peer answers, and proves nothing


def test_a_receipt_that_does_not_verify_proves_nothing(
    served: Site, operator: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: Any, **named: Any) -> list[bytes]:
        return [receipt[:-1] + bytes([receipt[-1] ^ 1]) for receipt in issue_receipts(*arguments, **named)]

    numbers = served.approve([entry(1)])
    with monkeypatch.context() as patch:
        patch.setattr("transport.agency.service.issue_receipts", broken)
        sent = exchange.send(served.terminal, operator)
    assert (sent.delivered, sent.unknown) == (0, 1)
    assert [(item.outcome, item.code) for item in sent.items] == [("unknown", "receipt_signature_broken")]
    assert served.states(numbers) == ["unknown"]
    assert served.entries(Event.MESSAGE_UNKNOWN)[0].detail["code"] == "receipt_signature_broken"

    # Asking again brings the same receipt, which still proves nothing: it stays unknown and is not sent anew.
    again = exchange.send(served.terminal, operator)
    assert (again.sent, again.delivered, again.unknown) == (0, 0, 1)
    assert served.raw("SELECT receipt FROM receipt") == []

    # The signed result proves the arrival all the same.
    exchange.receive(served.terminal, operator)
    assert served.states(numbers) == ["accepted"]
    assert served.received().messages == 1


def test_a_receipt_for_something_else_is_a_matter_for_people(
    served: Site, operator: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def always_the_first(opened: Sequence[Opened], **named: Any) -> list[bytes]:
        return sign_receipts([opened[0].envelope], **named) * len(opened)

    numbers = served.approve([entry(1), entry(2)])
    with monkeypatch.context() as patch:
        patch.setattr("transport.agency.service.issue_receipts", always_the_first)
        sent = exchange.send(served.terminal, operator)
    assert sent.delivered == 1
    assert [item.code for item in sent.items if item.outcome != "delivered"] == ["receipt_of_another"]
    assert served.states(numbers)[0] == "delivered"
    assert served.states(numbers)[1] not in {"delivered", "accepted"}


# A person stops it


def test_cancelled_before_anything_left(served: Site, operator: Session) -> None:
    numbers = served.approve([entry(1)])
    cancel = threading.Event()
    cancel.set()
    for job in (exchange.send, exchange.receive):
        with pytest.raises(LineCancelled):
            job(served.terminal, operator, cancel=cancel)
    assert served.states(numbers) == ["approved"]
    assert served.received().messages == 0


def test_cancelled_between_two_batches(served: Site, operator: Session) -> None:
    batches_of(served, 1)
    numbers = served.approve([entry(number) for number in range(1, 9)])
    cancel = threading.Event()

    def stop(progress: Progress) -> None:
        if progress.phase == "send" and progress.done == 1:
            cancel.set()

    sent = exchange.send(served.terminal, operator, report=stop, cancel=cancel)
    # What was with the line when the person stopped it may have arrived; all else has not left.
    assert sent.delivered >= 1
    assert sent.waiting >= 4
    assert sent.delivered + sent.unknown + sent.waiting == len(numbers)
    assert served.states(numbers)[0] == "delivered"
    again = exchange.send(served.terminal, operator)
    assert (again.unknown, again.waiting) == (0, 0)
    assert served.states(numbers) == ["delivered"] * len(numbers)


def test_cancelled_while_an_answer_is_due(site: Site, operator: Session, relay: Relay) -> None:
    numbers = site.approve([entry(1)])
    cancel = threading.Event()
    with site.running(relay.target):
        site.register_peer(relay.port)
        held = threading.Event()

        def hold_answer() -> bool:
            cancel.set()
            return held.wait(30) and False

        def arm(progress: Progress) -> None:
            if progress.phase == "send":
                relay.on_answer = hold_answer

        sent = exchange.send(site.terminal, operator, report=arm, cancel=cancel)
        held.set()
        assert sent.interruption is not None
        assert sent.interruption.code == "answer_cancelled"
        assert (sent.sent, sent.delivered, sent.unknown) == (1, 0, 1)
        assert site.states(numbers) == ["unknown"]
        again = exchange.send(site.terminal, operator)
        assert (again.sent, again.delivered) == (0, 1)
    assert (site.received().messages, site.received().distinct) == (1, 1)
