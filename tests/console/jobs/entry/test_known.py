"""What is known of a person fills in an entry, and what differs from it is told."""

import pytest

from console.jobs import exchange
from console.jobs.entry import draft as drafts
from console.jobs.entry import known
from console.jobs.entry.draft import Draft
from console.jobs.entry.items import Standing
from console.jobs.residents import protection
from console.session import Session
from store.log import Event
from store.message.codes import Category
from tests.console.jobs.site import CHIEF, OPERATOR, Site, entry, notice, person_of
from transport.evidence.envelope import Purpose

CARD, RENEWED = "AB12345678CD", "XY00000000YX"
SUBJECT = str(entry(1)["subject"])


@pytest.fixture
def clerk(served: Site) -> Session:
    """A clerk at a terminal that told of one person, and was told that the card of that person is another one now."""
    served.take_in([entry(1), entry(2, card_number="ZZ99999999ZZ")])
    change = {"item": "card_number", "before": CARD, "after": RENEWED, "reason": "changed"}
    renewed = notice(1, card_number=RENEWED, changes=[change], occurred_at="2026-11-22T10:00:00+09:00")
    served.feed(renewed, Purpose.NOTICE, "ab" * 16)
    exchange.receive(served.terminal, served.session(CHIEF))
    return served.session(OPERATOR)


def begun(site: Site, clerk: Session, event: str, **look: str | None) -> Draft:
    draft = drafts.begin(site.terminal, clerk, event, category=Category.MID_LONG_TERM)
    draft.take_known(known.look_up(site.terminal, clerk, **{"subject": None, **look}))
    return draft


def standings(draft: Draft) -> dict[str, Standing | None]:
    return {item.key: item.standing for item in draft.items() if item.standing is not None}


def test_the_number_fills_in_what_both_sides_told_last_and_the_look_up_is_recorded(
    served: Site, clerk: Session
) -> None:
    draft = begun(served, clerk, "death", subject=SUBJECT)
    (record,) = draft.records
    assert (record["person"], record["card_number"]) == (person_of(), RENEWED)
    assert standings(draft)["person.name"] is Standing.FILLED
    (logged,) = served.entries(Event.RESIDENT_READ)
    assert logged.object == served.row(served.number("R-000001")).subject
    # Whatever is touched is no longer what was told, and the former value can be put in again.
    number = next(item for item in draft.items() if item.key == "card_number")
    draft.answer(number, CARD)
    changed = next(item for item in draft.items() if item.key == "card_number")
    assert (changed.standing, changed.latest and changed.latest.value) == (Standing.DIFFERS, RENEWED)
    draft.pull(changed)
    assert draft.records[0]["card_number"] == RENEWED


def test_a_card_leads_to_its_person_and_a_part_of_one_to_nobody(served: Site, clerk: Session) -> None:
    assert begun(served, clerk, "death", number=CARD).records[0]["subject"] == SUBJECT
    assert known.look_up(served.terminal, clerk, subject=None, number="AB1234") == {}
    assert known.look_up(served.terminal, clerk, subject="9999999999") == {}
    assert len(served.entries(Event.RESIDENT_READ)) == 1


def test_who_moves_had_the_last_address_before(served: Site, clerk: Session) -> None:
    moved = begun(served, clerk, "move_within", subject=SUBJECT).records[0]
    assert (moved["previous_address"], moved["person"].get("address")) == (person_of()["address"], None)
    # Who moves in lived elsewhere since, and has another card.
    came = begun(served, clerk, "move_in", subject=SUBJECT).records[0]
    assert (came["person"].get("address"), came.get("card_number")) == (None, None)


def test_both_messages_of_a_pair_are_filled_in_alike(served: Site, clerk: Session) -> None:
    record, report = begun(served, clerk, "move_within", subject=SUBJECT).records
    assert record["person"] == report["person"]
    assert (record["card_number"], record["previous_address"]) == (report["card_number"], report["previous_address"])


def test_what_was_typed_before_the_look_up_stays_and_is_compared(served: Site, clerk: Session) -> None:
    draft = drafts.begin(served.terminal, clerk, "death", category=Category.MID_LONG_TERM)
    draft.answer(next(item for item in draft.items() if item.key == "person.name"), "GURUNG PRAKASH")
    draft.take_known(known.look_up(served.terminal, clerk, subject=SUBJECT))
    assert draft.records[0]["person"]["name"] == "GURUNG PRAKASH"
    assert standings(draft)["person.name"] is Standing.DIFFERS
    # What the same person types again is no difference, and no longer the terminal's.
    draft.answer(next(item for item in draft.items() if item.key == "person.name"), person_of()["name"])
    assert standings(draft)["person.name"] is Standing.SAME


def test_a_correction_with_another_number_is_held_against_whose_it_is(served: Site, clerk: Session) -> None:
    other = entry(3, subject="0000000077", card_number="WW77777777WW", person=person_of(name="GURUNG PRAKASH"))
    (number,) = served.take_in([other])
    draft = drafts.reopen(served.terminal, clerk, number)
    before = draft.records[0]
    draft.answer(next(item for item in draft.items() if item.key == "subject"), SUBJECT)
    draft.take_known(known.look_up(served.terminal, clerk, subject=SUBJECT))
    # Nothing is filled in: a correction changes what somebody types, and nothing else.
    assert {**draft.records[0], "subject": before["subject"]} == before
    assert standings(draft)["person.name"] is Standing.DIFFERS
    assert standings(draft)["person.birth_date"] is Standing.SAME


def test_who_told_what_and_when_goes_with_it(served: Site, clerk: Session) -> None:
    found = known.look_up(served.terminal, clerk, subject=SUBJECT)
    assert (found["card_number"].notice, found["person.name"].notice) == (True, False)
    assert found["card_number"].at > found["person.name"].at


def test_without_a_look_up_nothing_is_compared(served: Site, clerk: Session) -> None:
    draft = drafts.begin(served.terminal, clerk, "death", category=Category.MID_LONG_TERM)
    draft.answer(next(item for item in draft.items() if item.key == "subject"), SUBJECT)
    assert standings(draft) == {}
    # Neither is somebody of whom nothing is here.
    draft.take_known(known.look_up(served.terminal, clerk, subject="9999999999"))
    assert (standings(draft), draft.known) == ({}, {})


def test_a_hidden_address_is_not_filled_in(served: Site, clerk: Session) -> None:
    protection.protect(served.terminal, clerk, served.number("R-000001"))
    assert "address" not in begun(served, clerk, "death", subject=SUBJECT).records[0]["person"]


def test_a_name_in_kanji_is_asked_for_where_cards_have_one(served: Site, clerk: Session) -> None:
    draft = drafts.begin(served.terminal, clerk, "move_in", category=Category.MID_LONG_TERM)
    assert "person.name_kanji" not in {item.key for item in draft.items()}
    draft.answer(next(item for item in draft.items() if item.key == "person.nationality"), "KOR")
    kanji = next(item for item in draft.items() if item.key == "person.name_kanji")
    assert not kanji.wanted
