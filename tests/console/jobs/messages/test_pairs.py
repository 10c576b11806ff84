"""An event that did not take place is cancelled as a whole: both of its messages, in one transaction, or neither."""

from dataclasses import replace
from typing import Any

import pytest

from console.errors import NoPair, RightMissing, UndoneAlready
from console.jobs import exchange
from console.jobs.log import tables as table_check
from console.jobs.messages import pairs, reading, review
from console.session import Session
from store import queue
from store.errors import MessageChanged, StepRefused
from store.log import Event
from store.people import Right
from tests.console.jobs.site import APPROVER, AUDITOR, OPERATOR, Site, entry, person_of


def report(number: int, **items: Any) -> dict[str, Any]:
    """Return the report of residence of the event of `entry(number)`."""
    return {
        **{name: value for name, value in entry(number).items() if name not in {"action", "basis"}},
        "kind": "residence_report",
        "reference": f"T-{number:06}",
        "person": person_of(),
        "reported_on": "2026-11-19",
        "article": "immigration-19-9",
        "deemed_by": "juki-22",
        "moved_on": "2026-11-18",
        "previous_address": "東京都中野区仮設町9番9号",
        **items,
    }


@pytest.fixture
def operator(site: Site) -> Session:
    return site.session(OPERATOR)


def sent_pair(served: Site, operator: Session) -> list[int]:
    numbers = served.approve([entry(1), report(1)])
    exchange.send(served.terminal, operator)
    exchange.receive(served.terminal, operator)
    assert served.states(numbers) == ["accepted", "accepted"]
    return numbers


def test_what_was_sent_is_cancelled_by_a_message_each(served: Site, operator: Session) -> None:
    numbers = sent_pair(served, operator)
    assert reading.read(served.terminal, operator, numbers[0]).partner is not None
    done = pairs.cancel_event(served.terminal, operator, numbers[1])
    assert (len(done.cancelling), done.withdrawn) == (2, ())
    undoing = [row.id for row in map(served.row, range(3, 5))]
    assert {served.row(number).target for number in undoing} == {"R-000001", "T-000001"}
    assert served.states(undoing) == ["review", "review"]
    # The second person reviews them, and the peer learns of both.
    review.approve(served.terminal, served.session(APPROVER), undoing)
    exchange.send(served.terminal, operator)
    exchange.receive(served.terminal, operator)
    assert served.states(undoing) == ["accepted", "accepted"]
    with pytest.raises(UndoneAlready):
        pairs.cancel_event(served.terminal, operator, numbers[0])


def test_of_what_was_sent_in_half_the_other_half_is_withdrawn(served: Site, operator: Session) -> None:
    (record,) = served.approve([entry(1)])
    exchange.send(served.terminal, operator)
    (unsent,) = served.approve([report(1)])
    # Nobody reviews a withdrawal: who enters messages does not decide about it, though the other half was sent.
    with pytest.raises(RightMissing):
        pairs.cancel_event(served.terminal, operator, unsent)
    done = pairs.cancel_event(served.terminal, served.session(APPROVER), unsent)
    assert (len(done.cancelling), done.withdrawn) == (1, ("T-000001",))
    assert served.states([record, unsent, 3]) == ["delivered", "withdrawn", "review"]
    (withdrawn,) = served.entries(Event.MESSAGE_EVENT_CANCELLED)
    assert (withdrawn.actor, withdrawn.object) == (APPROVER, served.row(unsent).uid)
    assert table_check.verify(served.terminal, served.session(AUDITOR)).ok


def test_what_was_not_sent_is_withdrawn_by_who_may_withdraw(site: Site, operator: Session) -> None:
    numbers = site.approve([entry(1), report(1)])
    with pytest.raises(RightMissing):
        pairs.cancel_event(site.terminal, operator, numbers[0])
    done = pairs.cancel_event(site.terminal, site.session(APPROVER), numbers[0])
    assert (done.cancelling, done.withdrawn) == ((), ("R-000001", "T-000001"))
    assert site.states(numbers) == ["withdrawn", "withdrawn"]


def test_both_or_neither(served: Site, operator: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    (record,) = served.approve([entry(1)])
    exchange.send(served.terminal, operator)
    (unsent,) = served.approve([report(1)])
    approver = served.session(APPROVER)
    before = served.contents()

    def move(*_given: Any) -> None:
        raise MessageChanged(reference="T-000001", person=APPROVER)

    # The second half fails after the first one is done: somebody at another console was faster.
    monkeypatch.setattr(queue, "move", move)
    with pytest.raises(MessageChanged):
        pairs.cancel_event(served.terminal, approver, record)
    assert served.states([unsent]) == ["approved"]
    assert served.contents() == before


def test_what_has_no_other_half_is_not_cancelled_as_an_event(site: Site, operator: Session) -> None:
    # Of another person; of another moment; of another report.
    records = [entry(1), report(2), report(3, subject="0000000001", occurred_at="2026-11-20T09:31:00+09:00")]
    later = report(4, subject="0000000001")
    del later["deemed_by"]
    site.approve([*records, later])
    both = replace(operator, rights=operator.rights | {Right.WITHDRAW})
    for number in range(1, 5):
        with pytest.raises(NoPair):
            pairs.cancel_event(site.terminal, both, number)


def test_nothing_is_cancelled_while_a_half_is_on_its_way(served: Site, operator: Session) -> None:
    numbers = sent_pair(served, operator)
    served.rewrite("UPDATE message SET state = 'unknown', version = version WHERE id = ?", numbers[1])
    with pytest.raises(StepRefused):
        pairs.cancel_event(served.terminal, operator, numbers[0])
    assert served.states(numbers) == ["accepted", "unknown"]
    assert served.entries(Event.MESSAGE_EVENT_CANCELLED) == []
