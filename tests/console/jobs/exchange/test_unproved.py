"""What seal or log do not prove does not leave, and is told; the others leave (`console.jobs.exchange.batch_steps`)."""

import pytest

from console.jobs import exchange
from console.jobs.messages import confirmation, reading, review
from console.jobs.people import logon
from store.errors import RowOutdated, RowSealBroken
from store.log import Event
from tests.console.jobs.site import APPROVER, OPERATOR, PEOPLE, Site, entry, notice
from transport.evidence.envelope import Purpose

pytestmark = pytest.mark.by_engine

ALL = "state, hold, state_since, version, changed_by, seal, approver, approved_revision, approved_digest, warnings"


def _edit(site: Site, number: int) -> None:
    site.raw(
        "UPDATE message SET state = 'approved', approver = 'ap-201', approved_revision = revision,"
        " approved_digest = digest WHERE id = ?",
        number,
    )


def _put_back(site: Site, number: int) -> None:
    """Approve the message, return it, and put the approved row back."""
    review.approve(site.terminal, site.session(APPROVER), [number])
    (older,) = site.raw(f"SELECT {ALL} FROM message WHERE id = ?", number)
    review.give_back(site.terminal, site.session(APPROVER), [number], reason="x")
    columns = ", ".join(f"{name} = ?" for name in ALL.split(", "))
    site.raw(f"UPDATE message SET {columns} WHERE id = ?", *older, number)


def _without_its_entry(site: Site, number: int) -> None:
    """Approve the message, and take the entry away."""
    review.approve(site.terminal, site.session(APPROVER), [number])
    site.unguard_log()
    site.raw("UPDATE log_entry SET event = 'message.read' WHERE event = 'message.approved' AND object = ?", _uid(site))


def _uid(site: Site) -> str:
    return str(site.raw("SELECT uid FROM message WHERE id = 1")[0][0])


@pytest.mark.parametrize(
    ("tamper", "code"),
    [(_edit, "row_seal_broken"), (_put_back, "row_outdated"), (_without_its_entry, "approval_unproved")],
)
def test_it_stays_where_it_is_and_the_next_one_leaves(served: Site, tamper: object, code: str) -> None:
    (number,) = served.take_in([entry(1)])
    assert callable(tamper)
    tamper(served, number)
    (other,) = served.approve([entry(2)])
    before = served.raw("SELECT * FROM message WHERE id = ?", number)
    done = exchange.send(served.terminal, served.session(OPERATOR))
    assert (done.sent, done.delivered, done.unproved) == (1, 1, 1)
    (item,) = [item for item in done.items if item.id == number]
    assert (item.outcome, item.code) == ("approved", code)
    assert item.incident is not None
    assert served.raw("SELECT * FROM message WHERE id = ?", number) == before
    assert served.states([other]) == ["delivered"]
    assert served.received().messages == 1
    (made,) = [row for row in served.entries(Event.PROTECTION_FAILED) if row.object == _uid(served)]
    assert made.detail == {"protection": "tables", "code": code, "incident": item.incident}


def test_a_later_message_does_not_overtake_what_somebody_else_settled(served: Site) -> None:
    early = entry(1, occurred_at="2026-11-20T09:00:00+09:00")
    served.take_in([early])
    (later,) = served.approve([entry(2, subject=early["subject"])])
    served.raw("UPDATE message SET state = 'withdrawn' WHERE id = 1")
    done = exchange.send(served.terminal, served.session(OPERATOR))
    assert (done.sent, done.unproved) == (0, 1)
    assert done.items[0].facts == {"table": "message", "row": _uid(served)}
    assert served.states([later]) == ["approved"]


def test_nobody_reads_or_decides_on_it(site: Site) -> None:
    (number,) = site.take_in([entry(1)])
    _put_back(site, number)
    with pytest.raises(RowOutdated):
        reading.read(site.terminal, site.session(APPROVER), number)
    refused = review.hold(site.terminal, site.session(APPROVER), [number]).refused
    assert [each.reason for each in refused] == ["row_outdated"]


def test_nobody_logs_on_by_a_row_that_was_edited(site: Site) -> None:
    site.raw("UPDATE person SET roles = 'approver,officer' WHERE id = ?", OPERATOR)
    with pytest.raises(RowSealBroken):
        logon.log_on(site.terminal, OPERATOR, PEOPLE[OPERATOR][1], origin="command")


def test_a_notice_that_the_log_does_not_tell_of_is_not_confirmed(served: Site) -> None:
    served.feed(notice(1), Purpose.NOTICE, "0f" * 16)
    exchange.receive(served.terminal, served.session(OPERATOR))
    number = served.number("N-000001")
    served.unguard_log()
    served.raw("UPDATE log_entry SET object = ? WHERE event = 'notice.received'", "0e" * 16)
    done = confirmation.confirm(served.terminal, served.session(APPROVER), [number])
    assert (done.changed, [each.reason for each in done.refused]) == ([], ["row_outdated"])
    served.raw("UPDATE log_entry SET object = ? WHERE event = 'notice.received'", "0f" * 16)
    assert confirmation.confirm(served.terminal, served.session(APPROVER), [number]).changed == [number]
