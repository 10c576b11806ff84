"""支援措置: the address is hidden wherever the person is met, shown on a key that is logged, and sent as ever."""

import json
from pathlib import Path
from typing import Any

import pytest

from console.errors import AddressHidden, NoSubject
from console.jobs import exchange
from console.jobs.entry import draft
from console.jobs.log import tables as table_check
from console.jobs.messages import entry as hand
from console.jobs.messages import extract, reading
from console.jobs.residents import protection
from console.session import Session
from store.log import Event
from store.message.kinds import message_from_record
from tests.console.jobs.site import APPROVER, AUDITOR, CHIEF, OPERATOR, Site, entry, notice, person_of
from transport.evidence.envelope import Purpose

ADDRESS = person_of()["address"]
SUBJECT = "0000000001"


@pytest.fixture
def operator(site: Site) -> Session:
    return site.session(OPERATOR)


def shown(site: Site, session: Session, number: int, *, address: bool = False) -> str:
    view = reading.read(site.terminal, session, number, address=address)
    return json.dumps(view.record, ensure_ascii=False)


def moved(number: int, **items: Any) -> dict[str, Any]:
    """Return a correction of the address of the person, which states the former one as well."""
    basis = {"kind": "report", "article": "juki-23", "reported_on": "2026-11-19"}
    change = {"action": "correction", "corrected": ["address"], "previous_address": "東京都中野区仮設町9番9号"}
    return entry(number, subject=SUBJECT, basis=basis, **change, **items)


def test_it_follows_the_person_through_all_messages(site: Site, operator: Session) -> None:
    own, beside, other = site.take_in([entry(1), moved(2), entry(3)])
    assert protection.protect(site.terminal, operator, own)
    assert not protection.protect(site.terminal, operator, beside), "it is the same person"
    (later,) = site.take_in([entry(4, subject=SUBJECT)])
    for number in (own, beside, later):
        view = reading.read(site.terminal, operator, number)
        assert view.protected
        assert view.record["person"]["address"] == protection.HIDDEN
        assert ADDRESS not in json.dumps(view.record, ensure_ascii=False)
    assert "仮設町" not in shown(site, operator, beside)
    assert ADDRESS in shown(site, operator, other)
    # By the key of the person, and by the number of the card that notices know.
    logged = site.entries(Event.RESIDENT_PROTECTED)
    card = site.terminal.vault.pseudonym("number", "AB12345678CD")
    assert {(row.actor, row.object) for row in logged} == {(OPERATOR, site.row(own).subject), (OPERATOR, card)}
    assert table_check.verify(site.terminal, site.session(AUDITOR)).ok


def test_who_asks_for_the_address_is_in_the_log(site: Site, operator: Session, tmp_path: Path) -> None:
    (number,) = site.take_in([entry(1)])
    assert ADDRESS in shown(site, operator, number, address=True)
    assert site.entries(Event.ADDRESS_SHOWN) == [], "where nothing is hidden, nothing is noted"
    protection.protect(site.terminal, operator, number)
    approver = site.session(APPROVER)
    assert ADDRESS in shown(site, approver, number, address=True)
    # The form of a correction shows it, and so does a file.
    draft.reopen(site.terminal, operator, number)
    extract.write_out(site.terminal, operator, number, tmp_path / "out.jsonl", address=True)
    asked = site.entries(Event.ADDRESS_SHOWN)
    assert [(row.actor, row.object) for row in asked] == [
        (person, site.row(number).uid) for person in (APPROVER, OPERATOR, OPERATOR)
    ]


def test_no_file_without_asking_and_no_earlier_revision_has_it(site: Site, operator: Session, tmp_path: Path) -> None:
    (number,) = site.take_in([entry(1)])
    hand.revise(site.terminal, operator, number, entry(1, card_number="XY00000000YX"), version=1)
    protection.protect(site.terminal, operator, number)
    with pytest.raises(AddressHidden):
        extract.write_out(site.terminal, operator, number, tmp_path / "out.jsonl")
    assert list(tmp_path.glob("out.jsonl*")) == []
    revision = reading.read_revision(site.terminal, operator, number, 1)
    assert ADDRESS not in json.dumps([revision.record, revision.record_now], ensure_ascii=False)


def test_a_message_brings_the_protection_and_it_never_leaves(served: Site, operator: Session) -> None:
    (imported,) = served.approve([entry(1, protected=True)])
    (entered,) = hand.enter(served.terminal, operator, [entry(2, protected=True)])
    (revised,) = served.take_in([entry(3)])
    hand.revise(served.terminal, operator, revised, entry(3, protected=True), version=1)
    for number in (imported, entered, revised):
        assert reading.read(served.terminal, operator, number).protected
    assert len(served.entries(Event.RESIDENT_PROTECTED)) == 3 + 1, "and one for the card that they share"
    # The agency refuses whatever it does not know, and has to know where the person lives.
    wire = message_from_record(entry(1, protected=True)).to_wire()
    assert (wire["person"]["address"], "protected" in wire) == (ADDRESS, False)
    exchange.send(served.terminal, operator)
    exchange.receive(served.terminal, operator)
    assert served.states([imported]) == ["accepted"]


def test_an_approver_ends_it(site: Site, operator: Session) -> None:
    (number,) = site.take_in([entry(1, protected=True)])
    approver = site.session(APPROVER)
    assert protection.unprotect(site.terminal, approver, number)
    assert not protection.unprotect(site.terminal, approver, number)
    assert ADDRESS in shown(site, operator, number)
    assert table_check.verify(site.terminal, site.session(AUDITOR)).ok


def test_the_notices_about_a_protected_person_hide_the_address_as_well(served: Site, operator: Session) -> None:
    (number,) = served.take_in([entry(1)])
    protection.protect(served.terminal, operator, number)
    renewed = [{"item": "card_number", "before": "AB12345678CD", "after": "XY00000000YX", "reason": "changed"}]
    records = [
        notice(1, card_number="AB12345678CD"),
        notice(2, card_number="XY00000000YX", changes=renewed),
        notice(3, card_number="ZZ99999999ZZ"),
    ]
    for place, record in enumerate(records):
        served.feed(record, Purpose.NOTICE, f"{place:032x}")
    exchange.receive(served.terminal, served.session(CHIEF))
    hidden = [ADDRESS not in shown(served, operator, served.number(record["reference"])) for record in records]
    assert hidden == [True, True, False]
    assert ADDRESS in shown(served, operator, served.number("N-000001"), address=True)
    assert len(served.entries(Event.ADDRESS_SHOWN)) == 1


def test_a_notice_states_no_key_of_its_person(served: Site, operator: Session) -> None:
    served.feed(notice(1), Purpose.NOTICE, "ab" * 16)
    exchange.receive(served.terminal, served.session(CHIEF))
    with pytest.raises(NoSubject):
        protection.protect(served.terminal, operator, served.number("N-000001"))
