"""Wrong envelopes are refused by either side, each with its own code; what lies on disk can be read by nobody."""

import uuid

import pytest

from console.incidents import TECHNICAL_LOG
from console.jobs import exchange
from console.words import LANGUAGES, Words
from store import clock
from tests.canaries import files_with
from tests.console.jobs.site import MUNICIPALITY, OPERATOR, Site, entry, notice, person_of
from tests.faults.forging import FORGERIES, forge, keep_shipment
from transport.agency import texts
from transport.agency.home import AgencyHome
from transport.evidence.envelope import Purpose, Sealer

NAME, ADDRESS, NUMBER, SUBJECT = (
    "HOSSAIN RAFIQ 葛\U000e0100城",
    "東京都新宿区架空町一丁目2番3号",
    "ZX98765432YW",
    "0000000001",
)


def _from_agency(site: Site) -> Sealer:
    home = AgencyHome(site.agency_home)
    return Sealer(home.identity(clock.now()), site.terminal.identity.public, MUNICIPALITY, "1")


@pytest.mark.parametrize("name", FORGERIES)
def test_the_terminal_refuses_a_wrong_envelope_and_takes_the_next(served: Site, name: str) -> None:
    sealer, uid = _from_agency(served), uuid.uuid4().hex
    envelope = sealer.seal(b"{}", message_id=uid, purpose=Purpose.NOTICE, created_at=clock.now())
    served.feed_raw(uid, forge(name, sealer, envelope))
    served.feed(notice(1), Purpose.NOTICE, uuid.uuid4().hex)

    done = exchange.receive(served.terminal, served.session(OPERATOR))

    assert (done.received, done.rejected) == (1, 1)
    (item,) = [item for item in done.items if item.outcome == "rejected"]
    assert item.code == FORGERIES[name].code
    assert item.incident is not None
    assert item.incident in (served.home / "log" / "technical.log").read_text()
    for language in LANGUAGES:
        answer = Words(language).fault(item.code)
        assert answer.cause
        assert answer.remedy


# What is no envelope at all, or not a whole one, the terminal itself would not send.
_SENDABLE = [
    name for name, forgery in FORGERIES.items() if forgery.code not in {"envelope_malformed", "envelope_truncated"}
]


@pytest.mark.parametrize("name", _SENDABLE)
def test_the_agency_refuses_a_wrong_envelope_and_takes_the_next(served: Site, name: str) -> None:
    wrong, right = served.approve([entry(1), entry(2)])
    public = AgencyHome(served.agency_home).identity(clock.now()).public
    sealer = Sealer(served.terminal.identity, public, MUNICIPALITY, "v1")
    uid = served.row(wrong).uid
    envelope = sealer.seal(b"{}", message_id=uid, purpose=Purpose.MESSAGE, created_at=clock.now())
    keep_shipment(served.terminal, wrong, envelope, forge(name, sealer, envelope))

    done = exchange.send(served.terminal, served.session(OPERATOR))

    assert (done.delivered, done.refused) == (1, 1)
    assert served.states([wrong, right]) == ["refused", "delivered"]
    (item,) = [item for item in done.items if item.outcome == "refused"]
    assert item.code == FORGERIES[name].code
    assert item.code in texts.problems()
    assert item.incident is not None
    (line,) = [line for line in (served.home / TECHNICAL_LOG).read_text().splitlines() if item.incident in line]
    # The terminal's own record names the number under which the peer has it.
    assert f"[{item.code}]" in line
    assert line.split()[-1] in (served.agency_home / "technical.log").read_text()


def test_what_lies_in_outbox_and_inbox_is_sealed(served: Site) -> None:
    """No form of what messages say is found in any file of either side, with or without the database's own journal."""
    person = person_of(name=NAME, address=ADDRESS)
    served.approve([entry(1, person=person, card_number=NUMBER, subject=SUBJECT)])
    served.home.with_name("outgoing.jsonl").unlink()
    served.feed(notice(1, person=person, card_number=NUMBER), Purpose.NOTICE, uuid.uuid4().hex)
    chosen = served.session(OPERATOR)
    assert exchange.send(served.terminal, chosen).delivered == 1
    got = exchange.receive(served.terminal, chosen)
    assert (got.received, got.results) == (1, 1)

    places = [served.home, served.agency_home]
    assert files_with(places, (NAME, ADDRESS, NUMBER, SUBJECT)) == []
    # The counter-proof: the same search finds what is not sealed.
    assert files_with([served.home], ["R-000001"])
