"""What the peer refused unread goes out again with new bytes; what it has read, and everything else, does not."""

import pytest

from console.errors import RightMissing
from console.jobs import exchange
from console.jobs.exchange.resending import resend
from store import queue
from store.log import Event
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import APPROVER, OPERATOR, Site, entry
from transport import agency

pytestmark = ON_SQLITE


def refuse_by_hand(site: Site, number: int) -> None:
    """Let a message stand as the peer refused it unread: with bytes that were made, and without a receipt."""
    site.rewrite("UPDATE message SET state = 'refused' WHERE id = ?", number)


def test_a_refused_message_is_approved_again_and_loses_only_its_bytes(served: Site) -> None:
    first, second = served.approve([entry(1), entry(2)])
    agency.refuse(served.agency_home, "R-000002", "number_not_current")
    exchange.send(served.terminal, served.session(OPERATOR))
    exchange.receive(served.terminal, served.session(OPERATOR))
    assert served.states([first, second]) == ["accepted", "refused"]
    # The peer has read the second message: it gave a receipt for it, so only a new message can mend it.
    done = resend(served.terminal, served.session(APPROVER), [second, first])
    assert done.changed == []
    assert {refusal.id: refusal.reason for refusal in done.refused} == {
        second: "already_received",
        first: "step_refused",
    }
    assert served.entries(Event.MESSAGE_RESEALED) == []


def test_bytes_without_a_receipt_are_made_again(served: Site) -> None:
    numbers = served.approve([entry(1)])
    exchange.send(served.terminal, served.session(OPERATOR))
    served.raw("DELETE FROM receipt")
    refuse_by_hand(served, numbers[0])
    done = resend(served.terminal, served.session(APPROVER), numbers)
    assert (done.changed, done.refused) == (numbers, [])
    assert served.states(numbers) == ["approved"]
    assert served.raw("SELECT count(*) FROM shipment") == [(0,)]
    (row,) = served.entries(Event.MESSAGE_RESEALED)
    assert (row.actor, row.object) == (APPROVER, served.row(numbers[0]).uid)
    with served.terminal.database.reading() as reading:
        assert queue.open_shipments(reading, served.terminal.name) == []


def test_who_may_not_approve_sends_nothing_again(site: Site) -> None:
    numbers = site.take_in([entry(1)])
    with pytest.raises(RightMissing):
        resend(site.terminal, site.session(OPERATOR), numbers)
    assert site.states(numbers) == ["review"]
