"""Entry by hand, headless: what is asked for, what a pair shares, and what becomes of the draft.

The items are `console.jobs.entry.items`; what the peer said of a refused message is `console.jobs.entry.refusals`.
"""

from typing import Any

import pytest

from console.errors import RecordFaulty, ReplacesOtherPerson, RightMissing
from console.jobs import exchange
from console.jobs.entry import draft as drafts
from console.jobs.entry.draft import Draft
from console.jobs.entry.items import DraftItem
from console.jobs.messages import claims, entry, listing, reading, review
from console.session import Session
from store import clock
from store import queue as store_queue
from store.errors import MessageChanged, MessageMissing, ReferenceTaken, StepRefused
from store.log import Event
from store.message.codes import Category
from store.message.states import Pointer, Step
from tests.console.jobs.messages.test_pairs import report
from tests.console.jobs.site import APPROVER, OPERATOR, Site
from tests.console.jobs.site import entry as written
from transport import agency

PERSON = {
    "subject": "0000000042",
    "person.name": "WANG XIAOMING",
    "person.birth_date": "1985-04-12",
    "person.sex": "male",
    "person.nationality": "CHN",
    "person.address": "東京都新宿区架空町一丁目2番3号",
}
SHARED = {**PERSON, "card_number": "AB12345678CD", "reported_on": "2026-11-20"}


@pytest.fixture
def clerk(site: Site) -> Session:
    return site.session(OPERATOR)


def asked(draft: Draft) -> list[str]:
    return [item.key for item in draft.items() if item.wanted]


def item(draft: Draft, key: str) -> DraftItem:
    return next(item for item in draft.items(everything=True) if item.key == key)


def fill(draft: Draft, values: dict[str, Any]) -> Draft:
    for key, value in values.items():
        draft.answer(item(draft, key), value)
    return draft


def begun(site: Site, clerk: Session, event: str, category: Category = Category.MID_LONG_TERM, **more: bool) -> Draft:
    return drafts.begin(site.terminal, clerk, event, category=category, **more)


def test_a_pair_asks_once_for_what_both_carry(site: Site, clerk: Session) -> None:
    draft = begun(site, clerk, "move_within")
    assert asked(draft) == [*PERSON, "card_number", "previous_address", "reported_on", "1.moved_on"]
    fill(draft, {**SHARED, "previous_address": "東京都新宿区架空町九丁目", "1.moved_on": "2026-11-18"})
    assert not draft.faulty
    record, report = draft.records
    for name in ("subject", "person", "category", "card_number", "previous_address", "occurred_at"):
        assert record[name] == report[name]
    assert record["basis"]["reported_on"] == report["reported_on"] == "2026-11-20"


def test_both_wait_for_a_second_person(site: Site, clerk: Session) -> None:
    draft = fill(begun(site, clerk, "move_in"), SHARED)
    fill(draft, {"previous_address": "大阪市北区架空町1番", "1.moved_on": "2026-11-18"})
    references = draft.submit(site.terminal, clerk)
    rows = [row for row in listing.page(site.terminal, clerk, listing.QueueQuery()).rows if row.reference in references]
    assert [row.kind for row in rows] == ["resident_record", "residence_report"]
    assert {(row.state, row.author) for row in rows} == {("review", OPERATOR)}
    refused = review.approve(site.terminal, site.session(APPROVER), [row.id for row in rows])
    assert refused.changed == [row.id for row in rows]


def test_an_answer_changes_what_is_asked_next(site: Site, clerk: Session) -> None:
    draft = begun(site, clerk, "arrival_from_abroad")
    assert "1.settled_on" in asked(draft)
    fill(draft, {"card_pending": True})
    assert "card_number" not in asked(draft)
    draft.answer(item(draft, "card_pending"), None)
    assert "card_number" in asked(draft)
    draft.answer(item(draft, "1.article"), "immigration-19-8")
    fill(draft, {"1.had_residence": True})
    assert "1.settled_on" not in asked(draft)


def test_what_comes_to_be_wanted_later_is_taken_from_the_other_message(site: Site, clerk: Session) -> None:
    draft = fill(begun(site, clerk, "arrival_from_abroad"), {"card_number": "AB12345678CD"})
    fill(draft, {"0.action": "correction", "0.corrected": ["address"], "previous_address": "大阪市北区架空町1番"})
    draft.answer(item(draft, "1.deemed_by"), None)
    draft.answer(item(draft, "1.article"), "immigration-19-9")
    assert draft.records[1]["previous_address"] == "大阪市北区架空町1番"


def test_codes_are_those_that_the_event_leaves_open_or_the_rules_allow(site: Site, clerk: Session) -> None:
    draft = begun(site, clerk, "arrival_from_abroad")
    assert draft.codes(item(draft, "1.article")) == ("immigration-19-7", "immigration-19-8")
    assert draft.codes(item(draft, "0.action")) == ("entry",)
    assert len(draft.codes(item(draft, "person.nationality"))) > 200
    alone = begun(site, clerk, "residence_reported", Category.SPECIAL_PERMANENT)
    assert draft.codes(item(draft, "1.deemed_by")) == ("juki-30-46",)
    assert alone.codes(item(alone, "article")) == ("special-10-1", "special-10-2")


def test_optional_items_are_there_on_demand(site: Site, clerk: Session) -> None:
    draft = begun(site, clerk, "death")
    few = {item.key for item in draft.items()}
    everything = {item.key for item in draft.items(everything=True)}
    assert few < everything
    assert {"person.name_kanji", "person.birth_date_note", "reference", "occurred_at"} <= everything - few
    assert not {"kind", "municipality", "cancels", "basis.planned_departure", "certificate_number"} & everything
    draft.answer(item(draft, "person.name_kanji"), "王小明")
    assert "person.name_kanji" in {item.key for item in draft.items()}


def test_what_is_wrong_is_told_at_the_item_and_nothing_is_entered(site: Site, clerk: Session) -> None:
    draft = fill(begun(site, clerk, "death"), {**PERSON, "person.birth_date": "1985-02-29", "card_number": "AB1"})
    assert [finding.rule for finding in item(draft, "person.birth_date").findings] == ["paper_date_impossible"]
    assert not item(draft, "person.birth_date").faulty
    assert item(draft, "card_number").faulty
    before = site.newest()
    with pytest.raises(RecordFaulty):
        draft.submit(site.terminal, clerk)
    assert site.newest() == before


def test_a_reference_that_somebody_took_meanwhile_is_replaced_unless_it_was_typed(site: Site, clerk: Session) -> None:
    number = {"certificate_number": "AB12345678CD", "subject": "1", "delivered_on": "2026-11-20"}
    first = fill(begun(site, clerk, "certificate_delivered"), number)
    second = fill(begun(site, clerk, "certificate_delivered"), number)
    assert first.records[0]["reference"] == second.records[0]["reference"]
    (mine,), (theirs,) = (draft.submit(site.terminal, clerk) for draft in (first, second))
    assert mine != theirs
    third = fill(begun(site, clerk, "certificate_delivered"), {**number, "reference": mine})
    with pytest.raises(ReferenceTaken):
        third.submit(site.terminal, clerk)


@pytest.fixture
def returned(site: Site, clerk: Session) -> int:
    (number,) = site.take_in([written(1)])
    review.give_back(site.terminal, site.session(APPROVER), [number], reason="住所")
    return number


def test_a_returned_message_is_corrected_and_both_revisions_can_be_read(
    site: Site, clerk: Session, returned: int
) -> None:
    draft = drafts.reopen(site.terminal, clerk, returned)
    assert {"person.address", "basis.article", "action"} <= {item.key for item in draft.items()}
    assert "reference" not in {item.key for item in draft.items(everything=True)}
    draft.answer(item(draft, "person.address"), "東京都新宿区架空町二丁目")
    assert draft.submit(site.terminal, clerk) == ("R-000001",)
    assert site.states([returned]) == ["review"]
    view = reading.read_revision(site.terminal, clerk, returned, 1)
    assert (view.revision, view.present) == (1, 2)
    assert view.record["person"]["address"] == written(1)["person"]["address"]
    assert view.record_now["person"]["address"] == "東京都新宿区架空町二丁目"
    read = site.entries(Event.MESSAGE_READ, about=site.row(returned).uid)[-1]
    assert (read.actor, read.detail) == (OPERATOR, {"revision": 1})
    with pytest.raises(MessageMissing):
        reading.read_revision(site.terminal, clerk, returned, 3)


def test_a_revision_that_comes_too_late_changes_nothing(site: Site, clerk: Session, returned: int) -> None:
    early, late = (drafts.reopen(site.terminal, clerk, returned) for _ in range(2))
    card = next(item for item in early.items() if item.field == "card_number")
    early.answer(card, "XY00000000YX")
    early.submit(site.terminal, clerk)
    with pytest.raises(MessageChanged):
        late.submit(site.terminal, clerk)
    assert site.row(returned).revision == 2


@pytest.fixture
def accepted(site: Site, clerk: Session) -> int:
    """A message that the peer has accepted: the steps are the terminal's own."""
    (number,) = site.approve([written(1)])
    act = store_queue.Act(by=None, now=clock.now())
    with site.terminal.database.writing() as tx:
        for step in (Step.SHIP, Step.ACCEPT):
            store_queue.move(tx, site.terminal.vault, number, step, act)
    return number


def test_a_sent_message_is_replaced_by_one_that_points_at_it(site: Site, clerk: Session, accepted: int) -> None:
    draft = drafts.replace(site.terminal, clerk, accepted)
    assert draft.target == "R-000001"
    draft.answer(item(draft, "person.sex"), "female")
    (reference,) = draft.submit(site.terminal, clerk)
    row = site.row(site.number(reference))
    assert (row.pointer, row.target) == (Pointer.REPLACES, "R-000001")
    undone = listing.page(site.terminal, clerk, listing.QueueQuery(direction="out", being_undone=True))
    assert [row.id for row in undone.rows] == [accepted]


def test_a_sent_message_is_cancelled_by_a_copy_that_points_at_it(site: Site, clerk: Session, accepted: int) -> None:
    reference = entry.cancel(site.terminal, clerk, accepted)
    row = site.row(site.number(reference))
    assert (row.pointer, row.target, str(row.state)) == (Pointer.CANCELS, "R-000001", "review")


def test_what_has_not_left_is_not_undone(site: Site, clerk: Session) -> None:
    (number,) = site.take_in([written(1)])
    with pytest.raises(StepRefused):
        drafts.replace(site.terminal, clerk, number)
    with pytest.raises(StepRefused):
        entry.cancel(site.terminal, clerk, number)


def test_a_correction_tells_what_it_changes_and_what_the_peer_meant(served: Site, clerk: Session) -> None:
    agency.refuse(served.agency_home, "R-000001", "number_not_current")
    served.approve([written(1)])
    exchange.send(served.terminal, clerk)
    exchange.receive(served.terminal, clerk)
    draft = drafts.replace(served.terminal, clerk, served.number("R-000001"))
    card = item(draft, "card_number")
    assert (card.refused, card.before, card.corrected) == (True, written(1)["card_number"], False)
    draft.answer(card, "ZZ12345678ZZ")
    assert [each.key for each in draft.items(everything=True) if each.corrected] == ["card_number"]
    (reference,) = draft.submit(served.terminal, clerk)
    former = reading.read(served.terminal, clerk, served.number(reference)).former
    assert former is not None
    assert (former.reference, former.record["card_number"]) == ("R-000001", written(1)["card_number"])


def apart(site: Site, person: Session, reference: str) -> list[tuple[str, str]]:
    findings = reading.read(site.terminal, person, site.number(reference)).findings
    return [(each.field, each.facts["other"]) for each in findings if each.rule == "pair_differs"]


def test_who_corrects_one_half_of_a_pair_is_told_that_the_other_says_something_else(
    served: Site, clerk: Session
) -> None:
    served.approve([written(1), report(1)])
    exchange.send(served.terminal, clerk)
    exchange.receive(served.terminal, clerk)
    draft = drafts.replace(served.terminal, clerk, served.number("T-000001"))
    address = item(draft, "person.address")
    assert (address.beside, address.findings) == (written(1)["person"]["address"], ())
    assert draft.other is not None
    assert draft.other.reference == "R-000001"
    draft.answer(address, "東京都新宿区架空町七丁目7番7号")
    assert [finding.rule for finding in item(draft, "person.address").findings] == ["pair_differs"]
    (half,) = draft.submit(served.terminal, clerk)
    # Whoever reviews it has to confirm that, and sees what the other half says.
    assert served.row(served.number(half)).warnings == 1
    assert apart(served, clerk, half) == [("person.address", "R-000001")]
    view = reading.read(served.terminal, clerk, served.number(half))
    assert view.beside is not None
    assert view.beside.record["person"]["address"] == written(1)["person"]["address"]
    # The other half corrected likewise takes the warnings away.
    other = drafts.replace(served.terminal, clerk, served.number("R-000001"))
    assert item(other, "person.address").beside == "東京都新宿区架空町七丁目7番7号"
    other.answer(item(other, "person.address"), "東京都新宿区架空町七丁目7番7号")
    assert not [finding for finding in other.findings if finding.rule == "pair_differs"]
    other.answer(item(other, "reference"), "R-000099")
    other.submit(served.terminal, clerk)
    assert served.row(served.number("R-000099")).warnings == 0
    assert apart(served, clerk, half) == apart(served, clerk, "R-000099") == []


def test_a_half_that_has_not_left_is_held_against_the_other_as_well(site: Site, clerk: Session) -> None:
    record, residence = site.take_in([written(1), report(1)])
    review.give_back(site.terminal, site.session(APPROVER), [residence], reason="name")
    draft = drafts.reopen(site.terminal, clerk, residence)
    draft.answer(item(draft, "person.address"), "東京都新宿区架空町七丁目7番7号")
    # Another name is told already, as of any two messages of one person.
    draft.answer(item(draft, "person.name"), "RAHMAN")
    draft.submit(site.terminal, clerk)
    assert site.row(residence).warnings == 2
    assert apart(site, clerk, "T-000001") == [("person.address", "R-000001")]
    assert apart(site, clerk, "R-000001") == []
    claims.end_edit(site.terminal, clerk, residence)
    # Beside a half that is withdrawn there is nothing that could differ.
    review.withdraw(site.terminal, site.session(APPROVER), [record], reason="twice")
    assert apart(site, clerk, "T-000001") == []


def test_a_replacement_for_somebody_else_is_confirmed_by_both(site: Site, clerk: Session, accepted: int) -> None:
    draft = drafts.replace(site.terminal, clerk, accepted)
    before = draft.for_other_person
    draft.answer(item(draft, "subject"), "0000000099")
    assert (before, draft.for_other_person) == (False, True)
    with pytest.raises(ReplacesOtherPerson):
        draft.submit(site.terminal, clerk)
    (reference,) = draft.submit(site.terminal, clerk, other_person=True)
    entered = site.number(reference)
    assert site.row(entered).warnings == 1
    findings = reading.read(site.terminal, clerk, entered).findings
    assert [(each.field, each.rule) for each in findings] == [("subject", "subject_not_of_target")]


def test_who_may_not_enter_begins_nothing(site: Site, returned: int) -> None:
    chief = site.session(APPROVER)
    with pytest.raises(RightMissing):
        begun(site, chief, "death")
    with pytest.raises(RightMissing):
        drafts.reopen(site.terminal, chief, returned)
