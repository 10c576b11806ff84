"""Drafts are gone on with where they were left, by their own person, and end with what comes of them."""

from dataclasses import replace

import pytest

from console.errors import DraftMissing
from console.jobs.entry import draft as drafts
from console.jobs.entry import keeping
from console.jobs.entry.draft import Draft
from console.jobs.log import tables
from console.jobs.messages import retention
from console.session import Session
from store.errors import MessageChanged
from store.log import Event
from store.message.codes import Category
from tests.console.jobs.entry.test_draft import SHARED, fill
from tests.console.jobs.messages.test_retention import later
from tests.console.jobs.site import CUSTODIAN, OPERATOR, Site
from tests.console.jobs.site import entry as written


@pytest.fixture
def clerk(site: Site) -> Session:
    return site.session(OPERATOR)


def kept(site: Site, clerk: Session, draft: Draft) -> str:
    keeping.keep(site.terminal, clerk, draft.uid, draft.content())
    return draft.uid


def begun(site: Site, clerk: Session) -> Draft:
    draft = drafts.begin(site.terminal, clerk, "move_within", category=Category.MID_LONG_TERM)
    return fill(draft, SHARED)


def test_it_is_gone_on_with_and_ends_when_it_is_registered(site: Site, clerk: Session) -> None:
    first = begun(site, clerk)
    uid = kept(site, clerk, first)
    (line,) = keeping.mine(site.terminal, clerk)
    assert (line.uid, line.name, line.event, line.missing) == (uid, "WANG XIAOMING", "move_within", 2)
    # In another session, and from what the store has alone.
    again = keeping.resume(site.terminal, site.session(OPERATOR), uid)
    assert again.records == first.records
    assert [item.key for item in again.items()] == [item.key for item in first.items()]
    fill(again, {"previous_address": "東京都新宿区架空町九丁目", "1.moved_on": "2026-11-18"})
    assert kept(site, clerk, again) == uid
    again.submit(site.terminal, clerk)
    assert keeping.mine(site.terminal, clerk) == []
    with pytest.raises(DraftMissing):
        keeping.resume(site.terminal, clerk, uid)
    assert [entry.object for entry in site.entries(Event.DRAFT_KEPT)] == [uid]
    assert tables.compare_new(site.terminal).named == []


def test_only_its_own_person_sees_and_discards_it(site: Site, clerk: Session) -> None:
    uid = kept(site, clerk, begun(site, clerk))
    other = replace(clerk, person_id="op-102")
    assert keeping.mine(site.terminal, other) == []
    assert not keeping.discard(site.terminal, other, uid)
    assert keeping.discard(site.terminal, clerk, uid)
    assert [entry.object for entry in site.entries(Event.DRAFT_DISCARDED)] == [uid]


def test_a_correction_is_held_against_the_message_as_it_is_now(site: Site, clerk: Session) -> None:
    (number,) = site.take_in([written(1)])
    draft = drafts.reopen(site.terminal, clerk, number)
    sex = next(item for item in draft.items() if item.key == "person.sex")
    draft.answer(sex, "female")
    uid = kept(site, clerk, draft)
    again = keeping.resume(site.terminal, clerk, uid)
    assert [item.key for item in again.items() if item.corrected] == ["person.sex"]
    again.submit(site.terminal, clerk)
    assert keeping.mine(site.terminal, clerk) == []
    # Kept by another console that did not know: the message is another one now.
    kept(site, clerk, draft)
    with pytest.raises(MessageChanged):
        keeping.resume(site.terminal, clerk, uid)


def test_the_newest_comes_first_and_a_name_may_be_missing(site: Site, clerk: Session) -> None:
    older = kept(site, clerk, begun(site, clerk))
    bare = kept(site, clerk, drafts.begin(site.terminal, clerk, "birth", category=Category.TRANSITIONAL))
    lines = keeping.mine(site.terminal, clerk)
    assert [(line.uid, line.name) for line in lines] == [(bare, ""), (older, "WANG XIAOMING")]
    assert lines[0].missing > lines[1].missing
    # Whoever goes on with one has saved it last.
    kept(site, clerk, keeping.resume(site.terminal, clerk, older))
    assert [line.uid for line in keeping.mine(site.terminal, clerk)] == [older, bare]


def test_what_the_event_left_open_is_still_to_choose(site: Site, clerk: Session) -> None:
    first = drafts.begin(site.terminal, clerk, "court_decision", category=Category.MID_LONG_TERM)
    again = keeping.resume(site.terminal, clerk, kept(site, clerk, first))
    action = next(item for item in again.items() if item.key == "action")
    assert again.codes(action) == first.codes(action)
    assert len(again.codes(action)) > 1


def test_what_nobody_went_on_with_goes_with_the_retention(
    site: Site, clerk: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(site, clerk, begun(site, clerk))
    custodian = site.session(CUSTODIAN)
    later(site, monkeypatch, 366)
    retention.erase_expired(site.terminal, custodian)
    assert keeping.mine(site.terminal, clerk) == []
