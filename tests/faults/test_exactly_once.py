"""Exactly once in effect: conflicts are held, replays refused, former keys open, what was refused unread goes again."""

import json
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from console.errors import ItemReplayed, RightMissing
from console.jobs import exchange
from console.jobs.exchange import ItemResult
from console.jobs.messages import claims
from console.jobs.peers import register
from store import clock
from store.errors import AlreadyReceived, MessageClaimed, NoticeConflict, StepRefused
from store.log import Event
from store.message.states import Hold
from store.peers import peer_in_force
from tests.console.jobs.site import APPROVER, CHIEF, LONG_AGO, MUNICIPALITY, OPERATOR, Site, entry, notice
from tests.faults.forging import keep_shipment
from transport import agency
from transport.agency.home import AgencyHome
from transport.errors import EnvelopeMisaddressed, EnvelopeRecipientKeyUnknown
from transport.evidence.envelope import Envelope, Purpose, Sealer
from transport.evidence.receipts import sign_receipts
from transport.line.client import Line
from transport.parties.authority import Use


def _send(site: Site) -> exchange.SendOutcome:
    return exchange.send(site.terminal, site.session(OPERATOR))


def _receive(site: Site, *, after: int | None = None) -> exchange.ReceiveOutcome:
    return exchange.receive(site.terminal, site.session(OPERATOR), after=after)


def _incidents(site: Site) -> str:
    return (site.home / "log" / "technical.log").read_text()


def _rejected(site: Site, done: exchange.ReceiveOutcome, code: str) -> None:
    """Check that one item was refused with `code`, recorded under a number that the technical log has."""
    (item,) = [item for item in done.items if item.outcome == "rejected"]
    assert item == ItemResult(None, None, "rejected", code, item.incident, {})
    assert item.incident is not None
    assert f"{item.incident} " in _incidents(site)
    assert f"[{code}]" in _incidents(site)


def test_a_message_whose_id_the_peer_knows_for_something_else_is_held_with_an_alarm(served: Site) -> None:
    (number,) = served.approve([entry(1)])
    row = served.row(number)
    endpoint_home = AgencyHome(served.agency_home)
    other = Sealer(served.terminal.identity, endpoint_home.identity(clock.now()).public, MUNICIPALITY, "v1")
    first = other.seal(b"{}", message_id=row.uid, purpose=Purpose.MESSAGE, created_at=clock.now())
    _deliver(served, first.raw)

    done = _send(served)

    assert (done.held, done.delivered, done.refused) == (1, 0, 0)
    (item,) = done.items
    assert (item.outcome, item.code) == ("held", "id_conflict")
    assert item.incident is not None
    assert item.incident in _incidents(served)
    assert (served.row(number).state, served.row(number).hold) == ("held", Hold.ALARM)
    (entry_of_alarm,) = served.entries(Event.MESSAGE_CONFLICT)
    assert entry_of_alarm.object == row.uid
    assert served.received().alarms == 1
    assert _send(served).sent == 0


def _deliver(site: Site, raw: bytes) -> None:
    """Deliver an envelope that the terminal's queue does not know of."""
    with Line(register.endpoint(site.terminal), site.terminal.identity) as line:
        line.deliver([raw])


def test_a_receipt_for_something_else_under_our_id_is_an_alarm_too(served: Site) -> None:
    """The answer was lost, and to the question the peer shows a receipt for other bytes."""
    (number,) = served.approve([entry(1)])
    _send(served)
    served.rewrite("UPDATE message SET state = 'unknown' WHERE id = ?", number)
    with AgencyHome(served.agency_home).database() as database, database.writing():
        database._db.execute("UPDATE message SET receipt = ?", (_receipt_of_another(served),))

    done = _send(served)

    assert (done.held, done.unknown) == (1, 0)
    assert served.row(number).hold is Hold.ALARM


def _receipt_of_another(site: Site) -> bytes:
    home = AgencyHome(site.agency_home)
    with home.database() as database:
        ((raw,),) = database._db.execute("SELECT envelope FROM message").fetchall()
    header = Envelope.read(raw).header
    sealer = Sealer(site.terminal.identity, home.identity(clock.now()).public, MUNICIPALITY, "v1")
    other = sealer.seal(b"{}", message_id=header.id, purpose=Purpose.MESSAGE, created_at=clock.now())
    return sign_receipts([other], recipient=home.identity(clock.now()), received_at=clock.now())[0]


def test_a_notice_that_the_peer_says_differently_is_put_on_hold(served: Site) -> None:
    uid = uuid.uuid4().hex
    served.feed(notice(1), Purpose.NOTICE, uid)
    assert _receive(served).received == 1
    served.feed(notice(1, noticed_on="2026-11-18"), Purpose.NOTICE, uid)

    done = _receive(served)

    _rejected(served, done, NoticeConflict.code)
    assert served.states([served.number("N-000001")]) == ["on_hold"]
    assert served.entries(Event.NOTICE_CONFLICT)


def test_the_same_envelope_at_another_place_of_the_feed_is_refused_as_a_replay(served: Site) -> None:
    uid = uuid.uuid4().hex
    served.feed(notice(1), Purpose.NOTICE, uid)
    _receive(served)
    with AgencyHome(served.agency_home).database() as database:
        raw = database.envelope_at(served.terminal.identity.name, 1)
    assert raw is not None
    served.feed_raw(uid, raw)

    done = _receive(served)

    _rejected(served, done, ItemReplayed.code)
    assert served.states([served.number("N-000001")]) == ["received"]


def test_the_feed_is_read_again_from_a_position_and_what_is_known_stays_as_it_is(served: Site) -> None:
    served.feed(notice(1), Purpose.NOTICE, uuid.uuid4().hex)
    assert _receive(served).received == 1
    again = _receive(served, after=0)
    assert (again.received, again.rejected, again.items) == (0, 0, [])


def test_what_was_rejected_for_an_unknown_key_is_taken_in_when_it_is_read_again(served: Site) -> None:
    """The peer signed with its next key before that was registered here: nothing of it is lost."""
    moment = clock.now()
    coming = agency.renew(served.agency_home, moment - timedelta(seconds=1)).identity.public
    early = Sealer(
        AgencyHome(served.agency_home).identity(clock.now()), served.terminal.identity.public, MUNICIPALITY, "1"
    )
    uid = uuid.uuid4().hex
    served.feed_raw(
        uid, early.seal(_json(notice(1)), message_id=uid, purpose=Purpose.NOTICE, created_at=clock.now()).raw
    )
    # The line itself already shows the next certificate; the register trusts it but has another signing key.
    with served.terminal.database.reading() as reading:
        known = peer_in_force(reading, served.terminal.vault.rows, clock.now())
    draft = register.draft_of(
        replace(coming, signing_key=known.signing_key),
        address="127.0.0.1",
        port=known.port,
        municipality=MUNICIPALITY,
        legal_basis=known.legal_basis,
        valid_from=moment - timedelta(seconds=2),
    )
    register.record(served.terminal, draft, actor=None, session_id=None)
    _rejected(served, _receive(served), "envelope_sender_key_unknown")

    right = replace(draft, signing_key=coming.signing_key, valid_from=moment - timedelta(seconds=1))
    register.record(served.terminal, right, actor=None, session_id=None)
    assert _receive(served).received == 0
    assert _receive(served, after=0).received == 1


def _json(record: dict[str, Any]) -> bytes:
    return json.dumps(record).encode()


def test_what_was_sealed_to_a_former_key_still_opens(served: Site) -> None:
    """A notice waits in the feed, sealed to today's key, while the terminal takes up its next one."""
    served.feed(notice(1), Purpose.NOTICE, uuid.uuid4().hex)
    former = served.terminal.identity.public
    coming = served.terminal.keys.prepare(
        Use.TERMINAL, used_from=clock.now() - timedelta(seconds=1), now=clock.now()
    ).identity.public
    agency.register_terminal(served.agency_home, coming, municipality=MUNICIPALITY, valid_from=LONG_AGO)
    assert served.terminal.identity.public == coming
    assert former.sealing_key != coming.sealing_key

    assert _receive(served).received == 1


def test_a_key_that_nobody_here_ever_had_is_told_as_such(served: Site) -> None:
    uid = uuid.uuid4().hex
    home = AgencyHome(served.agency_home)
    agency_identity = home.identity(clock.now())
    stranger = replace(served.terminal.identity.public, sealing_key=agency_identity.public.sealing_key)
    sealer = Sealer(agency_identity, stranger, MUNICIPALITY, "1")
    served.feed_raw(uid, sealer.seal(b"{}", message_id=uid, purpose=Purpose.NOTICE, created_at=clock.now()).raw)
    _rejected(served, _receive(served), EnvelopeRecipientKeyUnknown.code)


def test_an_envelope_for_another_terminal_is_told_as_such(served: Site) -> None:
    uid = uuid.uuid4().hex
    other = replace(served.terminal.identity.public, name="131041-02")
    sealer = Sealer(AgencyHome(served.agency_home).identity(clock.now()), other, MUNICIPALITY, "1")
    served.feed_raw(uid, sealer.seal(b"{}", message_id=uid, purpose=Purpose.NOTICE, created_at=clock.now()).raw)
    _rejected(served, _receive(served), EnvelopeMisaddressed.code)


def test_what_the_peer_refused_unread_is_sealed_anew_and_sent_under_its_own_id(served: Site) -> None:
    (number,) = served.approve([entry(1)])
    uid = served.row(number).uid
    _refuse_unread(served, number)
    assert _send(served).sent == 0

    with pytest.raises(RightMissing):
        exchange.resend(served.terminal, served.session(OPERATOR), [number])
    resent = exchange.resend(served.terminal, served.session(APPROVER), [number])
    assert (resent.changed, resent.refused) == ([number], [])

    assert _send(served).delivered == 1
    assert _receive(served).results == 1
    assert (served.states([number]), served.row(number).uid) == (["accepted"], uid)
    assert served.received() == agency.Holdings(messages=1, distinct=1, alarms=0, acknowledged=1)


def test_a_resending_that_is_refused_keeps_what_was_sent(served: Site) -> None:
    """Somebody is making a message in its place: it stays as it is, and can be resent when that is given up."""
    (number,) = served.approve([entry(1)])
    _refuse_unread(served, number)
    clerk = served.session(OPERATOR)
    claims.begin_edit(served.terminal, clerk, number)

    held_up = exchange.resend(served.terminal, served.session(APPROVER), [number])

    assert [item.reason for item in held_up.refused] == [MessageClaimed.code]
    assert served.states([number]) == ["refused"]
    claims.end_edit(served.terminal, clerk, number)
    assert exchange.resend(served.terminal, served.session(APPROVER), [number]).changed == [number]
    assert _send(served).delivered == 1


def _refuse_unread(site: Site, number: int) -> None:
    """Send a message in an envelope that no agency takes: it is refused without being opened."""
    public = AgencyHome(site.agency_home).identity(clock.now()).public
    sealer = Sealer(site.terminal.identity, public, MUNICIPALITY, "v1")
    uid = site.row(number).uid
    keep_shipment(
        site.terminal, number, sealer.seal(b"{}", message_id=uid, purpose=Purpose.RESULT, created_at=clock.now())
    )
    done = _send(site)
    assert (done.refused, done.items[0].code) == (1, "envelope_purpose_foreign")


def test_what_the_peer_has_read_is_never_sealed_anew(served: Site) -> None:
    (refused, waiting) = served.approve([entry(1), entry(2)])
    agency.refuse(served.agency_home, "R-000001", "number_not_current")
    _send(served)
    _receive(served)
    assert served.states([refused, waiting]) == ["refused", "accepted"]

    done = exchange.resend(served.terminal, served.session(CHIEF), [refused, waiting])

    assert done.changed == []
    assert {item.id: item.reason for item in done.refused} == {
        refused: AlreadyReceived.code,
        waiting: StepRefused.code,
    }


def test_one_acknowledgement_that_the_peer_does_not_take_holds_up_no_other(served: Site) -> None:
    for number in range(1, 4):
        served.feed(notice(number), Purpose.NOTICE, uuid.uuid4().hex)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("transport.line.client.Line.acknowledge", lambda *_, **__: dict.fromkeys((1, 2, 3)))
        _receive(served)
    # The first item is gone at the peer: it can never be acknowledged again.
    with AgencyHome(served.agency_home).database() as database, database.writing():
        database._db.execute("DELETE FROM feed WHERE position = 1")
    _receive(served)
    assert served.received().acknowledged == 2
